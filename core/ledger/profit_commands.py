"""Commands of profit: `entrepot profit …`."""

from __future__ import annotations

import click

from core.errors import InvariantBroken
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.ledger.rebuilding import rebuild_profit
from core.ledger.rebuilding import verify_profit
from core.money import to_text


def register(group: click.Group) -> None:
    """Add the commands."""
    commands = subgroup(group, "profit", "What was earned, and that it is what was booked.")
    for command in (verify, rebuild):
        commands.add_command(command)


@click.command()
@company_option
@json_option
@pass_kernel
def verify(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """Compare what profit reports read with the postings, line by line; nothing is changed."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        found = verify_profit(session, company.id)
    amount = to_text(found.amount, company.currency)
    if as_json:
        print_json({"changes": found.changes, "sums": found.sums, "difference": amount})
    if not found.none:
        raise InvariantBroken(
            f"{found.changes} changes and {found.sums} sums differ from the postings, by"
            f" {amount} {company.currency}.",
            hint="Run `entrepot profit rebuild`, and report how it came about.",
        )
    if not as_json:
        click.echo(f"Profit is what was booked: difference {amount} {company.currency}.")


@click.command()
@company_option
@json_option
@pass_kernel
def rebuild(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """Derive what profit reports read from the postings again.

    Nothing booked is touched. An account that was given another line of the waterfall counts there
    for what was booked before too.
    """
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        corrected = rebuild_profit(session, company.id)
        left = verify_profit(session, company.id)
    amount = to_text(left.amount, company.currency)
    if as_json:
        print_json({"corrected": corrected, "difference": amount})
    else:
        click.echo(f"Corrected {corrected} changes, difference {amount} {company.currency}.")
