"""Commands that fetch from a platform's API and tell it what is for sale."""

from __future__ import annotations

from datetime import UTC
from datetime import datetime

import click

from core.channels.cursors import rewind
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import get_connection
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.orders.pulling import CAPABILITY
from core.orders.pulling import pull_orders
from core.publishing.connecting import push_stock


def register(group: click.Group) -> None:
    """Add the commands."""
    channel = subgroup(group, "channel", "Orders from platforms, and stock to them.")
    for command in (pull, push, backfill):
        channel.add_command(command)


@click.command()
@click.argument("label")
@company_option
@json_option
@pass_kernel
def pull(kernel: Kernel, label: str, company_code: str | None, as_json: bool) -> None:
    """Fetch the orders that changed since the last time; told again they change nothing."""
    connection = _connection(kernel, label, company_code)
    _print(pull_orders(kernel, connection).as_json(), as_json)


@click.command()
@click.argument("label")
@company_option
@json_option
@pass_kernel
def push(kernel: Kernel, label: str, company_code: str | None, as_json: bool) -> None:
    """Tell the platform the quantities that it does not have yet."""
    connection = _connection(kernel, label, company_code)
    _print(push_stock(kernel, connection).as_json(), as_json)


@click.command()
@click.argument("label")
@click.option(
    "--from", "since", type=click.DateTime(["%Y-%m-%d"]), help="First day; default: from the start."
)
@company_option
@json_option
@pass_kernel
def backfill(
    kernel: Kernel, label: str, since: datetime | None, company_code: str | None, as_json: bool
) -> None:
    """Fetch again what changed since a day; what is known already stays as it is."""
    connection = _connection(kernel, label, company_code)
    with kernel.db.write() as session:
        rewind(session, connection, CAPABILITY, since.replace(tzinfo=UTC) if since else None)
    _print(pull_orders(kernel, connection).as_json(), as_json)


def _connection(kernel: Kernel, label: str, company_code: str | None) -> ConnectionInfo:
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        return get_connection(session, label, company_id=company.id)


def _print(document: dict[str, int], as_json: bool) -> None:
    if as_json:
        print_json(document)
    else:
        print_table(tuple(document), [list(document.values())])
