"""The commands that install and upgrade addons."""

from __future__ import annotations

from dataclasses import asdict
from dataclasses import replace
from pathlib import Path

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
from core.kernel.shape import Difference
from core.kernel.trial import Trial
from core.kernel.trial import try_on_copy
from core.kernel.wheels import add_wheel
from core.kernel.wheels import open_wheel

no_backup_option = click.option(
    "--no-backup", is_flag=True, help="Do not copy the database before an upgrade."
)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--sha256", default="", metavar="HASH", help="Refuse a file that has another one.")
@json_option
@pass_kernel
def add(kernel: Kernel, file: Path, sha256: str, as_json: bool) -> None:
    """Check a wheel of an addon and put it among the addons; installing it is another step."""
    wheel = open_wheel(file, sha256)
    folder = add_wheel(kernel, wheel)
    manifest = wheel.manifest
    facts = {
        "name": manifest.name,
        "version": str(manifest.version),
        "author": manifest.author,
        "license": manifest.license,
        "sha256": wheel.sha256,
        "folder": str(folder),
        "capabilities": list(manifest.capabilities),
        "hosts": list(manifest.hosts),
        "python": [str(each) for each in manifest.python],
    }
    if as_json:
        print_json(facts)
        return
    for key, value in facts.items():
        if value:
            click.echo(f"{key}: {', '.join(value) if isinstance(value, list) else value}")
    click.echo(f"Next: entrepot addons try-on-copy {manifest.name}")


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


@click.command("try-on-copy")
@click.argument("name")
@click.option("--upgrade", is_flag=True, help="Refuse an addon that is not installed.")
@json_option
@pass_kernel
def try_on_a_copy(kernel: Kernel, name: str, upgrade: bool, as_json: bool) -> None:
    """Install or upgrade an addon on a copy of the database, and say what that would change."""
    refuse_foreign_harm(kernel, name)
    trial = try_on_copy(kernel, name, upgrade=upgrade)
    if as_json:
        document = {**asdict(trial), **document_of(trial.installed)}
        print_json({key: value for key, value in document.items() if "backup" not in key})
        return
    for line in trial_words(trial):
        click.echo(line)


def trial_words(trial: Trial) -> list[str]:
    """Say what an install or an upgrade would change."""
    done = trial.installed
    act = (
        f"Upgrade of {done.addon} from {done.before}" if done.before else f"Install of {done.addon}"
    )
    lines = [f"{act} to {done.version}, tried on a copy; nothing was changed."]
    lines += [
        f"{each.what}: {each.table} {each.part}".rstrip() + _change(each) for each in trial.shape
    ]
    lines += [f"rows of {table}: {before} → {after}" for table, before, after in trial.rows]
    lines += said_of(replace(done, backup=None))
    lines += [
        f"settings of {each.scope}: version {each.before} → {each.after} {each.error}".rstrip()
        for each in trial.settings
    ]
    for each in trial.declared:
        signs = [*(f"+{name}" for name in each.added), *(f"-{name}" for name in each.removed)]
        lines.append(f"{each.kind}: {' '.join(signs)}")
    lines.append(f"Time: {trial.seconds:.2f} s (the copy: {trial.copy_seconds:.2f} s)")
    return [*lines, *(f"Lock for that time: {lock}" for lock in trial.locks)]


def _change(each: Difference) -> str:
    texts = [text for text in (each.before, each.after) if text]
    return f" ({' → '.join(texts)})" if texts else ""


COMMANDS: tuple[click.Command, ...] = (add, install, upgrade, try_on_a_copy)
