"""Commands for the statements of banks and wallets."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
import sqlalchemy as sa

from core.banking.converting import Conversion
from core.banking.converting import convert_money
from core.banking.importing import import_bank_file
from core.banking.models import BankLine
from core.banking.models import BankProfile
from core.banking.profiles import ACCOUNTS
from core.banking.profiles import get_profile
from core.banking.profiles import save_profile
from core.banking.remitting import Remittance
from core.banking.remitting import remit_tax
from core.errors import InputError
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.money import parse_decimal
from core.money import to_minor
from core.money import to_text


def register(group: click.Group) -> None:
    """Add the commands."""
    imports = subgroup(group, "import", "Bring files in; the same file twice changes nothing.")
    imports.add_command(bank)
    own = subgroup(group, "bank", "Banks and wallets, and what arrived there.")
    for command in (save, lines, convert, pay_tax):
        own.add_command(command)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--bank", "name", required=True, help="Name of the bank, as `bank save` has it.")
@company_option
@json_option
@pass_kernel
def bank(kernel: Kernel, file: Path, name: str, company_code: str | None, as_json: bool) -> None:
    """Import a bank's CSV by its saved layout; lines that are payouts are booked."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
    result = import_bank_file(kernel, company.id, name, file).as_json()
    if as_json:
        print_json(result)
    else:
        print_table([each.title() for each in result], [[str(n) for n in result.values()]])


@click.command()
@click.argument("name")
@click.option("--account", type=click.Choice(ACCOUNTS), default="1000", show_default=True)
@click.option("--currency", required=True, help="Currency of the bank account, such as EUR.")
@click.option(
    "--layout", "parts", multiple=True, metavar="PART=VALUE", required=True,
    help="date, amount (or credit and debit), text, reference: names of columns; date_format,"
    " decimal, encoding, delimiter.",
)  # fmt: skip
@company_option
@json_option
@pass_kernel
def save(
    kernel: Kernel,
    name: str,
    account: str,
    currency: str,
    parts: tuple[str, ...],
    company_code: str | None,
    as_json: bool,
) -> None:
    """Keep how the files of a bank or wallet are read."""
    layout = {}
    for part in parts:
        key, sign, value = part.partition("=")
        if not sign:
            raise InputError(f"{part!r} is not PART=VALUE.", where="--layout")
        layout[key] = value
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        saved = save_profile(
            session, company.id, name, account=account, currency=currency, layout=layout
        )
        document = _document(saved)
    if as_json:
        print_json(document)
    else:
        click.echo(f"Files of {name} are read so from now on.")


def _document(profile: BankProfile) -> dict[str, object]:
    return {
        "bank": profile.name,
        "account": profile.account,
        "currency": profile.currency,
        "layout": profile.layout,
    }


@click.command()
@click.argument("name")
@click.option("--open", "only_open", is_flag=True, help="Only lines that are no payout so far.")
@click.option("--limit", default=100, show_default=True, help="At most so many, the latest first.")
@company_option
@json_option
@pass_kernel
def lines(
    kernel: Kernel,
    name: str,
    only_open: bool,
    limit: int,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Show the lines of a bank, and which payout each turned out to be."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        profile = get_profile(session, company.id, name)
        query = (
            sa.select(BankLine.booked_on, BankLine.amount, BankLine.text, BankLine.item_key)
            .where(BankLine.company_id == company.id, BankLine.profile_id == profile.id)
            .order_by(BankLine.booked_on.desc(), BankLine.id.desc())
            .limit(limit)
        )
        if only_open:
            query = query.where(BankLine.item_key.is_(None))
        found = session.execute(query).all()
    rows = [
        (str(row.booked_on), to_text(row.amount, profile.currency), row.text, row.item_key)
        for row in found
    ]
    if as_json:
        print_json([dict(zip(("date", "amount", "text", "payout"), r, strict=True)) for r in rows])
    else:
        print_table(
            ("Date", "Amount", "Text", "Payout"), [(*row[:3], row[3] or "–") for row in rows]
        )


@click.command()
@click.argument("source")
@click.argument("sent")
@click.argument("target")
@click.argument("received")
@click.option("--fee", default="0", show_default=True, help="Part of SENT that the provider kept.")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), required=True)
@click.option("--reference", required=True, help="What the provider calls it; booked once.")
@company_option
@json_option
@pass_kernel
def convert(
    kernel: Kernel, /, company_code: str | None, as_json: bool, day: datetime, **told: str
) -> None:
    """Book that SENT left the wallet SOURCE and RECEIVED came in at the bank TARGET.

    Each amount is in the currency of its bank or wallet; the gain or loss of exchange is realised.
    """
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        ours, theirs = (
            get_profile(session, company.id, told[name]) for name in ("source", "target")
        )
        conversion = Conversion(
            told["reference"],
            _minor(told["sent"], "sent", ours),
            _minor(told["fee"], "fee", ours),
            _minor(told["received"], "received", theirs),
            day.date(),
        )
        found = convert_money(session, ours, theirs, conversion)
    shown = {
        "currency": company.currency,
        "carried": to_text(found.carried, company.currency),
        "fee": to_text(found.fee, company.currency),
        "difference": to_text(found.difference, company.currency),
        "off_market": None
        if found.off_market is None
        else to_text(found.off_market, company.currency),
    }
    if as_json:
        print_json(shown)
    else:
        heads = [name.title().replace("_", " ") for name in shown]
        print_table(heads, [[text or "–" for text in shown.values()]])


def _minor(text: str, where: str, purse: BankProfile) -> int:
    return to_minor(parse_decimal(text, where=where), purse.currency)


@click.command("pay-tax")
@click.argument("reference")
@click.argument("amounts", nargs=-1, required=True, metavar="ACCOUNT=AMOUNT...")
@click.option("--bank", "name", required=True, help="The bank that it left, or to which it came.")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), required=True)
@company_option
@json_option
@pass_kernel
def pay_tax(
    kernel: Kernel,
    reference: str,
    amounts: tuple[str, ...],
    name: str,
    day: datetime,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Book that a tax was paid to an authority, or paid back.

    For each account what the return says, in the bank's currency: of 2300 to 2370 what is paid off,
    of 1500 to 1520 what is reclaimed. More reclaimed than owed comes to the bank.
    """
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        bank = get_profile(session, company.id, name)
        told = {}
        for each in amounts:
            account, _, text = each.partition("=")
            told[account] = to_minor(parse_decimal(text, where=each), bank.currency)
        done = remit_tax(session, bank, Remittance(reference, day.date(), told))
        document = {
            "paid": to_text(done.paid, bank.currency),
            "currency": bank.currency,
            "exchange_difference": to_text(done.difference, company.currency),
        }
    if as_json:
        print_json(document)
    else:
        click.echo(f"Tax payment {reference} is booked.")
