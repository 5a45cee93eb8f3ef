"""Commands for what the seller is registered for, and for returns."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

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
from core.money import parse_decimal
from core.money import to_text
from core.tax.channels import set_channel
from core.tax.drilling import box_lines
from core.tax.forms import period_of
from core.tax.goods import GoodsNote
from core.tax.goods import note_goods
from core.tax.return_files import HEADER
from core.tax.return_files import return_rows
from core.tax.return_files import write_return
from core.tax.returns import boxes
from core.tax.returns import form_of
from core.tax.returns import forms
from core.tax.sellers import RegistrationInfo
from core.tax.sellers import add_registration
from core.tax.sellers import end_registration
from core.tax.sellers import registrations


def register(group: click.Group) -> None:
    """Add the commands."""
    own = subgroup(group, "tax", "What the seller is registered for, and returns.")
    for command in (register_, registered, end, channel, goods, list_forms, make_return):
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
        }
        for row in rows
    ]
    if as_json:
        print_json(documents)
        return
    print_table(
        ["Id", "Country", "Region", "Scheme", "Number", "Since", "Until"],
        [[str(value or "") for value in each.values()] for each in documents],
    )


@click.command("register")
@click.argument("country")
@click.argument("scheme")
@click.option("--number", default="", help="The tax number; its digits are checked.")
@click.option("--region", default="", help="State or province, such as TX.")
@click.option("--since", help="First day, such as 2026-07-01; today by default.")
@click.option("--until", help="First day on which it no longer holds.")
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


@click.command("forms")
@json_option
@pass_kernel
def list_forms(kernel: Kernel, as_json: bool) -> None:
    """List the returns of the enabled regimes."""
    with kernel.db.read() as session:
        found = sorted(forms(session).values(), key=lambda form: form.code)
    if as_json:
        names = ("code", "title", "jurisdiction", "currency", "months")
        print_json([{name: getattr(form, name) for name in names} for form in found])
        return
    print_table(
        ["Return", "Title", "Jurisdiction", "Currency"],
        [[form.code, form.title, form.jurisdiction, form.currency] for form in found],
    )


@click.command("return")
@click.argument("form_code", metavar="RETURN")
@click.argument("period")
@click.option("--rate", "given", multiple=True, metavar="CUR=RATE",
              help="Units of the return's currency for one of another.")  # fmt: skip
@click.option("--box", help="Show the lines behind a box instead.")
@click.option("--file", "target", type=click.Path(path_type=Path), help="Write a .csv or .xlsx.")
@company_option
@json_option
@pass_kernel
def make_return(  # noqa: PLR0913 - one argument for each option
    kernel: Kernel,
    form_code: str,
    period: str,
    given: tuple[str, ...],
    box: str | None,
    target: Path | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Fill a return for a period such as 2026-Q1, or show what is behind one of its boxes."""
    rates = dict(_rate(text) for text in given)
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        form = form_of(session, form_code)
        span = period_of(period)
        if box is not None:
            lines = box_lines(session, company.id, form, span, box)
        else:
            filled = boxes(session, company.id, form, span, rates)
    if box is not None:
        rows = [line.as_json() for line in lines]
        if as_json:
            print_json(rows)
        else:
            print_table(
                ["Day", "Entry", "Order", "Currency", "Base", "Tax", "Why"],
                [[str(value) for value in row.values()] for row in rows],
            )
        return
    table = return_rows(form, span, filled)
    if target is not None:
        write_return(form, table, target)
    if as_json:
        print_json(
            [
                {
                    "box": each.code,
                    "key": list(each.key),
                    "corrects": each.corrects,
                    "amount": None if each.amount is None else to_text(each.amount, form.currency),
                    "title": each.title,
                }
                for each in filled
            ]
        )
    else:
        print_table(list(HEADER), [list(row) for row in table])


def _rate(text: str) -> tuple[str, Decimal]:
    currency, sign, rate = text.partition("=")
    if not sign:
        raise InputError(f"{text!r} is not CUR=RATE.", where="--rate")
    return currency, parse_decimal(rate, where="--rate")
