"""Commands about the database itself."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from core.errors import KernelError
from core.kernel.backup import back_up
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.moving import copy_database


def register(group: click.Group) -> None:
    """Add the commands."""
    database = subgroup(group, "db", "The database: back it up, move it.")
    database.add_command(copy_to)
    database.add_command(backup)


@click.command("copy")
@click.argument("target_url")
@json_option
@pass_kernel
def copy_to(kernel: Kernel, target_url: str, as_json: bool) -> None:
    """Copy everything into another, empty database; `-` reads its address from the input.

    Stop web server and workers first: what they write meanwhile stays behind.
    """
    url = sys.stdin.readline().strip() if target_url == "-" else target_url

    def say(table: str, rows: int) -> None:
        if rows:
            click.echo(f"{table}: {rows}", err=True)

    moved = copy_database(kernel, url, say)
    if as_json:
        print_json(asdict(moved))
        return
    click.echo(f"Copied {sum(moved.rows.values())} rows to {moved.target}")
    click.echo("Every row was read again there and is the same.")
    click.echo("Set ENTREPOT_DATABASE_URL to it for web server and workers, and start them.")


@click.command()
@json_option
@pass_kernel
def backup(kernel: Kernel, as_json: bool) -> None:
    """Copy the database into the folder `backups` of the instance, while others go on working."""
    made = back_up(kernel.config, kernel.db, "by-hand")
    if made.file is None:
        raise KernelError(made.said, hint="Install pg_dump of the server's version.")
    if as_json:
        print_json({"backup": str(made.file)})
    else:
        click.echo(made.said)
