"""Commands for the tax numbers of buyers, and for what customs charge."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import click

from core.errors import InputError
from core.kernel.console import acting_user
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.kernel import Kernel
from core.money import parse_decimal
from core.money import to_text
from core.orders.late_numbers import raise_late_numbers
from core.tax.border import Arrival
from core.tax.border import border_charges
from core.tax.checking import NumberInfo
from core.tax.checking import list_numbers
from core.tax.checking import state_number
from core.tax.decision import RATE_ONE


@click.command("numbers")
@click.option("--status", type=click.Choice(["valid", "invalid", "unknown"]), help="Only these.")
@company_option
@json_option
@pass_kernel
def list_the_numbers(
    kernel: Kernel, status: str | None, company_code: str | None, as_json: bool
) -> None:
    """List the tax numbers that buyers gave, with what checking them said."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        found = list_numbers(session, company.id, status or "")
    _show_numbers(found, as_json)


@click.command("number")
@click.argument("number")
@click.option("--valid/--invalid", "valid", required=True, help="What the register said.")
@click.option("--consultation", default="", help="The register's own number of the answer.")
@company_option
@json_option
@pass_kernel
def state_the_number(
    kernel: Kernel,
    number: str,
    valid: bool,
    consultation: str,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Note what you found of a buyer's tax number yourself."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        row = state_number(
            session,
            company.id,
            number,
            valid=valid,
            consultation=consultation,
            actor=acting_user(),
        )
        if valid:
            raise_late_numbers(session, company.id, [row.id], acting_user())
    _show_numbers([row], as_json)


def _show_numbers(rows: Sequence[NumberInfo], as_json: bool) -> None:
    documents = [
        {
            "country": row.country,
            "number": row.number,
            "status": row.status,
            "source": row.source,
            "consultation": row.consultation,
            "checked_at": row.checked_at.isoformat() if row.checked_at else None,
            "orders": row.orders,
            "problem": row.problem,
        }
        for row in rows
    ]
    if as_json:
        print_json(documents)
        return
    head = ["Country", "Number", "Status", "Source", "Consultation", "Checked", "Orders", "Problem"]
    print_table(head, [[str(value or "") for value in each.values()] for each in documents])


@click.command("border")
@click.argument("currency")
@click.option("--goods", required=True, help="Their price on the invoice.")
@click.option("--freight", default="0", help="Freight and insurance to the border.")
@click.option("--duty", default="0", help="Rate of duty in percent, by the tariff code.")
@click.option("--tax", required=True, help="Rate of import tax in percent.")
@click.option("--exchange", default="1", help="What one unit of the invoice's money is worth.")
@click.option("--duty-on-freight", is_flag=True, help="The customs value has the freight in it.")
@click.option("--whole", is_flag=True, help="Round each charge to whole units of money.")
@json_option
def border(currency: str, as_json: bool, duty_on_freight: bool, whole: bool, **given: str) -> None:
    """Work out what customs charge on goods: duty, and tax on value and duty."""
    said = {name: parse_decimal(text, where=name) for name, text in given.items()}
    charges = border_charges(
        Arrival(
            currency,
            said["goods"],
            said["freight"],
            _millionths(said["duty"]),
            _millionths(said["tax"]),
            said["exchange"],
            duty_on_freight,
            whole,
        )
    )
    names = ("value", "freight", "duty", "base", "tax", "due", "landed")
    found = {name: to_text(getattr(charges, name), currency) for name in names}
    if as_json:
        print_json(found)
    else:
        print_table([name.capitalize() for name in found], [list(found.values())])


def _millionths(percent: Decimal) -> int:
    rate = percent * RATE_ONE / 100
    if rate != int(rate) or rate < 0:
        raise InputError(f"{percent} is no percentage with four decimals.", hint="Write 10.7.")
    return int(rate)
