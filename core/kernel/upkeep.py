"""Commands that take addons away or bring them back."""

from __future__ import annotations

from dataclasses import asdict

import click

from core.errors import InputError
from core.kernel import lifecycle
from core.kernel import removal
from core.kernel.console import acting_user
from core.kernel.console import done
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.kernel import Kernel


@click.command()
@click.argument("name")
@click.option("--force", is_flag=True, help="Do not ask the addons whether they object.")
@json_option
@pass_kernel
def uninstall(kernel: Kernel, name: str, force: bool, as_json: bool) -> None:
    """Forget the code of a disabled addon; its tables and rows stay."""
    removal.uninstall(kernel, name, force=force, by=acting_user())
    done(as_json, "Uninstalled", [name])


@click.command()
@click.argument("name")
@click.option("--yes", "typed", metavar="NAME", help="Do it; type the addon's name once more.")
@click.option("--drop", is_flag=True, help="Drop its tables without running its migrations.")
@json_option
@pass_kernel
def purge(kernel: Kernel, name: str, typed: str | None, drop: bool, as_json: bool) -> None:
    """Show what belongs to an uninstalled addon, and with `--yes NAME` delete it for good."""
    if typed not in (None, name):
        raise InputError(f"{typed!r} is not {name!r}.", where="--yes")
    gone = (removal.preview if typed is None else removal.purge)(kernel, name, drop=drop)
    if as_json:
        print_json({**asdict(gone), "tables": dict(gone.tables), "purged": typed is not None})
        return
    print_table(("Table", "Rows"), gone.tables)
    click.echo(f"Connections: {', '.join(gone.connections) or 'none'}")
    click.echo(f"Settings: {gone.settings}, faults: {gone.faults}")
    if typed is None:
        click.echo(f"Nothing was deleted; `entrepot addons purge {name} --yes {name}` does it.")
    else:
        click.echo(f"Purged: {name}")


@click.command()
@click.argument("name")
@json_option
@pass_kernel
def retry(kernel: Kernel, name: str, as_json: bool) -> None:
    """Enable an addon again that was quarantined."""
    lifecycle.retry(kernel, name, by=acting_user())
    done(as_json, "Enabled", [name])


COMMANDS: tuple[click.Command, ...] = (uninstall, purge, retry)
