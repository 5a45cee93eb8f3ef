"""Commands about the audit trail: read it, verify it, take it along."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from core.errors import InputError
from core.identity import reading
from core.identity.sealing import Head
from core.identity.sealing import seal
from core.identity.verifying import verify_trail
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel


def register(group: click.Group) -> None:
    """Add the commands."""
    trail = subgroup(group, "audit", "The audit trail: who did what, and proof that it is whole.")
    for command in (verify, list_entries, export):
        trail.add_command(command)


@click.command()
@click.option(
    "--head",
    "heads",
    multiple=True,
    metavar="COMPANY:POSITION:DIGEST",
    help="A head that was kept elsewhere, such as in the log.",
)
@json_option
@pass_kernel
def verify(kernel: Kernel, heads: tuple[str, ...], as_json: bool) -> None:
    """Check that no entry was changed, put in, moved or taken out; names the first bad one."""
    known = [_head(text) for text in heads]
    seal(kernel.db)
    with kernel.db.read() as session:
        verdict = verify_trail(session, kernel.config.instance, known)
    if as_json:
        print_json({"holds": verdict.holds, **asdict(verdict)})
    else:
        click.echo(f"{verdict.entries} sealed entries, {verdict.waiting} wait for their seal.")
        for head in verdict.heads:
            click.echo(f"Head: {head.company_id}:{head.position}:{head.digest}")
        for flaw in verdict.flaws:
            place = f"position {flaw.position}" if flaw.position else "not sealed"
            entry = f", entry {flaw.entry_id}" if flaw.entry_id else ""
            click.echo(f"Company {flaw.company_id}, {place}{entry}: {flaw.reason}.", err=True)
        if verdict.holds:
            click.echo("The audit trail holds.")
    sys.exit(0 if verdict.holds else 1)


@click.command("list")
@click.option("--user", help="Only what this user did.")
@click.option("--action", help="Only acts that begin with this, such as user. or order.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@json_option
@pass_kernel
def list_entries(
    kernel: Kernel, user: str | None, action: str | None, limit: int, as_json: bool
) -> None:
    """Show the latest entries of all companies."""
    narrow = reading.TrailFilter(actor=user or "", action=action or "")
    with kernel.db.read() as session:
        entries = reading.list_entries(session, None, narrow, None, limit).rows
        documents = [reading.as_document(entry) for entry in entries]
    if as_json:
        print_json(documents)
        return
    names = ("at", "company_id", "actor", "action", "subject", "before", "after")
    print_table(
        ("When", "Company", "Who", "What", "On", "Before", "After"),
        [[each[name] for name in names] for each in documents],
    )


@click.command()
@pass_kernel
def export(kernel: Kernel) -> None:
    """Write every entry with its seal, a JSON document a line, to standard output."""
    with kernel.db.read() as session:
        for document in reading.whole_trail(session):
            click.echo(json.dumps(document, ensure_ascii=False, default=str))


def _head(text: str) -> Head:
    parts = text.split(":")
    if len(parts) != 3 or not (parts[0].isdecimal() and parts[1].isdecimal()):
        raise InputError(
            f"{text!r} is not a head.", where="--head", hint="Write it as COMPANY:POSITION:DIGEST."
        )
    return Head(int(parts[0]), int(parts[1]), parts[2], "")
