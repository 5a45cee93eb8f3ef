"""Commands of what orders earned and why profit changed: `entrepot profit orders|bridge`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_rows
from core.kernel.console import print_table
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.ledger.bridge import bridge_periods
from core.ledger.settledness import NAMES
from core.ledger.waterfall import STEPS
from core.money import to_text
from core.profits.bundles import bundle_parts
from core.profits.bundles import part_document
from core.profits.orders import OrdersAsked
from core.profits.orders import list_order_profits
from core.profits.shared import shared_bridge

DAY = click.DateTime(["%Y-%m-%d"])


def register(group: click.Group) -> None:
    """Add the commands."""
    commands = subgroup(group, "profit", "What was earned, and that it is what was booked.")
    for command in (orders, bundles, bridge):
        commands.add_command(command)


@click.command()
@click.argument("number")
@company_option
@json_option
@pass_kernel
def bundles(kernel: Kernel, number: str, company_code: str | None, as_json: bool) -> None:
    """Split what an order's bundles earned among their parts; NUMBER is the order's."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        asked = OrdersAsked(ref=number)
        found = [
            part_document(part, company.currency)
            for row in list_order_profits(session, company.id, asked, None).rows
            if row.ref == number
            for part in bundle_parts(session, company.id, row.id)
        ]
    print_rows(found, as_json)


@click.command()
@click.option("--from", "start", type=DAY, help="First day of the order.")
@click.option("--to", "end", type=DAY, help="Last day of the order.")
@click.option("--country", default="", help="Two letters.")
@click.option("--platform", default="")
@click.option("--state", type=click.Choice(NAMES))
@click.option("--number", default="", help="The order's number.")
@click.option("--limit", type=click.IntRange(1, 200), default=50)
@company_option
@json_option
@pass_kernel
def orders(
    kernel: Kernel, /, limit: int, company_code: str | None, as_json: bool, **given: Any
) -> None:
    """Show what the latest orders earned in all, step by step."""
    start, end, state = (given[name] for name in ("start", "end", "state"))
    asked = OrdersAsked(
        start=start.date() if start else None,
        end=end.date() if end else None,
        platform=given["platform"],
        country=given["country"],
        state=NAMES.index(state) if state else None,
        ref=given["number"],
    )
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        page = list_order_profits(session, company.id, asked, None, limit=limit)
    rows = [
        {"order": row.ref, "ordered_on": str(row.ordered_on), "country": row.country}
        | {step: to_text(left, company.currency) for step, left in row.steps.items()}
        | {
            "shared_out": to_text(row.allocated, company.currency),
            "after_sharing": to_text(row.after, company.currency),
            "state": row.state,
        }
        for row in page.rows
    ]
    if as_json:
        print_json({"currency": company.currency, "orders": rows})
        return
    steps = tuple(step.title for step in STEPS)
    titles = ("order", "ordered on", "country", *steps, "shared out", "after sharing", "state")
    print_table(titles, [list(row.values()) for row in rows])


@click.command()
@click.argument("start", type=DAY)
@click.argument("end", type=DAY)
@click.argument("start2", type=DAY)
@click.argument("end2", type=DAY)
@click.option("--shared", is_flag=True, help="After costs without an order are shared out.")
@company_option
@json_option
@pass_kernel
def bridge(
    kernel: Kernel,
    start: datetime,
    end: datetime,
    start2: datetime,
    end2: datetime,
    shared: bool,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Explain why START2 to END2 earned another profit than START to END."""
    first, second = (start.date(), end.date()), (start2.date(), end2.date())
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        explain = shared_bridge if shared else bridge_periods
        found = explain(session, company.id, first, second)
    amounts = {"before": found.before, **found.effects, "after": found.after}
    shown = {name: to_text(amount, company.currency) for name, amount in amounts.items()}
    if as_json:
        effects = {name: shown[name] for name in found.effects}
        ends = {name: shown[name] for name in ("before", "after")}
        print_json({"in": company.currency, **ends, "effects": effects})
        return
    print_table(
        ("effect", company.currency), [(name, shown[name]) for name in shown if amounts[name]]
    )
