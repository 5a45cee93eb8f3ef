"""Commands that show orders."""

from __future__ import annotations

from typing import Any

import click

from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.kernel import Kernel
from core.money import to_text
from core.orders import exceptions
from core.orders import queries
from core.orders.naming import find_orders
from core.orders.queries import OrderFilter
from core.orders.states import State


@click.command("list")
@click.option("--state", type=click.Choice([*State]))
@click.option("--queue", type=click.Choice(exceptions.KINDS), help="Only what is in a queue.")
@click.option("--number", default="", help="Only numbers that begin so.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@company_option
@json_option
@pass_kernel
def list_command(
    kernel: Kernel, /, company_code: str | None, as_json: bool, **options: Any
) -> None:
    """List orders, the latest first."""
    narrow = OrderFilter(
        state=options["state"] or "", queue=options["queue"] or "", text=options["number"]
    )
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        page = queries.list_orders(session, company_id, narrow, None, options["limit"])
    names = ("number", "kind", "state", "exception", "ordered_at", "country", "net", "currency")
    rows = [
        (
            *(row.external_ref, row.kind, row.state, row.exception),
            *(row.ordered_at.isoformat(timespec="seconds"), row.country),
            *(to_text(row.net_amount, row.currency), row.currency),
        )
        for row in page.rows
    ]
    if as_json:
        print_json({"orders": [dict(zip(names, row, strict=True)) for row in rows]})
    else:
        print_table([name.replace("_", " ").capitalize() for name in names], rows)


@click.command("show")
@click.argument("order")
@company_option
@json_option
@pass_kernel
def show_command(kernel: Kernel, /, order: str, company_code: str | None, as_json: bool) -> None:
    """Show one order with its lines, what is promised to them, and its timeline."""
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        order_id = find_orders(session, company_id, [order])[order]
        facts = queries.get_order(session, company_id, order_id)
        lines = queries.order_lines(session, company_id, order_id, None).rows
        promised = queries.order_promises(session, company_id, order_id)
        events = queries.order_events(session, company_id, order_id)
    document: dict[str, Any] = {
        "number": facts.external_ref,
        "state": facts.state,
        "hold": facts.hold,
        "exceptions": [kind for kind, _ in facts.exceptions],
        "lines": [
            {
                "line": line.id,
                "code": line.code,
                "kind": line.kind,
                "quantity": line.quantity,
                "net": to_text(line.net_amount, facts.currency),
                "cancelled": bool(line.cancelled_quantity),
                "sent": line.document_id is not None,
            }
            for line in lines
        ],
        "promised": [dict(row._mapping) for row in promised],
        "timeline": [
            {"at": e.happened_at, "kind": e.kind, "actor": e.actor, "detail": e.detail}
            for e in reversed(events)
        ],
    }
    if as_json:
        print_json(document)
        return
    click.echo(f"{facts.external_ref}: {facts.state}, {', '.join(document['exceptions'])}")
    for name in ("lines", "promised", "timeline"):
        rows = document[name]
        if rows:
            print_table(list(rows[0]), [list(row.values()) for row in rows])


COMMANDS = (list_command, show_command)
