"""Commands for returns: which are due, filling, preparing and filing them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import click

from core import clock
from core.errors import InputError
from core.identity.actor import current_actor
from core.kernel.companies import today_in
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.kernel import Kernel
from core.money import parse_decimal
from core.money import to_minor
from core.money import to_text
from core.settlements.platform_tax import FIXES
from core.settlements.platform_tax import keep_gaps
from core.settlements.platform_tax import kept_gaps
from core.settlements.tax_passing import months_back
from core.settlements.tax_passing import passed_through
from core.tax.drilling import box_lines
from core.tax.due import returns_due
from core.tax.filing import file_return
from core.tax.filing import fill_return
from core.tax.filing import form_for
from core.tax.filing import prepare_return
from core.tax.forms import period_of
from core.tax.return_files import HEADER
from core.tax.return_files import return_rows
from core.tax.return_files import write_return
from core.tax.returns import forms
from core.tax.showing import ShownReturn
from core.tax.showing import return_document
from core.tax.showing import show_return
from core.tax.watching import keep_watch
from core.tax.watching import watched

_rate_option = click.option(
    "--rate",
    "given",
    multiple=True,
    metavar="CUR=RATE",
    help="Units of the return's currency for one of another.",
)


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
@_rate_option
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
    rates = dict(_pair(text, "--rate") for text in given)
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        form = form_for(session, company.id, form_code)
        span = period_of(period)
        if box is not None:
            lines = box_lines(session, company.id, form, span, box)
        else:
            found = fill_return(session, company.id, form, span, rates=rates)
            filled = [each.box for each in found.boxes]
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


@click.command("returns")
@company_option
@json_option
@pass_kernel
def list_due(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """List the returns that the registrations oblige to file, and how far each is."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        found = returns_due(session, company.id, today_in(company.timezone))
    rows = [
        {
            "form": each.form,
            "period": each.period,
            "number": each.number,
            "ends_on": each.last_day.isoformat(),
            "due_on": each.due_on.isoformat() if each.due_on else None,
            "state": each.state,
            "late": each.is_late,
            "regime_off": each.is_off,
        }
        for each in found
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        ["Return", "Period", "Number", "Ends on", "Due on", "State", "Late", "Off"],
        [
            [("yes" if v is True else "" if v is False else str(v or "")) for v in row.values()]
            for row in rows
        ],
    )


@click.command()
@click.argument("form_code", metavar="RETURN")
@click.argument("period")
@click.option("--box", "by_hand", multiple=True, metavar="BOX=AMOUNT",
              help="The amount of a box that is filled by hand.")  # fmt: skip
@_rate_option
@company_option
@json_option
@pass_kernel
def prepare(
    kernel: Kernel,
    form_code: str,
    period: str,
    by_hand: tuple[str, ...],
    given: tuple[str, ...],
    company_code: str | None,
    as_json: bool,
) -> None:
    """Keep a return as the books fill it now, to be looked over and filed."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        form = form_for(session, company.id, form_code)
        amounts = dict(_pair(text, "--box") for text in by_hand)
        prepare_return(
            session,
            company.id,
            form_code,
            period_of(period),
            by=current_actor().name,
            rates=dict(_pair(text, "--rate") for text in given),
            manual={box: to_minor(amount, form.currency) for box, amount in amounts.items()},
        )
        shown = show_return(session, company.id, form, period_of(period))
    _print(shown, as_json)


@click.command("file")
@click.argument("form_code", metavar="RETURN")
@click.argument("period")
@click.option("--on", "day", help="The day on which it was filed; today by default.")
@click.option("--reference", default="", help="What the authority calls it.")
@company_option
@json_option
@pass_kernel
def file_it(
    kernel: Kernel,
    form_code: str,
    period: str,
    day: str | None,
    reference: str,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Note that a return was filed as it was prepared; from then on it stays as it is."""
    try:
        filed_on = date.fromisoformat(day) if day else clock.now().date()
    except ValueError:
        raise InputError(f"{day!r} is no day.", hint="Write 2026-07-01.", where="--on") from None
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        file_return(
            session,
            company.id,
            form_code,
            period_of(period),
            by=current_actor().name,
            filed_on=filed_on,
            reference=reference,
        )
        form = form_for(session, company.id, form_code)
        shown = show_return(session, company.id, form, period_of(period))
    _print(shown, as_json)


