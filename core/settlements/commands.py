"""Commands that bring settlements in, show them, and say what their codes mean."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from core.fees.dictionary import LEVELS
from core.fees.dictionary import FeeCode
from core.fees.mapping import CHOOSABLE
from core.fees.mapping import map_code
from core.kernel.companies import today_in
from core.kernel.connections import get_connection
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.money import to_text
from core.paging import read_cursor
from core.settlements import queries
from core.settlements import showing
from core.settlements.ages import LIMITS
from core.settlements.ages import clearing_ages
from core.settlements.attributing import attribute_row
from core.settlements.importing import import_settlement_file
from core.settlements.payout_commands import payout
from core.settlements.payout_commands import payouts
from core.settlements.pulling import pull_settlements
from core.settlements.receivables import held_sums
from core.settlements.receivables import receivables
from core.settlements.remapping import apply_meaning
from core.settlements.resolving import Resolved
from core.settlements.resolving import resolve_settlements
from core.settlements.results import StatementResult

COUNTS = ("received", "applied", "suspense", "deferred", "unchanged", "quarantined", "waiting")


def register(group: click.Group) -> None:
    """Add the commands."""
    imports = subgroup(group, "import", "Bring files in; the same file twice changes nothing.")
    imports.add_command(settlement)
    own = subgroup(group, "settlement", "What platforms settled, row by row.")
    for command in (list_, show, unmapped, map_, resolve, attribute, pull, owed, ages):
        own.add_command(command)
    for command in (payouts, payout):
        own.add_command(command)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--connection", "label", required=True, help="Label of the connection.")
@company_option
@json_option
@pass_kernel
def settlement(
    kernel: Kernel, file: Path, label: str, company_code: str | None, as_json: bool
) -> None:
    """Import a settlement report: matched to orders, fees booked, unknown codes in suspense.

    A report whose rows do not add up to its total is kept aside whole; the command ends with 1.
    """
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        connection = get_connection(session, label, company_id=company.id)
    result = import_settlement_file(kernel, connection, file)
    if as_json:
        print_json(result.as_json())
    else:
        _print(result.statements)
        if result.held:
            click.echo(f"Held back: {result.held} events, which no settlement has yet.")
    if any(each.state == "quarantined" for each in result.statements):
        raise click.exceptions.Exit(1)


def _print(statements: list[StatementResult]) -> None:
    print_table(
        ("Settlement", "State", "Declared", "Computed", "Currency", *map(str.title, COUNTS)),
        [
            (s.settlement, s.state, s.declared, s.computed, s.currency)
            + tuple(str(getattr(s, name)) for name in COUNTS)
            for s in statements
        ],
    )
    for each in statements:
        if each.reason:
            click.echo(f"{each.settlement}: {each.reason}")


@click.command("list")
@click.option("--page", help="Where the list goes on, as the last one told.")
@company_option
@json_option
@pass_kernel
def list_(kernel: Kernel, page: str | None, company_code: str | None, as_json: bool) -> None:
    """List settlements, the latest first."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        cursor = read_cursor(page, datetime.fromisoformat, int)
        found = queries.list_statements(session, company.id, cursor)
    rows = [showing.listed_document(row) for row in found.rows]
    if as_json:
        print_json({"settlements": rows, "next": found.next})
        return
    print_table(
        ("Settlement", "Platform", "Account", "Until", "Total", "Currency", "State", "Suspense"),
        [
            (r["settlement"], r["platform"], r["account"], r["ended_at"][:10], r["declared"])
            + (r["currency"], r["state"], str(r["suspense"]))
            for r in rows
        ],
    )
    if found.next:
        click.echo(f"More: --page {found.next}")


@click.command()
@click.argument("ref")
@company_option
@json_option
@pass_kernel
def show(kernel: Kernel, ref: str, company_code: str | None, as_json: bool) -> None:
    """Show a settlement: declared against computed, and what each code came to."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        statement = queries.find_statement(session, company.id, ref)
        sums = queries.sums_of(session, company.id, statement.id)
    document = showing.statement_document(statement, sums)
    if as_json:
        print_json(document)
        return
    click.echo(
        f"{document['settlement']} of {statement.platform} {statement.account}:"
        f" {document['state']}, declared {document['declared']} {statement.currency},"
        f" computed {document['computed']}"
    )
    if statement.reason:
        click.echo(statement.reason)
    print_table(
        ("Kind", "Group", "Name", "Rows", "Amount", "Account", "Outcome"),
        [
            (*each.code, str(each.count), to_text(each.amount, statement.currency))
            + (each.account or "–", each.reason or each.outcome or "–")
            for each in sums
        ],
    )


@click.command()
@company_option
@json_option
@pass_kernel
def unmapped(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """List the codes in suspense: what nobody knows yet, and orders that have not come."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        found = queries.unmapped_codes(session, company.id)
    if as_json:
        print_json([showing.unmapped_document(each) for each in found])
        return
    print_table(
        ("Platform", "Kind", "Group", "Name", "Reason", "Rows", "Amount"),
        [
            (each.platform, *each.code, each.reason, str(each.count))
            + (f"{to_text(each.amount, each.currency)} {each.currency}",)
            for each in found
        ],
    )


