"""Commands for connections."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from core.errors import InputError
from core.kernel import connecting
from core.kernel import connection_states
from core.kernel import connections
from core.kernel import secrets
from core.kernel.companies import CompanyInfo
from core.kernel.connections import ConnectionInfo
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.kernel.schema import secret_fields

set_option = click.option(
    "--set", "pairs", multiple=True, metavar="K=V", help="A setting of the connection."
)
file_option = click.option(
    "--set-file",
    "files",
    multiple=True,
    metavar="K=FILE",
    help="A setting from a file, - for the input; the way for secrets.",
)
test_option = click.option("--no-test", is_flag=True, help="Store without trying it first.")


def register(group: click.Group) -> None:
    """Add the commands."""
    accounts = subgroup(group, "connections", "Accounts with platforms.")
    for command in (add, change, show, test, pause, resume, list_all):
        accounts.add_command(command)


@click.command("add")
@click.argument("addon")
@click.option("--label", required=True, help="What the connection is called here.")
@click.option("--account", default="", help="What the platform calls the account.")
@set_option
@file_option
@test_option
@company_option
@json_option
@pass_kernel
def add(  # noqa: PLR0913 - one argument for each option
    kernel: Kernel,
    *,
    addon: str,
    label: str,
    account: str,
    pairs: tuple[str, ...],
    files: tuple[str, ...],
    no_test: bool,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Connect an account with a platform through an addon, once its settings have been tried."""
    made = connecting.connect(
        kernel,
        addon,
        label,
        _given(kernel, addon, pairs, files),
        company_id=_company(kernel, company_code).id,
        account=account,
        test=not no_test,
    )
    _say(as_json, made, f"Connected: {made.label} through {made.addon}.")


@click.command("set")
@click.argument("label")
@set_option
@file_option
@click.option("--unset", multiple=True, metavar="K", help="A setting to take away.")
@test_option
@company_option
@json_option
@pass_kernel
def change(
    kernel: Kernel,
    label: str,
    pairs: tuple[str, ...],
    files: tuple[str, ...],
    unset: tuple[str, ...],
    no_test: bool,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Change some settings of a connection, once they have been tried; the others stay."""
    connection = _named(kernel, label, company_code)
    given = {**connection.settings, **_given(kernel, connection.addon, pairs, files)}
    made = connecting.reconnect(
        kernel,
        connection,
        {name: value for name, value in given.items() if name not in unset},
        row_version=connection.row_version,
        unset=unset,
        test=not no_test,
    )
    _say(as_json, made, f"Changed: {made.label}.")


@click.command("show")
@click.argument("label")
@company_option
@json_option
@pass_kernel
def show(kernel: Kernel, label: str, company_code: str | None, as_json: bool) -> None:
    """Show a connection with its state and settings; of a secret only that it is stored."""
    connection = _named(kernel, label, company_code)
    with kernel.db.read() as session:
        stored = sorted(secrets.stored_fields(session, connections.scope_of(connection)))
    document = {**connections.as_document(connection), "secrets": stored}
    if as_json:
        print_json(document)
        return
    for key, value in document.items():
        if key != "settings" and value not in (None, []):
            click.echo(f"{key}: {', '.join(value) if isinstance(value, list) else value}")
    for name, value in connection.settings.items():
        click.echo(f"settings.{name}: {value}")


@click.command("test")
@click.argument("label")
@company_option
@json_option
@pass_kernel
def test(kernel: Kernel, label: str, company_code: str | None, as_json: bool) -> None:
    """Try a connection with its stored settings; ends with 1 when it does not work."""
    made = connecting.test_connection(kernel, _named(kernel, label, company_code))
    _say(as_json, made, f"{made.label}: {made.last_error or made.state}")
    if made.last_error:
        sys.exit(1)


@click.command("pause")
@click.argument("label")
@company_option
@json_option
@pass_kernel
def pause(kernel: Kernel, label: str, company_code: str | None, as_json: bool) -> None:
    """Stop what a connection does by itself."""
    connection = _named(kernel, label, company_code)
    with kernel.db.write() as session:
        made = connection_states.pause(session, connection)
    _say(as_json, made, f"Paused: {made.label}.")


@click.command("resume")
@click.argument("label")
@company_option
@json_option
@pass_kernel
def resume(kernel: Kernel, label: str, company_code: str | None, as_json: bool) -> None:
    """Let a paused connection go on."""
    connection = _named(kernel, label, company_code)
    with kernel.db.write() as session:
        made = connection_states.resume(session, connection)
    _say(as_json, made, f"Resumed: {made.label}.")


@click.command("list")
@json_option
@pass_kernel
def list_all(kernel: Kernel, as_json: bool) -> None:
    """List the connections."""
    with kernel.db.read() as session:
        made = connections.list_connections(session)
    if as_json:
        print_json([connections.as_document(each) for each in made])
        return
    print_table(
        ("Label", "Addon", "Account", "State", "Last success", ""),
        [(c.label, c.addon, c.account, c.state, c.last_ok_at, c.last_error) for c in made],
    )


def _company(kernel: Kernel, code: str | None) -> CompanyInfo:
    with kernel.db.read() as session:
        return chosen_company(session, code)


def _named(kernel: Kernel, label: str, company_code: str | None) -> ConnectionInfo:
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        return connections.get_connection(session, label, company_id=company.id)


def _given(
    kernel: Kernel, addon: str, pairs: tuple[str, ...], files: tuple[str, ...]
) -> dict[str, Any]:
    given = dict(_pair(pair, "--set") for pair in pairs)
    for name in secret_fields(connections.connection_schema(kernel, addon)) & given.keys():
        if secrets.variable_of(given[name]) is None:
            raise InputError(
                f"{name} is a secret, and a command line is seen by other users and kept.",
                where="--set",
                hint=f"Give it by --set-file {name}=- (or a file), or name $env:VARIABLE.",
            )
    return given | {name: _content(file) for name, file in (_pair(f, "--set-file") for f in files)}


def _pair(text: str, option: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise InputError(f"{text!r} is not of the form key=value.", where=option)
    return key, value


def _content(file: str) -> str:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}.", where=file) from error
    return text.strip()


def _say(as_json: bool, connection: ConnectionInfo, text: str) -> None:
    if as_json:
        print_json(connections.as_document(connection))
    else:
        click.echo(text)
