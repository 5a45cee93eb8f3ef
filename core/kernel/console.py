"""What every command shares: the kernel, the company, and one way to print."""

from __future__ import annotations

import functools
import getpass
import json
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Concatenate
from typing import ParamSpec
from typing import TypeVar

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.orm import Session

from core.config import Config
from core.config import load_config
from core.identity.actor import OPERATOR
from core.identity.actor import Actor
from core.identity.actor import begin_acting
from core.kernel.companies import CompanyInfo
from core.kernel.companies import find_company
from core.kernel.kernel import Kernel

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

KEY = "entrepot.kernel"

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print exactly one JSON document."
)
company_option = click.option(
    "--company", "company_code", metavar="CODE", help="Which company, where there are several."
)


def current_config() -> Config:
    """Return the configuration of the running command."""
    context = click.get_current_context()
    config = context.find_object(Config)
    return config if config is not None else load_config()


def current_kernel() -> Kernel:
    """Return the kernel of the running command, booted at the first call.

    Raises: KernelError when there is no database yet.
    """
    context = click.get_current_context()
    if KEY not in context.meta:
        context.meta[KEY] = booted = Kernel.boot(current_config())
        begin_acting(Actor("operator", acting_user(), permissions=None, origin="command line"))
        context.find_root().call_on_close(lambda: begin_acting(OPERATOR))
        context.find_root().call_on_close(booted.db.dispose)
    kernel: Kernel = context.meta[KEY]
    return kernel


def pass_kernel(
    command: Callable[Concatenate[Kernel, Arguments], Result],
) -> Callable[Arguments, Result]:
    """Give a command the kernel as its first argument."""

    @functools.wraps(command)
    def call(*arguments: Arguments.args, **options: Arguments.kwargs) -> Result:
        return command(current_kernel(), *arguments, **options)

    return call


def chosen_company(session: Session, code: str | None) -> CompanyInfo:
    """Return the company that `--company` names, or the only one."""
    return find_company(session, code)


def print_json(document: object) -> None:
    """Print the one JSON document of a command."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows for a person; cells are text, never markup."""
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    Console().print(table)


def say(document: Mapping[str, object], said: str, as_json: bool) -> None:
    """Say what was done, or print it as JSON."""
    if as_json:
        print_json(document)
    else:
        click.echo(said)


def print_rows(rows: Sequence[Mapping[str, object]], as_json: bool) -> None:
    """Print rows as a table or as JSON."""
    if as_json:
        print_json({"rows": rows})
    elif rows:
        print_table(list(rows[0]), [list(row.values()) for row in rows])
    else:
        click.echo("There is nothing.")


def print_sheet(sheet: Mapping[str, Any], as_json: bool) -> None:
    """Print a piece of work with its lines."""
    if as_json:
        print_json(sheet)
        return
    click.echo(", ".join(f"{key} {value}" for key, value in sheet.items() if key != "lines"))
    print_rows(sheet["lines"], as_json=False)


def subgroup(group: click.Group, name: str, help_text: str) -> click.Group:
    """Return the group of that name within another, making it the first time."""
    known = group.commands.get(name)
    if isinstance(known, click.Group):
        return known
    made = click.Group(name, help=help_text)
    group.add_command(made)
    return made


def done(as_json: bool, verb: str, names: list[str]) -> None:
    """Say what was done to which addons."""
    if as_json:
        print_json({verb.lower(): names})
    else:
        click.echo(f"{verb}: {', '.join(names) or 'nothing, it was so already'}")


def acting_user() -> str:
    """Return who runs the command, for the record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        return ""
