"""Commands that check the whole record: is it sound, and is it the same?"""

from __future__ import annotations

from dataclasses import asdict

import click

from core.digest import digest as digest_of
from core.doctor import examine
from core.invariants import verify as verify_all
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel


def register(group: click.Group) -> None:
    """Add the commands."""
    group.add_command(verify)
    group.add_command(digest)
    subgroup(group, "addons", "What is installed, and what is enabled.").add_command(doctor)


@click.command()
@json_option
@pass_kernel
def verify(kernel: Kernel, as_json: bool) -> None:
    """Check every sentence that must always hold; ends with 1 if one does not."""
    with kernel.db.read() as session:
        verdicts = verify_all(session)
    if as_json:
        print_json(
            [{"sentence": v.sentence, "holds": v.holds, "faults": list(v.faults)} for v in verdicts]
        )
    else:
        for verdict in verdicts:
            click.echo(f"{'holds ' if verdict.holds else 'BROKEN'} {verdict.sentence}")
            for fault in verdict.faults:
                click.echo(f"       {fault}")
    if not all(verdict.holds for verdict in verdicts):
        click.get_current_context().exit(1)


@click.command()
@json_option
@pass_kernel
def doctor(kernel: Kernel, as_json: bool) -> None:
    """Name all that needs a person: addons, settings of the database, workers; then ends with 1."""
    complaints = examine(kernel)
    if as_json:
        print_json([asdict(complaint) for complaint in complaints])
    else:
        for complaint in complaints:
            click.echo(f"{complaint.where}: {complaint.what}")
        if not complaints:
            click.echo("All is well.")
    if complaints:
        click.get_current_context().exit(1)


@click.command()
@json_option
@pass_kernel
def digest(kernel: Kernel, as_json: bool) -> None:
    """Print the SHA-256 of all business rows; the same facts give the same digest."""
    with kernel.db.read() as session:
        found = digest_of(session)
    if as_json:
        print_json(
            {
                "digest": found.whole,
                "facts": found.facts,
                "derived": found.derived,
                "tables": found.tables,
            }
        )
        return
    click.echo(found.whole)
