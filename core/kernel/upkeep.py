"""Commands that take addons away, bring them back, and look after them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from core.errors import InputError
from core.kernel import checking
from core.kernel import lifecycle
from core.kernel import lock
from core.kernel import removal
from core.kernel import states
from core.kernel.addon_export import export_addon
from core.kernel.backup import Backup
from core.kernel.backup import back_up
from core.kernel.console import acting_user
from core.kernel.console import current_config
from core.kernel.console import done
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.discovery import discover
from core.kernel.kernel import Kernel
from core.kernel.quality import Quality
from core.kernel.quality import quality_of


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
@click.option("--no-backup", is_flag=True, help="Do not copy the database before.")
@json_option
@pass_kernel
def purge(
    kernel: Kernel, name: str, typed: str | None, drop: bool, no_backup: bool, as_json: bool
) -> None:
    """Show what belongs to an uninstalled addon, and with `--yes NAME` delete it for good."""
    if typed not in (None, name):
        raise InputError(f"{typed!r} is not {name!r}.", where="--yes")
    gone = removal.preview(kernel, name, drop=drop)
    saved: Backup | None = None
    if typed is not None:
        saved = None if no_backup else back_up(kernel.config, kernel.db, f"before-purge-{name}")
        gone = removal.purge(kernel, name, drop=drop)
    if as_json:
        backup = str(saved.file) if saved and saved.file else None
        tables = dict(gone.tables)
        print_json({**asdict(gone), "tables": tables, "purged": bool(typed), "backup": backup})
        return
    if saved is not None:
        click.echo(saved.said)
    print_table(("Table", "Rows"), gone.tables)
    click.echo(f"Connections: {', '.join(gone.connections) or 'none'}")
    click.echo(f"Settings: {gone.settings}, faults: {gone.faults}")
    if typed is None:
        click.echo(f"To keep its rows: entrepot addons export {name} {name}.zip")
        click.echo(f"Nothing was deleted; `entrepot addons purge {name} --yes {name}` does it.")
    else:
        click.echo(f"Purged: {name}")


@click.command()
@click.argument("name")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
@pass_kernel
def export(kernel: Kernel, name: str, file: Path, as_json: bool) -> None:
    """Write all that an addon stored into a new ZIP file, a CSV of each of its tables."""
    rows = export_addon(kernel, name, file)
    if as_json:
        print_json({"file": str(file), "tables": rows})
        return
    print_table(("Table", "Rows"), list(rows.items()))
    click.echo(f"Written: {file}")


@click.command()
@click.argument("name")
@json_option
@pass_kernel
def retry(kernel: Kernel, name: str, as_json: bool) -> None:
    """Enable an addon again that was quarantined."""
    lifecycle.retry(kernel, name, by=acting_user())
    done(as_json, "Enabled", [name])


@click.command("lock")
@pass_kernel
def lock_addons(kernel: Kernel) -> None:
    """Write down the hash of every file of every addon, for `verify` to compare."""
    click.echo(f"Locked: {lock.write_lock(kernel.found, kernel.config.instance)}")


@click.command("verify")
@json_option
@pass_kernel
def verify_addons(kernel: Kernel, as_json: bool) -> None:
    """Name the files of addons that changed since they were locked; ends with 1 if any did."""
    changed = lock.changes(kernel.found, kernel.config.instance)
    if as_json:
        print_json([asdict(each) for each in changed])
    else:
        for each in changed:
            click.echo(f"{each.addon} is {each.what}: {', '.join(each.files)}")
        if not changed:
            click.echo("No file has changed.")
    if changed:
        click.get_current_context().exit(1)


@click.command()
@click.argument("name")
@json_option
def check(name: str, as_json: bool) -> None:
    """Name what is wrong with an addon, and its level; ends with 1 if anything is wrong."""
    findings = checking.check_addon(current_config(), name)
    quality: Quality | None = None
    addon = discover(current_config().addon_paths).found.get(name)
    if addon is not None:
        try:
            quality = quality_of(addon)
        except InputError as error:
            findings.append(checking.Finding("quality", str(error)))
    if as_json:
        shown = asdict(quality) if quality else None
        print_json({"findings": [asdict(each) for each in findings], "quality": shown})
    else:
        _show_check(findings, quality)
    if findings:
        click.get_current_context().exit(1)


def _show_check(findings: list[checking.Finding], quality: Quality | None) -> None:
    for finding in findings:
        click.echo(f"{finding.rule}: {finding.what}")
    if not findings:
        click.echo("Nothing is wrong.")
    if quality is None:
        return
    click.echo(f"Quality: {quality.level}")
    for verdict in quality.verdicts:
        if verdict.state != "done":
            click.echo(f"  {verdict.level}, {verdict.rule}: {verdict.state}. {verdict.why}")


@click.command()
@pass_kernel
def reload(kernel: Kernel) -> None:
    """Let every process end what it does and start anew with the code on disk."""
    with kernel.db.write() as session:
        states.bump(session, states.CODE_GENERATION)
    click.echo("Every process starts anew.")


COMMANDS: tuple[click.Command, ...] = (
    uninstall,
    purge,
    export,
    retry,
    lock_addons,
    verify_addons,
    check,
    reload,
)
