"""Commands of stock counts: `entrepot stock count …`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from core.kernel.console import acting_user
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_sheet
from core.kernel.console import say
from core.kernel.kernel import Kernel
from core.warehousing import counting
from core.warehousing.console import condition_option
from core.warehousing.console import counted_in
from core.warehousing.console import note_option
from core.warehousing.console import quantities_of
from core.warehousing.showing import count_sheet


@click.command("open")
@click.argument("warehouse")
@click.argument("skus", nargs=-1)
@condition_option
@click.option("--reference", default="", help="A name for it; default: one is made.")
@note_option
@company_option
@json_option
@pass_kernel
def open_sheet(
    kernel: Kernel,
    warehouse: str,
    skus: Sequence[str],
    condition: str,
    reference: str,
    note: str,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Make a sheet of some SKUs, or of all that were ever in the warehouse."""
    with kernel.db.write() as session:
        made = counting.open_count(
            session,
            chosen_company(session, company_code).id,
            warehouse,
            skus,
            condition=condition,
            reference=reference,
            text=note,
            actor=acting_user(),
        )
        say(count_sheet(session, made), f"Stock count {made.reference} is open.", as_json)


@click.command()
@click.argument("reference")
@company_option
@json_option
@pass_kernel
def show(kernel: Kernel, reference: str, company_code: str | None, as_json: bool) -> None:
    """Show a count: what was expected, what was counted, what differs."""
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        found = counting.find_count(session, company_id, reference)
        print_sheet(count_sheet(session, found), as_json)


@click.command()
@click.argument("reference")
@company_option
@json_option
@pass_kernel
def freeze(kernel: Kernel, reference: str, company_code: str | None, as_json: bool) -> None:
    """Keep what the record holds now; what is counted is compared with that."""
    with kernel.db.write() as session:
        company_id = chosen_company(session, company_code).id
        done = counting.freeze_count(session, company_id, reference, actor=acting_user())
        say(count_sheet(session, done), f"Stock count {reference} is frozen.", as_json)


@click.command()
@click.argument("reference")
@click.argument("lines", nargs=-1, metavar="[SKU=COUNTED...]")
@click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV file with the columns sku and counted.",
)
@company_option
@json_option
@pass_kernel
def enter(
    kernel: Kernel,
    reference: str,
    lines: Sequence[str],
    path: Path | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Note what was counted, from the command line or from a file."""
    counted = quantities_of(lines) | (counted_in(path) if path else {})
    with kernel.db.write() as session:
        company_id = chosen_company(session, company_code).id
        done = counting.enter_counts(session, company_id, reference, counted, actor=acting_user())
        say(count_sheet(session, done), f"{len(counted)} SKUs are noted.", as_json)


@click.command()
@click.argument("reference")
@company_option
@json_option
@pass_kernel
def post(kernel: Kernel, reference: str, company_code: str | None, as_json: bool) -> None:
    """Book the differences; SKUs without a number stay as they are."""
    with kernel.db.write() as session:
        company_id = chosen_company(session, company_code).id
        done = counting.post_count(session, company_id, reference, actor=acting_user())
    said = (
        f"Stock count {reference} is posted: {done.fitting} fit, {done.differing} differ,"
        f" {done.not_counted} were not counted."
    )
    say(asdict(done), said, as_json)


@click.command()
@click.argument("reference")
@note_option
@company_option
@json_option
@pass_kernel
def cancel(
    kernel: Kernel, reference: str, note: str, company_code: str | None, as_json: bool
) -> None:
    """Drop a count that has not been posted."""
    with kernel.db.write() as session:
        company_id = chosen_company(session, company_code).id
        done = counting.cancel_count(session, company_id, reference, text=note, actor=acting_user())
        say(count_sheet(session, done), f"Stock count {reference} is cancelled.", as_json)


COMMANDS = (open_sheet, show, freeze, enter, post, cancel)
