"""Commands of own costs: `entrepot expense …`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from core.expenses.entering import PAID_FROM
from core.expenses.entering import PAYABLE
from core.expenses.entering import enter_bills
from core.expenses.entering import list_bills
from core.expenses.entering import reverse_bill
from core.expenses.reading import make_bill
from core.expenses.reading import read_bills
from core.expenses.types import expense_types
from core.kernel.console import acting_user
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_rows
from core.kernel.console import say
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.money import to_text

DAY = click.DateTime(["%Y-%m-%d"])


def register(group: click.Group) -> None:
    """Add the commands."""
    expense = subgroup(group, "expense", "The seller's own costs: bills of all kinds.")
    for command in (types, add, import_, bills, reverse):
        expense.add_command(command)


@click.command()
@json_option
def types(as_json: bool) -> None:
    """List the kinds of cost: account, level, how they are shared, where they are entered."""
    print_rows([asdict(each) for each in expense_types().values()], as_json)


@click.command()
@click.argument("reference")
@click.argument("type", metavar="TYPE")
@click.argument("amount")
@click.option("--currency", help="Default: the company's.")
@click.option("--on", "date", required=True, metavar="DAY", help="Day of the bill: 2026-09-30.")
@click.option("--shop", default="", help="The shop that it was for.")
@click.option("--country", default="", help="The country that it was for: DE.")
@click.option("--order", default="", help="The order that it was for.")
@click.option("--sku", default="", help="The SKU that it was for.")
@click.option("--warehouse", default="", help="The warehouse that it was for.")
@click.option("--paid-from", type=click.Choice(PAID_FROM), default=PAYABLE, show_default=True)
@click.option("--note", default="", help="What it is, in a few words.")
@company_option
@json_option
@pass_kernel
def add(
    kernel: Kernel,
    /,
    reference: str,
    currency: str | None,
    company_code: str | None,
    as_json: bool,
    **told: str,
) -> None:
    """Book a bill; a credit is negative and stands after `--`."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        facts = told | {"reference": reference, "currency": currency or company.currency}
        done = enter_bills(session, company.id, [make_bill(facts, "bill")], by=acting_user())
    said = f"Bill {reference} is booked." if done.added else f"Bill {reference} was there already."
    say(asdict(done), said, as_json)


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@company_option
@json_option
@pass_kernel
def import_(kernel: Kernel, file: Path, company_code: str | None, as_json: bool) -> None:
    """Book the bills of a CSV FILE: all of them, or none if one cannot be."""
    drafts = read_bills(file)
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        done = enter_bills(session, company.id, drafts, by=acting_user())
    say(asdict(done), f"{done.added} bills booked, {done.unchanged} were there already.", as_json)


@click.command("list")
@company_option
@json_option
@pass_kernel
def bills(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """List the latest bills."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        rows = [
            {
                "reference": row.reference,
                "type": row.type,
                "on": row.billed_on,
                "amount": to_text(row.amount, row.currency),
                "currency": row.currency,
                "account": row.account,
                "for": " ".join(
                    filter(None, (row.shop, row.country, row.order_ref, row.sku, row.warehouse))
                ),
                "reversed_by": row.reversed_by,
            }
            for row in list_bills(session, company.id)
        ]
    print_rows(rows, as_json)


@click.command()
@click.argument("reference")
@click.option("--reason", required=True, help="Why; it stands in the new entry.")
@click.option("--on", type=DAY, help="Day of the reversal; default: the bill's own.")
@company_option
@json_option
@pass_kernel
def reverse(
    kernel: Kernel,
    reference: str,
    reason: str,
    on: datetime | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Book the opposite of a bill; the bill itself stays as it was entered."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        day = on.date() if on is not None else None
        made = reverse_bill(session, company.id, reference, reason=reason, on=day)
    said = f"{made.natural_key} is booked on {made.booked_on}."
    say({"entry": made.natural_key, "booked_on": made.booked_on}, said, as_json)
