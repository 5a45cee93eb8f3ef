"""Commands for addons."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from core.kernel import install_commands
from core.kernel import lifecycle
from core.kernel import upkeep
from core.kernel.autogenerate import autogenerate
from core.kernel.console import acting_user
from core.kernel.console import done
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.console import subgroup
from core.kernel.faults import recorded
from core.kernel.kernel import Kernel
from core.kernel.migrations import CORE
from core.kernel.migrations import Lineage
from core.kernel.migrations import core_lineage
from core.kernel.quality import NONE
from core.kernel.quality import level_of

COMMANDS = (*install_commands.COMMANDS, *upkeep.COMMANDS)


def register(group: click.Group) -> None:
    """Add the commands."""
    addons = subgroup(group, "addons", "What is installed, and what is enabled.")
    for command in (list_addons, info, enable, disable, migration, *COMMANDS):
        addons.add_command(command)


@click.command("list")
@json_option
@pass_kernel
def list_addons(kernel: Kernel, as_json: bool) -> None:
    """List every addon with its state."""
    infos = kernel.overview()
    if as_json:
        print_json([{**asdict(info), "quality": _level(kernel, info.name)} for info in infos])
        return
    print_table(
        ("Addon", "Title", "Version", "State", "Quality", ""),
        [
            (i.name, i.title, i.version or i.installed_version, i.state, level, i.reason)
            for i in infos
            for level in [_level(kernel, i.name)]
        ],
    )


def _level(kernel: Kernel, name: str) -> str:
    return level_of(kernel.found[name]) if name in kernel.found else NONE


@click.command()
@click.argument("name")
@json_option
@pass_kernel
def info(kernel: Kernel, name: str, as_json: bool) -> None:
    """Show one addon: its state, what it needs, its tables and its faults."""
    found = [each for each in kernel.overview() if each.name == name]
    if not found:
        kernel.manifest(name)
    with kernel.db.read() as session:
        faults = [
            {
                "place": fault.place,
                "error": fault.error,
                "message": fault.message,
                "count": fault.count,
                "first_at": fault.first_at.isoformat(),
                "last_at": fault.last_at.isoformat(),
            }
            for fault in recorded(session, name)
        ]
    document = {**asdict(found[0]), "quality": _level(kernel, name), "faults": faults}
    if as_json:
        print_json(document)
        return
    for key, value in document.items():
        if key != "faults" and value:
            click.echo(f"{key}: {', '.join(value) if isinstance(value, tuple) else value}")
    for fault in faults:
        click.echo(f"{fault['last_at']} {fault['place']}: {fault['message']} ({fault['count']}×)")


@click.command()
@click.argument("name")
@click.option("--with-needed", is_flag=True, help="Enable what it needs as well.")
@json_option
@pass_kernel
def enable(kernel: Kernel, name: str, with_needed: bool, as_json: bool) -> None:
    """Enable an installed addon, in every running process at once."""
    done(
        as_json, "Enabled", lifecycle.enable(kernel, name, needed_too=with_needed, by=acting_user())
    )


@click.command()
@click.argument("name")
@click.option("--with-dependents", is_flag=True, help="Disable what needs it as well.")
@click.option("--force", is_flag=True, help="Do not ask the addons whether they object.")
@json_option
@pass_kernel
def disable(kernel: Kernel, name: str, with_dependents: bool, force: bool, as_json: bool) -> None:
    """Disable an addon, in every running process at once; its data stays."""
    names = lifecycle.disable(
        kernel, name, dependents_too=with_dependents, force=force, by=acting_user()
    )
    done(as_json, "Disabled", names)


@click.command()
@click.argument("lineage")
@click.argument("message")
@pass_kernel
def migration(kernel: Kernel, lineage: str, message: str) -> None:
    """Write the next migration of an addon, or of `core`, from its models."""
    if lineage == CORE:
        chosen = core_lineage()
    else:
        kernel.addon(lineage)
        chosen = Lineage(lineage, kernel.found[lineage].folder / "migrations")
    file: Path | None = autogenerate(kernel.db, chosen, message)
    click.echo(str(file) if file else "Nothing differs.")
