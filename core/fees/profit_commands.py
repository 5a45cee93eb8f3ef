"""Commands that say how final profit is: `entrepot profit …`."""

from __future__ import annotations

from datetime import date
from datetime import datetime
from typing import Any

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.services import skus_by_code
from core.errors import NotFound
from core.fees.finality import count_states
from core.fees.missing import Cause
from core.fees.missing import Scope
from core.fees.missing import missing
from core.kernel.companies import today_in
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.ledger.periods import last_day
from core.ledger.periods import read_month
from core.money import to_text
from core.orders.models import Order
from core.settlements.reconciling import reconcile as reconcile_orders


def register(group: click.Group) -> None:
    """Add the commands."""
    profit = subgroup(group, "profit", "How final profit is, and what is still to come.")
    profit.add_command(missing_)
    profit.add_command(reconcile)


@click.command("missing")
@click.option("--order", "order_ref", help="Only what concerns this order.")
@click.option("--sku", "sku_code", help="Only what concerns this SKU.")
@click.option("--month", metavar="YYYY-MM", help="Only what concerns this month.")
@company_option
@json_option
@pass_kernel
def missing_(
    kernel: Kernel,
    order_ref: str | None,
    sku_code: str | None,
    month: str | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Say why profit is not final: each cause, how often, and what to do next."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        scope = find_scope(session, company.id, order=order_ref, sku=sku_code, month=month)
        causes = missing(session, company.id, scope, today_in(company.timezone))
        states = count_states(session, company.id)
    if as_json:
        print_json({"causes": [cause_document(each) for each in causes], "orders": states})
        return
    print_table(
        ("Profit is not final because", "How often", "Amount", "For example", "What to do"),
        [
            (each.code.replace("_", " "), f"{each.count}{'+' if each.more else ''}")
            + ("; ".join(f"{to_text(a, c)} {c}" for c, a in each.amounts.items()),)
            + (", ".join(each.examples), each.action)
            for each in causes
        ],
    )
    click.echo("Orders: " + (", ".join(f"{n} {name}" for name, n in states.items()) or "none"))


def find_scope(
    session: Session, company_id: int, *, order: str | None, sku: str | None, month: str | None
) -> Scope:
    """Return whose profit is asked about.

    Raises: NotFound for an order or a SKU that is not there, InputError for what is no month.
    """
    order_id = sku_id = None
    if order:
        query = sa.select(Order.id).where(
            Order.company_id == company_id, Order.external_ref == order
        )
        order_id = session.scalar(query.limit(1))
        if order_id is None:
            raise NotFound(f"There is no order {order!r}.")
    if sku:
        sku_id = skus_by_code(session, company_id, [sku]).get(sku)
        if sku_id is None:
            raise NotFound(f"There is no SKU {sku!r}.")
    start = end = None
    if month:
        start, end = _month(month)
    return Scope(order_id, sku_id, start, end)


def _month(text: str) -> tuple[date, date]:
    first = read_month(text)
    return first, last_day(first)


def cause_document(cause: Cause) -> dict[str, Any]:
    """Return a cause as JSON shows it."""
    return {
        "cause": cause.code,
        "count": cause.count,
        "more": cause.more,
        "amounts": {c: to_text(amount, c) for c, amount in cause.amounts.items()},
        "examples": list(cause.examples),
        "action": cause.action,
    }


@click.command()
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="As of a day; default: today.")
@company_option
@json_option
@pass_kernel
def reconcile(
    kernel: Kernel, day: datetime | None, company_code: str | None, as_json: bool
) -> None:
    """Take orders on to reconciled: paid out, found at the bank, the time for returns over."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        found = reconcile_orders(
            session, company.id, day.date() if day else today_in(company.timezone)
        )
    if as_json:
        print_json({"settled": found.settled, "reconciled": found.reconciled})
    else:
        click.echo(f"{found.settled} orders are settled now, {found.reconciled} reconciled.")
