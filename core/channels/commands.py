"""Commands around the work of connections."""

from __future__ import annotations

from dataclasses import asdict

import click

from core.channels.health import run_now
from core.errors import NotFound
from core.http.log import recent_requests
from core.identity.deeds import say
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import get_connection
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.console import subgroup
from core.kernel.cursors import list_cursors
from core.kernel.cursors import reset_cursor
from core.kernel.kernel import Kernel

COLUMNS = (
    "at operation method host path attempt status error milliseconds bytes_sent bytes_received"
    " request_ref vendor_ref"
).split()


def register(group: click.Group) -> None:
    """Add the commands."""
    accounts = subgroup(group, "connections", "Accounts with platforms.")
    for command in (run, log, cursor):
        accounts.add_command(command)


@click.command("run")
@click.argument("label")
@company_option
@json_option
@pass_kernel
def run(kernel: Kernel, label: str, company_code: str | None, as_json: bool) -> None:
    """Let a connection do now what it does by itself; a worker does the work."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        connection = get_connection(session, label, company_id=company.id)
        tasks = run_now(session, connection)
    if as_json:
        print_json({"connection": connection.label, "tasks": tasks})
    else:
        click.echo(f"Enqueued: {', '.join(tasks)}.")


@click.command("log")
@click.argument("label")
@click.option("--failed", is_flag=True, help="Only requests that failed.")
@click.option("--limit", default=50, type=click.IntRange(1, 1000), help="How many; 50 otherwise.")
@company_option
@json_option
@pass_kernel
def log(
    kernel: Kernel,
    label: str,
    failed: bool,
    limit: int,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Show the latest requests of a connection, without anything that was sent."""
    with kernel.db.read() as session:
        rows = recent_requests(
            session, _named(kernel, label, company_code), limit=limit, failed=failed
        )
    if as_json:
        print_json([{name: _plain(getattr(row, name)) for name in COLUMNS} for row in rows])
        return
    print_table(
        ("At", "Request", "Host", "Answer", "ms", "Reference"),
        [
            (
                f"{row.at:%Y-%m-%d %H:%M:%S}",
                f"{row.method} {row.path}",
                row.host,
                row.status or row.error,
                row.milliseconds,
                row.request_ref,
            )
            for row in rows
        ],
    )


@click.command("cursor")
@click.argument("label")
@click.option("--reset", metavar="STREAM", help="Read this stream from its start again.")
@company_option
@json_option
@pass_kernel
def cursor(
    kernel: Kernel, label: str, reset: str | None, company_code: str | None, as_json: bool
) -> None:
    """Show how far each stream of a connection was read."""
    connection = _named(kernel, label, company_code)
    if reset is not None:
        with kernel.db.write() as session:
            if not reset_cursor(session, connection, reset):
                raise NotFound(f"{connection.label} never read a stream {reset!r}.")
            place, after = f"connection:{connection.id}", {"stream": reset}
            say(session, connection.company_id, "cursor.reset", place, after=after)
    with kernel.db.read() as session:
        cursors = list_cursors(session, connection)
    if as_json:
        print_json([{k: _plain(v) for k, v in asdict(each).items()} for each in cursors])
        return
    print_table(
        ("Stream", "Through", "Changed", "Value"),
        [(c.stream, c.through_at, c.changed_at, c.value) for c in cursors],
    )


def _named(kernel: Kernel, label: str, company_code: str | None) -> ConnectionInfo:
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        return get_connection(session, label, company_id=company.id)


def _plain(value: object) -> object:
    return value.isoformat() if hasattr(value, "isoformat") else value
