"""The command that makes an addon."""

from __future__ import annotations

from pathlib import Path

import click

from core.config import Config
from core.kernel.console import current_config
from core.kernel.console import json_option
from core.kernel.console import print_json
from core.kernel.console import subgroup
from core.kernel.discovery import discover
from core.scaffold import making


def register(group: click.Group) -> None:
    """Add the command."""
    subgroup(group, "addons", "What is installed, and what is enabled.").add_command(new)


@click.command()
@click.argument("kind", type=click.Choice(making.KINDS))
@click.argument("name")
@click.option(
    "--path",
    "parent",
    type=click.Path(path_type=Path),
    help="Where: a folder of addons, or any other for a project to install with pip.",
)
@json_option
def new(kind: str, name: str, parent: Path | None, as_json: bool) -> None:
    """Make an addon that works and keeps its contract; nothing is ever overwritten."""
    config = current_config()
    making.check_name(name, discover(config.addon_paths).found)
    where = (parent or _own_folder(config)).absolute()
    inside = where in {path.absolute() for path in config.addon_paths}
    plan = making.plan(kind, name, where, inside=inside)
    files = making.make(plan)
    if as_json:
        print_json({"name": name, "folder": str(plan.root), "files": [str(f) for f in files]})
        return
    click.echo(f"Made {plan.root}")
    if not inside:
        click.echo(f"Install it: python -m pip install -e {plan.root}")
    click.echo(f"Try it: python -m pytest {plan.root}")
    click.echo(f"Use it: entrepot addons install {name} && entrepot addons enable {name}")


def _own_folder(config: Config) -> Path:
    """Return where addons are made by default: the integrator's folder, else ours."""
    return next(
        (p for p in config.addon_paths if p != config.shipped_addons), config.shipped_addons
    )
