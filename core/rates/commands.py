"""Commands that say rates of exchange and show which of them holds."""

from __future__ import annotations

from datetime import date
from datetime import datetime
from pathlib import Path

import click

from core.errors import Unavailable
from core.kernel.console import acting_user
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_rows
from core.kernel.console import print_table
from core.kernel.console import say
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.money import to_text
from core.paging import read_cursor
from core.rates.customs import say_customs_rate
from core.rates.feeds import feed_document
from core.rates.feeds import list_feeds
from core.rates.finding import rates_to
from core.rates.listing import missing_document
from core.rates.listing import missing_rates
from core.rates.refreshing import refresh_rates
from core.rates.revaluing import revalue
from core.rates.saying import RateDraft
from core.rates.saying import list_rates
from core.rates.saying import rate_document
from core.rates.saying import read_rates
from core.rates.saying import say_rates

DAY = click.DateTime(["%Y-%m-%d"])
BATCH = 1000


def register(group: click.Group) -> None:
    """Add the commands."""
    own = subgroup(group, "rates", "Rates of exchange: the company's own, and which one holds.")
    for command in (add, list_, import_, show, missing, refresh, sources, customs, revalue_):
        own.add_command(command)


@click.command()
@click.argument("base")
@click.argument("quote")
@click.argument("rate")
@click.option("--on", "since", type=DAY, required=True, help="The day from which it holds.")
@company_option
@json_option
@pass_kernel
def add(
    kernel: Kernel,
    base: str,
    quote: str,
    rate: str,
    since: datetime,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Say that one BASE is worth RATE in QUOTE from a day on, such as EUR CNY 7.80.

    Said again for the same day, the last word holds; what is booked already stays as it is.
    """
    draft = RateDraft(base.upper(), quote.upper(), since.date(), rate)
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        changed = say_rates(
            session, company.id, [draft], origin="command line", actor=acting_user()
        )
    if as_json:
        print_json({"changed": changed})
    else:
        click.echo(f"1 {draft.base} = {rate} {draft.quote} from {draft.since} on.")


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@company_option
@json_option
@pass_kernel
def import_(kernel: Kernel, file: Path, company_code: str | None, as_json: bool) -> None:
    """Import rates from a CSV file with the columns date, base, quote and rate.

    A file with a line that cannot be understood changes nothing.
    """
    drafts = list(read_rates(file))
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        changed = sum(
            say_rates(
                session,
                company.id,
                drafts[place : place + BATCH],
                origin=file.name,
                actor=acting_user(),
            )
            for place in range(0, len(drafts), BATCH)
        )
    if as_json:
        print_json({"received": len(drafts), "changed": changed})
    else:
        click.echo(f"{len(drafts)} rates, {changed} of them new or changed.")


@click.command("list")
@click.option("--base", default="", help="Only rates of this currency.")
@click.option("--quote", default="", help="Only rates into this currency.")
@click.option("--page", help="Where the list goes on, as the last one told.")
@company_option
@json_option
@pass_kernel
def list_(
    kernel: Kernel,
    base: str,
    quote: str,
    page: str | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """List the company's own rates, the latest first."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        cursor = read_cursor(page, date.fromisoformat, int)
        found = list_rates(session, company.id, cursor, base=base.upper(), quote=quote.upper())
    rows = [rate_document(row) for row in found.rows]
    if as_json:
        print_json({"rates": rows, "next": found.next})
        return
    print_table(
        ("From", "Base", "Quote", "Rate", "Origin", "By"),
        [(r["since"], r["base"], r["quote"], r["rate"], r["origin"], r["made_by"]) for r in rows],
    )
    if found.next:
        click.echo(f"More: --page {found.next}")


@click.command()
@click.argument("base")
@click.option("--on", "day", type=DAY, required=True, help="The day on which it must hold.")
@company_option
@json_option
@pass_kernel
def show(kernel: Kernel, base: str, day: datetime, company_code: str | None, as_json: bool) -> None:
    """Show by which rate a document in BASE is booked on a day, and where it comes from."""
    wanted = (base.upper(), day.date())
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        rate = rates_to(session, company.id, company.currency, {wanted}).require(*wanted)
    if as_json:
        print_json(
            {
                "base": rate.base,
                "quote": rate.quote,
                "rate": rate.shown,
                "day": rate.day.isoformat(),
                "source": rate.source,
                "of": rate.told,
            }
        )
    else:
        click.echo(f"1 {rate.base} = {rate.shown} {rate.quote}: {rate.told or 'same'}")


@click.command()
@company_option
@json_option
@pass_kernel
def missing(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """List the rates that documents wait for, with some of the documents."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        found = missing_rates(session, company.id, company.currency)
    print_rows([missing_document(each) for each in found], as_json)


@click.command()
@json_option
@pass_kernel
def refresh(kernel: Kernel, as_json: bool) -> None:
    """Fetch now what sources have published since; a worker does so every six hours.

    What waited for the rates is booked by the worker.
    """
    done = refresh_rates(kernel)
    if failed := [each for each in done if each.problem]:
        raise Unavailable(f"{failed[0].source}: {failed[0].problem}")
    print_rows([{"source": each.source, "new": each.new} for each in done], as_json)


@click.command()
@json_option
@pass_kernel
def sources(kernel: Kernel, as_json: bool) -> None:
    """Show how the fetching of published rates fares."""
    with kernel.db.read() as session:
        rows = [feed_document(feed) for feed in list_feeds(session)]
    print_rows(rows, as_json)


@click.command()
@click.argument("base")
@click.argument("quote")
@click.argument("rate")
@click.option("--month", type=click.DateTime(["%Y-%m"]), required=True, help="For which it holds.")
@company_option
@json_option
@pass_kernel
def customs(
    kernel: Kernel,
    base: str,
    quote: str,
    rate: str,
    month: datetime,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Say what one BASE is worth in QUOTE for customs in a month, as the authority publishes it."""
    pair = (base.upper(), quote.upper())
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        made = say_customs_rate(session, company.id, *pair, month.date(), rate, actor=acting_user())
        told = {"base": made.base, "quote": made.quote, "month": f"{month:%Y-%m}"}
        told["rate"] = made.value
    say(told, f"1 {pair[0]} = {rate} {pair[1]} for customs in {month:%Y-%m}.", as_json)


@click.command("revalue")
@click.argument("month", type=click.DateTime(["%Y-%m"]))
@company_option
@json_option
@pass_kernel
def revalue_(kernel: Kernel, month: datetime, company_code: str | None, as_json: bool) -> None:
    """Show foreign money and debts at the rate of a month's last day, for that day only.

    Run again it books only what came since.
    """
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        found = revalue(session, company.id, month.date())
    rows = [
        {
            "currency": each.currency,
            "amount": to_text(each.amount, each.currency),
            "carried": to_text(each.carried, company.currency),
            "worth": to_text(each.worth, company.currency),
            "difference": to_text(each.worth - each.carried, company.currency),
            "rate": each.rate,
        }
        for each in found
    ]
    if as_json:
        print_json({"month": f"{month:%Y-%m}", "currency": company.currency, "revalued": rows})
    else:
        print_table(
            ("Currency", "Amount", "Carried", "Worth", "Difference", "Rate"),
            [tuple(row.values()) for row in rows],
        )