@click.command("watch")
@company_option
@json_option
@pass_kernel
def watch_thresholds(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """Look how near each threshold of registration is, and when it will be crossed."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        keep_watch(session, company.id, today_in(company.timezone))
        found = watched(session, company.id)
    rows = [
        {
            "threshold": each.code,
            "title": each.title,
            "state": each.state,
            "sold": None if each.amount is None else to_text(each.amount, each.currency),
            "limit": to_text(each.limit, each.currency),
            "currency": each.currency,
            "orders": each.orders,
            "order_limit": each.order_limit,
            "window": each.window,
            "crosses_on": each.crosses_on.isoformat() if each.crosses_on else None,
            "source": each.source,
        }
        for each in found
    ]
    if as_json:
        print_json(rows)
        return
    names = ("threshold", "state", "sold", "limit", "currency", "orders", "crosses_on")
    heads = ["Threshold", "State", "Sold", "Limit", "Currency", "Orders", "Crosses on"]
    print_table(heads, [[str(row[name] or "") for name in names] for row in rows])


@click.command("platforms")
@company_option
@json_option
@pass_kernel
def compare_platforms(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """Compare the tax that platforms collected with what we expected, order by order."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        keep_gaps(session, company.id, today_in(company.timezone))
        found = kept_gaps(session, company.id)
    rows = [
        {
            "order": each.order,
            "platform": each.platform,
            "side": each.side,
            "ours": to_text(each.ours, each.currency),
            "theirs": to_text(each.theirs, each.currency),
            "difference": to_text(each.difference, each.currency),
            "currency": each.currency,
            "cause": each.cause,
            "fix": FIXES[each.cause],
        }
        for each in found
    ]
    if as_json:
        print_json(rows)
        return
    heads = [
        "Order",
        "Platform",
        "Side",
        "Ours",
        "Theirs",
        "Difference",
        "Currency",
        "Cause",
        "Fix",
    ]
    print_table(heads, [[str(value) for value in row.values()] for row in rows])


@click.command("platform-months")
@company_option
@json_option
@pass_kernel
def list_months(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """List what passed through 2310 by platform and month of the sale; it should leave nothing."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        found = passed_through(session, company.id, months_back(today_in(company.timezone)))
    rows = [
        {
            "platform": each.platform,
            "month": each.month,
            "collected": to_text(each.collected, company.currency),
            "kept": to_text(each.kept, company.currency),
            "rest": to_text(each.rest, company.currency),
            "currency": company.currency,
            "orders": each.orders,
            "open_orders": each.open_orders,
            "state": each.state,
        }
        for each in found
    ]
    if as_json:
        print_json(rows)
        return
    heads = ["Platform", "Month", "Collected", "Kept", "Rest", "Currency", "Orders", "Open"]
    print_table([*heads, "State"], [[str(value) for value in row.values()] for row in rows])


def _print(shown: ShownReturn, as_json: bool) -> None:
    if as_json:
        print_json(return_document(shown))
        return
    rows = return_rows(shown.form, shown.period, [each.box for each in shown.boxes])
    print_table(list(HEADER), [list(row) for row in rows])
    control, currency = shown.control, shown.form.currency
    if not control.account:
        click.echo(f"{shown.state}.")
        return
    moved = f" ({to_text(control.moved, currency)} booked in other months)" if control.moved else ""
    click.echo(
        f"{shown.state}; account {control.account}: {to_text(control.ledger, currency)}{moved},"
        f" boxes: {to_text(control.boxed, currency)}, difference:"
        f" {to_text(control.difference, currency)} {currency}."
    )


def _pair(text: str, where: str) -> tuple[str, Decimal]:
    name, sign, amount = text.partition("=")
    if not sign:
        raise InputError(f"{text!r} is no NAME=NUMBER.", where=where)
    return name, parse_decimal(amount, where=where)


COMMANDS = (
    list_forms,
    list_due,
    make_return,
    prepare,
    file_it,
    watch_thresholds,
    compare_platforms,
    list_months,
)
