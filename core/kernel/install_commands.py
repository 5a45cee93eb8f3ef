"""The commands that install and upgrade addons."""

from __future__ import annotations

from dataclasses import asdict

import click

from core.errors import Conflict
from core.kernel import lifecycle
from core.kernel import states
from core.kernel.console import acting_user
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import done
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.installing import Installed
from core.kernel.installing import kept_words
from core.kernel.kernel import Kernel
from core.kernel.probe import refuse_harm

no_backup_option = click.option(
    "--no-backup", is_flag=True, help="Do not copy the database before an upgrade."
)


@click.command()
@click.argument("name")
@click.option("--demo", is_flag=True, help="Load its demo records too.")
@company_option
@no_backup_option
@json_option
@pass_kernel
def install(
    kernel: Kernel,
    name: str,
    demo: bool,
    company_code: str | None,
    no_backup: bool,
    as_json: bool,
) -> None:
    """Make an addon's tables and records, or upgrade them; enabling it is another step."""
    refuse_foreign_harm(kernel, name)
    company: int | None = None
    if demo:
        with kernel.db.read() as session:
            company = chosen_company(session, company_code).id
    _show(
        lifecycle.install(
            kernel, name, by=acting_user(), back_up=not no_backup, demo_company=company
        ),
        as_json,
    )


@click.command()
@click.argument("name")
@no_backup_option
@json_option
@pass_kernel
def upgrade(kernel: Kernel, name: str, no_backup: bool, as_json: bool) -> None:
    """Bring the tables and records of an installed addon to the version of its files."""
    if name not in states.installed(kernel.rows):
        raise Conflict(f"{name} is not installed.", hint=f"Run `entrepot addons install {name}`.")
    refuse_foreign_harm(kernel, name)
    _show(lifecycle.install(kernel, name, by=acting_user(), back_up=not no_backup), as_json)


def refuse_foreign_harm(kernel: Kernel, name: str) -> None:
    """Import an addon that does not come with Entrepot in a process of its own first.

    Raises: KernelError.
    """
    if (
        name in kernel.graph.order
        and kernel.found[name].folder.parent != kernel.config.shipped_addons
    ):
        refuse_harm(name, kernel.config.addon_paths)


def document_of(installed: Installed) -> dict[str, object]:
    """Return what an install did as a JSON document."""
    backup = installed.backup
    return {
        "installed": [installed.addon],
        "version": installed.version,
        "before": installed.before,
        "data": asdict(installed.data),
        "demo": installed.demo,
        "backup": str(backup.file) if backup and backup.file else None,
        "backup_note": backup.said if backup else "",
    }


def said_of(installed: Installed) -> list[str]:
    """Say what an install did beyond its name."""
    data = installed.data
    lines = [installed.backup.said] if installed.backup else []
    if installed.upgraded:
        lines.append(f"Upgraded: {installed.addon} {installed.before} → {installed.version}")
    if data.inserted or data.updated or data.removed:
        lines.append(f"Records: {data.inserted} new, {data.updated} changed, {data.removed} gone")
    return [*lines, *kept_words(data.kept), *filter(None, [installed.demo])]


def _show(installed: Installed, as_json: bool) -> None:
    if as_json:
        print_json(document_of(installed))
        return
    for line in said_of(installed):
        click.echo(line)
    done(False, "Installed", [installed.addon])


COMMANDS: tuple[click.Command, ...] = (install, upgrade)
