"""Commands for what the seller is registered for, and what he sells on which platform."""

from __future__ import annotations

from datetime import date

import click

from core import clock
from core.errors import InputError
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.tax import return_commands
from core.tax.channels import set_channel
from core.tax.checking_commands import border
from core.tax.checking_commands import list_the_numbers
from core.tax.checking_commands import state_the_number
from core.tax.forms import FREQUENCIES
from core.tax.goods import GoodsNote
from core.tax.goods import note_goods
from core.tax.sellers import RegistrationInfo
from core.tax.sellers import add_registration
from core.tax.sellers import change_registration
from core.tax.sellers import end_registration
from core.tax.sellers import registrations


def register(group: click.Group) -> None:
    """Add the commands."""
    own = subgroup(group, "tax", "What the seller is registered for, and returns.")
    others = (list_the_numbers, state_the_number, border, *return_commands.COMMANDS)
    for command in (register_, registered, change, end, channel, goods, *others):
        own.add_command(command)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text!r} is no day.", hint="Write 2026-07-01.") from None


def _show(rows: list[RegistrationInfo], as_json: bool) -> None:
    documents = [
        {
            "id": row.id,
            "country": row.country,
            "region": row.region,
            "scheme": row.scheme,
            "number": row.number,
            "since": row.since.isoformat(),
            "until": row.until.isoformat() if row.until else None,
            "months": row.months,
            "currency": row.currency,
        }
        for row in rows
    ]
    if as_json:
        print_json(documents)
        return
    print_table(
        ["Id", "Country", "Region", "Scheme", "Number", "Since", "Until", "Months", "Currency"],
        [[str(value or "") for value in each.values()] for each in documents],
    )


_months_option = click.option(
    "--months",
    type=click.Choice(["0", *map(str, FREQUENCIES)]),
    help="How many months a period of its return has; 0 for as usual.",
)
_currency_option = click.option(
    "--currency", metavar="CUR", help="The money it is filed in, where that is not as usual."
)


@click.command("register")
@click.argument("country")
@click.argument("scheme")
@click.option("--number", default="", help="The tax number; its digits are checked.")
@click.option("--region", default="", help="State or province, such as TX.")
@click.option("--since", help="First day, such as 2026-07-01; today by default.")
@click.option("--until", help="First day on which it no longer holds.")
@_months_option
@_currency_option
@company_option
@json_option
@pass_kernel
def register_(  # noqa: PLR0913, PLR0917 - one argument for each option
    kernel: Kernel,
    country: str,
    scheme: str,
    number: str,
    region: str,
    since: str | None,
    until: str | None,
    months: str | None,
    currency: str | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Note that the seller is registered in a country: local, oss, ioss, voec…"""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        row = add_registration(
            session,
            company.id,
            country,
            scheme,
            since=_day(since) or clock.now().date(),
            number=number,
            region=region,
            until=_day(until),
            months=int(months or 0),
            currency=currency or "",
        )
    _show([row], as_json)


@click.command("registrations")
@company_option
@json_option
@pass_kernel
def registered(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """List where and how the seller is registered."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        rows = list(registrations(session, company.id))
    _show(rows, as_json)


@click.command("change-registration")
@click.argument("registration_id", metavar="ID", type=int)
@click.option("--number", help="The tax number; its digits are checked.")
@_months_option
@_currency_option
@company_option
@json_option
@pass_kernel
def change(
    kernel: Kernel,
    registration_id: int,
    number: str | None,
    months: str | None,
    currency: str | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Change a registration's number, or how often and in which money it is filed."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        row = change_registration(
            session,
            company.id,
            registration_id,
            number=number,
            months=int(months) if months else None,
            currency=currency,
        )
    _show([row], as_json)


@click.command()
@click.argument("registration_id", metavar="ID", type=int)
@click.option("--until", required=True, help="First day on which it no longer holds.")
@company_option
@json_option
@pass_kernel
def end(
    kernel: Kernel, registration_id: int, until: str, company_code: str | None, as_json: bool
) -> None:
    """Let a registration end."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        day = _day(until) or clock.now().date()
        row = end_registration(session, company.id, registration_id, day)
    _show([row], as_json)


@click.command()
@click.argument("platform")
@click.argument("kind", type=click.Choice(["own", "marketplace"]))
@company_option
@json_option
@pass_kernel
def channel(
    kernel: Kernel, platform: str, kind: str, company_code: str | None, as_json: bool
) -> None:
    """Say whether a platform is a marketplace in the sense of tax law, or an own site."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        set_channel(session, company.id, platform, kind)
    if as_json:
        print_json({"platform": platform, "channel": kind})
    else:
        click.echo(f"{platform} is {kind}.")


@click.command()
@click.argument("skus", nargs=-1, required=True, metavar="SKU…")
@click.option("--hs", "hs_code", default="", help="Code of the customs tariff, 6 to 10 digits.")
@click.option("--class", "tax_class", default="", help="Class of rate, such as reduced.")
@company_option
@json_option
@pass_kernel
def goods(
    kernel: Kernel,
    skus: tuple[str, ...],
    hs_code: str,
    tax_class: str,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Note the tariff code and the class of rate of some SKUs."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        notes = [GoodsNote(sku, hs_code, tax_class) for sku in skus]
        done = note_goods(session, company.id, notes)
    if as_json:
        print_json({"noted": done})
    else:
        click.echo(f"Noted {done} SKUs.")
