"""The commands of payouts: `entrepot settlement payouts` and `settlement payout`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import click

from core import clock
from core.kernel.connections import get_connection
from core.kernel.console import acting_user
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.kernel import Kernel
from core.money import to_text
from core.settlements.demanding import BEGUN
from core.settlements.demanding import demand_payout
from core.settlements.payouts import read_payouts

DAYS = 30


@click.command()
@click.argument("label")
@click.option("--days", type=click.IntRange(1, 730), default=DAYS, show_default=True)
@company_option
@json_option
@pass_kernel
def payouts(kernel: Kernel, label: str, days: int, company_code: str | None, as_json: bool) -> None:
    """Ask a platform what it is going to pay to the bank, and what it paid in the last days."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        connection = get_connection(session, label, company_id=company.id)
    found = read_payouts(kernel, connection, clock.now() - timedelta(days=days))
    if as_json:
        print_json([asdict(each) for each in found])
        return
    rows = [
        (
            each.external_id or "-",
            each.status,
            f"{each.at:%Y-%m-%d}" if each.at else "-",
            "-"
            if each.amount is None
            else f"{to_text(each.amount, each.currency)} {each.currency}",
            ", ".join(each.settlements) or "-",
            each.reason,
        )
        for each in found
    ]
    print_table(("Payout", "Status", "Day", "Amount", "Settlements", "Why"), rows)


@click.command()
@click.argument("label")
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
@company_option
@json_option
@pass_kernel
def payout(kernel: Kernel, label: str, yes: bool, company_code: str | None, as_json: bool) -> None:
    """Have a platform pay to the bank now what it owes, before its day.

    One without an answer is looked up among the platform's payouts before it is asked for again.
    What the platform refuses is shown with its reason, and the command ends with 1.
    """
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        connection = get_connection(session, label, company_id=company.id)
    if not yes:
        click.confirm(f"Shall {label} pay out now all that it can?", abort=True)
    found = demand_payout(kernel, connection, actor=acting_user())
    if as_json:
        print_json(asdict(found))
    elif found.found:
        click.echo(f"It was begun before, as {found.external_ref}; nothing was sent.")
    elif found.state == BEGUN:
        click.echo(f"It is begun, as {found.external_ref}.")
    else:
        click.echo(f"It is refused: {found.reason}")
    if found.state != BEGUN:
        raise click.exceptions.Exit(1)
