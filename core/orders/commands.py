"""Commands that bring orders and stock in, and book what had to wait."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn
from rich.progress import MofNCompleteColumn
from rich.progress import Progress
from rich.progress import TextColumn
from rich.progress import TimeRemainingColumn

from core.channels.importing import ImportResult
from core.kernel.connections import get_connection
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.orders import life_commands
from core.orders import list_commands
from core.orders.clearing import post_all_waiting
from core.orders.importing import import_order_file
from core.stock.importing import import_stock_file

FILE = click.Path(path_type=Path)


def register(group: click.Group) -> None:
    """Add the commands."""
    imports = subgroup(group, "import", "Bring files in; the same file twice changes nothing.")
    imports.add_command(orders)
    imports.add_command(stock)
    orders_group = subgroup(group, "order", "Orders on their way.")
    for command in (post, *list_commands.COMMANDS, *life_commands.COMMANDS):
        orders_group.add_command(command)


@click.command()
@click.argument("file", type=FILE)
@click.option("--connection", "label", required=True, help="Label of the connection.")
@click.option("--mapping", type=FILE, help="Mapping file; default: the connection's.")
@company_option
@json_option
@pass_kernel
def orders(
    kernel: Kernel,
    file: Path,
    label: str,
    mapping: Path | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Import a file of orders: CSV, TSV or XLSX, plain or packed with zstd or gzip."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        connection = get_connection(session, label, company_id=company.id)
    with _progress() as bar:
        task = bar.add_task("reading", total=None)

        def show(step: str, done: int, total: int) -> None:
            bar.update(task, description=step, completed=done, total=total or None)

        result = import_order_file(kernel, connection, file, mapping=mapping, on_progress=show)
    _print(result, as_json)


@click.command()
@click.argument("file", type=FILE)
@company_option
@json_option
@pass_kernel
def stock(kernel: Kernel, file: Path, company_code: str | None, as_json: bool) -> None:
    """Import a CSV file of stock: sku, warehouse, quantity, unit_cost, currency, received_on."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
    _print(import_stock_file(kernel, company.id, file), as_json)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _print(result: ImportResult, as_json: bool) -> None:
    """Print a table for a person at a terminal, the JSON document for a program."""
    document = result.as_json()
    if as_json or not sys.stdout.isatty():
        print_json(document)
        return
    names = ("received", "applied", "unchanged", "quarantined")
    print_table(names, [[document[name] for name in names]])
    if result.by_kind:
        print_table(("Kind", "Lines"), sorted(result.by_kind.items()))
    if result.quarantine:
        print_table(("Line", "Why it was set aside"), result.quarantine)


@click.command()
@company_option
@json_option
@pass_kernel
def post(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """Book the parcels that waited for a tax regime, a rate or an open period."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
    found = post_all_waiting(kernel, company.id)
    if as_json:
        document = {"posted": found.posted, "waiting": found.waiting}
        print_json({**document, "reasons": list(found.reasons)})
        return
    click.echo(f"{found.posted} parcels booked, {found.waiting} still wait.")
    for reason in found.reasons:
        click.echo(f"  {reason}")
