"""Commands of periods: `entrepot period list|check|close|reopen`."""

from __future__ import annotations

from datetime import datetime

import click

from core.closing.closing import Task
from core.closing.closing import checklist
from core.closing.closing import close_month
from core.closing.controls import CONTROLS
from core.kernel.console import acting_user
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_rows
from core.kernel.console import say
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.ledger.periods import list_periods
from core.ledger.periods import reopen_period
from core.money import to_text

MONTH = click.DateTime(["%Y-%m"])
ACCEPTABLE = [control.name for control in CONTROLS if not control.blocking]
ACCEPTABLE += ["tax_boxes", "allocation"]


def register(group: click.Group) -> None:
    """Add the commands."""
    period = subgroup(group, "period", "Months of the books: check, close, reopen.")
    for command in (periods, check, close, reopen):
        period.add_command(command)


@click.command("list")
@company_option
@json_option
@pass_kernel
def periods(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """List the months with entries, the latest first."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        rows = [
            {
                "month": f"{each.month:%Y-%m}",
                "state": each.state,
                "changed_at": each.changed_at.isoformat() if each.changed_at else None,
                "changed_by": each.changed_by,
                "reason": each.reason,
            }
            for each in list_periods(session, company.id)
        ]
    print_rows(rows, as_json)


@click.command()
@click.argument("month", type=MONTH)
@company_option
@json_option
@pass_kernel
def check(kernel: Kernel, month: datetime, company_code: str | None, as_json: bool) -> None:
    """Say what is left to do before MONTH is complete; ends with 1 if something is."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        tasks = checklist(session, company.id, month.date())
    print_rows([_row(task, company.currency) for task in tasks], as_json)
    if tasks:
        click.get_current_context().exit(1)


@click.command()
@click.argument("month", type=MONTH)
@click.option("--accept", multiple=True, type=click.Choice(ACCEPTABLE), help="Close all the same.")
@company_option
@json_option
@pass_kernel
def close(
    kernel: Kernel,
    month: datetime,
    accept: tuple[str, ...],
    company_code: str | None,
    as_json: bool,
) -> None:
    """Close MONTH: nothing more is booked in it, late facts say that they belong there."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        close_month(session, company.id, month.date(), by=acting_user(), accepted=accept)
    name = f"{month:%Y-%m}"
    say({"month": name, "state": "closed"}, f"{name} is closed.", as_json)


@click.command()
@click.argument("month", type=MONTH)
@click.option("--reason", required=True, help="Why; it is kept.")
@company_option
@json_option
@pass_kernel
def reopen(
    kernel: Kernel, month: datetime, reason: str, company_code: str | None, as_json: bool
) -> None:
    """Open the last closed MONTH again."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        reopen_period(session, company.id, month.date(), reason=reason, by=acting_user())
    name = f"{month:%Y-%m}"
    say({"month": name, "state": "open"}, f"{name} is open again.", as_json)


def _row(task: Task, currency: str) -> dict[str, object]:
    return {
        "task": task.name,
        "blocks": task.blocking,
        "number": task.number,
        "amount": to_text(task.amount, currency) if task.amount is not None else None,
        "title": task.title,
        "fix": task.fix,
    }
