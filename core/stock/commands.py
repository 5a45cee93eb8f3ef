"""Commands of stock."""

from __future__ import annotations

import click
import sqlalchemy as sa

from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.kernel.models import Company
from core.money import to_text
from core.stock.reporting import stock_report

NAMES = ("warehouse", "sku", "condition", "on_hand", "reserved", "available", "short")


def register(group: click.Group) -> None:
    """Add the commands."""
    subgroup(group, "report", "What was earned, and what lies in stock.").add_command(stock)


@click.command()
@company_option
@json_option
@pass_kernel
def stock(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """Show what lies where and what it is worth; `short` has left but was not there."""
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        currency = session.scalars(
            sa.select(Company.currency).where(Company.id == company_id)
        ).one()
        levels = stock_report(session, company_id)
    rows = [
        {name: getattr(level, name) for name in NAMES} | {"value": to_text(level.value, currency)}
        for level in levels
    ]
    total = to_text(sum(level.value for level in levels), currency)
    if as_json:
        print_json({"currency": currency, "rows": rows, "total_value": total})
        return
    print_table([*NAMES, "value"], [list(row.values()) for row in rows])
    click.echo(f"Total {total} {currency}")