@click.command("map")
@click.argument("code", nargs=3)
@click.option("--account", required=True, help="Account of the chart, such as 6075.")
@click.option("--platform", default="amazon", show_default=True, help="Whose code it is.")
@click.option(
    "--as", "category", type=click.Choice([str(each) for each in CHOOSABLE]),
    help="What the amount is; default: as the account says.",
)  # fmt: skip
@click.option("--level", type=click.Choice(sorted(LEVELS)), default="order", show_default=True)
@company_option
@json_option
@pass_kernel
def map_(
    kernel: Kernel,
    code: tuple[str, str, str],
    account: str,
    platform: str,
    category: str | None,
    level: str,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Say what a code means, and book again what stands in suspense or elsewhere because of it.

    CODE is its kind, group and name as `settlement unmapped` shows them; * stands for any.
    """
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        map_code(
            session, company.id, platform, FeeCode(*code), account,
            category=category or "", level=level,
        )  # fmt: skip
    _tell(apply_meaning(kernel, company.id, platform, FeeCode(*code)), as_json)


@click.command()
@company_option
@json_option
@pass_kernel
def resolve(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """Book again what a new mapping or an order that came late explains."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
    _tell(resolve_settlements(kernel, company.id), as_json)


@click.command()
@click.argument("ref")
@click.argument("line", type=int)
@click.argument("order")
@company_option
@json_option
@pass_kernel
def attribute(
    kernel: Kernel, ref: str, line: int, order: str, company_code: str | None, as_json: bool
) -> None:
    """Say which ORDER an amount concerns that names none, such as the disposal of a return.

    REF is the settlement, LINE the line of its file. The amount counts in the order's profit.
    """
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        booking = attribute_row(session, company.id, ref, line, order)
        document = {"settlement": ref, "line": line, "order": order, "account": booking.account}
    if as_json:
        print_json(document)
    else:
        click.echo(f"Line {line} of {ref} counts for order {order} now, on {booking.account}.")


@click.command()
@click.argument("label")
@company_option
@json_option
@pass_kernel
def pull(kernel: Kernel, label: str, company_code: str | None, as_json: bool) -> None:
    """Fetch the settlements that a platform has published since the last time, and book them."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        connection = get_connection(session, label, company_id=company.id)
    found = pull_settlements(kernel, connection).as_json()
    if as_json:
        print_json(found)
    else:
        click.echo(", ".join(f"{number} {name}" for name, number in found.items()) + ".")


@click.command()
@company_option
@json_option
@pass_kernel
def owed(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """Show what platforms owe by state: held back, to be settled, in a reserve, on its way."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        found = receivables(session, company.id)
        held = held_sums(session, company.id)
    if as_json:
        print_json(showing.owed_document(found, held, company.currency))
        return
    print_table(
        ("Platform", "Account", "State", "Items", "Amount"),
        [
            (each.platform, each.account, each.state, str(each.count))
            + (f"{to_text(each.amount, company.currency)} {company.currency}",)
            for each in found
        ],
    )
    for each in held:
        until = f", the next on {each.releases_at:%Y-%m-%d}" if each.releases_at else ""
        click.echo(
            f"{each.platform} {each.account} says {each.state}:"
            f" {to_text(each.amount, each.currency)} {each.currency} of {each.count}{until}."
        )


@click.command()
@company_option
@json_option
@pass_kernel
def ages(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """Show how old what is open on the clearing accounts of each platform is."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        found = clearing_ages(session, company.id, today_in(company.timezone))
    documents = [showing.aged_document(each, company.currency) for each in found]
    if as_json:
        print_json(documents)
        return
    print_table(
        ("Platform", "Account", "Ledger", "Items", *(f"<= {limit}" for limit in LIMITS))
        + (f"> {LIMITS[-1]}", "Total"),
        [
            (each["platform"], each["account"], each["ledger"], str(each["items"]))
            + (*each["ages"].values(), each["total"])
            for each in documents
        ],
    )


def _tell(found: Resolved, as_json: bool) -> None:
    if as_json:
        print_json(asdict(found))
    else:
        click.echo(f"{found.moved} of {found.looked_at} rows are booked elsewhere now.")
