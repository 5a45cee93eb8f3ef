"""Commands of the allocation layer: `entrepot allocation …`, and `entrepot import allocation`."""

from __future__ import annotations

import tomllib
from datetime import date
from datetime import datetime
from pathlib import Path

import click

from core.allocation import showing
from core.allocation.details import import_details
from core.allocation.pulling import pull_documents
from core.allocation.queries import counting_runs
from core.allocation.queries import differences
from core.allocation.queries import get_run
from core.allocation.queries import list_runs
from core.allocation.queries import not_allocated
from core.allocation.queries import pools_of
from core.allocation.reading import read_layout
from core.allocation.rules import rules_on
from core.allocation.rules import save_rule
from core.allocation.running import preview_allocation
from core.allocation.running import run_allocation
from core.clock import now
from core.errors import InputError
from core.kernel.connections import get_connection
from core.kernel.console import acting_user
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_rows
from core.kernel.console import say
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel

MONTH = click.DateTime(["%Y-%m"])


def register(group: click.Group) -> None:
    """Add the commands."""
    imports = subgroup(group, "import", "Bring files in; the same file twice changes nothing.")
    imports.add_command(import_report)
    layer = subgroup(group, "allocation", "Share costs without an order to goods and orders.")
    for command in (rules, rule, run, show, pull):
        layer.add_command(command)


@click.command("allocation")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--kind", required=True, help="What it is, as rules name it: ads, storage, coupons.")
@click.option(
    "--mapping",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A TOML file: [columns] sku, weight, date, order, shop; [format].",
)
@click.option("--month", type=MONTH, help="The month of rows that name no day.")
@click.option("--shop", default="", help="The shop of rows that name none.")
@company_option
@json_option
@pass_kernel
def import_report(
    kernel: Kernel,
    /,
    file: Path,
    kind: str,
    mapping: Path | None,
    month: datetime | None,
    shop: str,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Import FILE, a report that says for which goods a cost was; a corrected one holds."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
    layout = read_layout(mapping) if mapping is not None else None
    found = import_details(
        kernel, company.id, file, kind, layout=layout, month=_day(month), shop=shop
    )
    said = f"{found.received} rows: {found.added} new, {found.changed} changed."
    if found.unknown:
        said += f" No SKU is known for {', '.join(found.unknown)}: map them and import again."
    say(found.as_json(), said, as_json)


@click.command()
@click.argument("label")
@company_option
@json_option
@pass_kernel
def pull(kernel: Kernel, label: str, company_code: str | None, as_json: bool) -> None:
    """Fetch what a platform says that costs were for; what is not ready comes by itself later."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        connection = get_connection(session, label, company_id=company.id)
    found = pull_documents(kernel, connection)
    said = f"{found.documents} documents with {found.rows} rows: {found.added} new."
    if found.waiting:
        said += " More is being made; it comes by itself."
    if found.unknown:
        said += f" No SKU is known for {', '.join(found.unknown)}: map them and fetch again."
    say(found.as_json(), said, as_json)


@click.command()
@company_option
@json_option
@pass_kernel
def rules(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """List the rules that hold today; the drivers stand in the order in which they are tried."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        found = rules_on(session, company.id, now().date())
    if as_json:
        print_json({"rules": [each.as_json() for each in found]})
        return
    print_rows([showing.rule_row(each) for each in found], as_json=False)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@company_option
@json_option
@pass_kernel
def rule(kernel: Kernel, file: Path, company_code: str | None, as_json: bool) -> None:
    """Keep new versions of rules from a TOML FILE of [[rule]] tables; old runs stay as they are."""
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8")).get("rule", [])
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"The file cannot be read: {error}.", where=file.name) from None
    if not isinstance(told, list) or not told:
        raise InputError("it holds no [[rule]].", where=file.name)
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        saved = [save_rule(session, company.id, each, by=acting_user()) for each in told]
    named = ", ".join(f"{each.code} version {each.version}" for each in saved)
    say({"rules": [each.as_json() for each in saved]}, f"Saved: {named}.", as_json)


@click.command()
@click.argument("month", type=MONTH)
@click.option("--until", type=MONTH, help="The last month, to share several as one.")
@click.option("--preview", is_flag=True, help="Say what would be shared, and share nothing.")
@company_option
@json_option
@pass_kernel
def run(
    kernel: Kernel,
    month: datetime,
    until: datetime | None,
    preview: bool,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Share the costs of MONTH that name no order; the newest run of a month counts."""
    first = month.date()
    last = _day(until) or first
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        if preview:
            made = preview_allocation(session, company.id, first, last)
            document = showing.preview_document(made, company.currency)
    if not preview:
        number = run_allocation(kernel, company.id, first, last, by=acting_user())
        with kernel.db.read() as session:
            found = get_run(session, company.id, number)
            document = showing.run_document(found, pools_of(session, found), company.currency)
    _print(document, as_json)


@click.command()
@click.argument("number", type=int, required=False)
@company_option
@json_option
@pass_kernel
def show(kernel: Kernel, number: int | None, company_code: str | None, as_json: bool) -> None:
    """Show run NUMBER with its pools; without one, all runs and what is not allocated."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        currency = company.currency
        if number is not None:
            found = get_run(session, company.id, number)
            document = showing.run_document(found, pools_of(session, found), currency)
        else:
            runs = list_runs(session, company.id)
            rest = not_allocated(session, company.id)
            late = [
                each
                for counting in counting_runs(session, company.id)
                for each in differences(
                    session, company.id, counting.first_month, counting.last_month
                )
            ]
            document = showing.overview_document(runs, rest, late, currency)
    _print(document, as_json)


def _print(document: dict[str, object], as_json: bool) -> None:
    if as_json:
        print_json(document)
        return
    for name, value in document.items():
        if isinstance(value, list):
            click.echo(f"{name.replace('_', ' ')}:")
            print_rows(value, as_json=False)
        else:
            click.echo(f"{name.replace('_', ' ')} {value}")


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment is not None else None
