"""How the commands of stock read quantities and print what they did."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from core.errors import InputError
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.stock.storing import SELLABLE
from core.stock.warehouses import CONDITIONS

condition_option = click.option(
    "--condition", type=click.Choice(CONDITIONS), default=SELLABLE, show_default=True
)
note_option = click.option("--note", default="", help="Why, in a few words; kept with the act.")


def quantities_of(lines: Sequence[str]) -> dict[str, int]:
    """Read SKU=QUANTITY; the same SKU twice is an error and no sum.

    Raises: InputError naming what cannot be read.
    """
    found: dict[str, int] = {}
    for line in lines:
        code, sign, number = line.rpartition("=")
        if not sign or not code or not number.lstrip("-").isdecimal():
            raise InputError(f"{line!r} cannot be read.", hint="Write SKU=QUANTITY, as in MUG=12.")
        if code in found:
            raise InputError("it is named twice.", where=code)
        found[code] = int(number)
    return found


def counted_in(path: Path) -> dict[str, int]:
    """Read a CSV file with the columns sku and counted; empty cells were not counted.

    Raises: InputError naming the line that cannot be read.
    """
    found: dict[str, int] = {}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        if missing := {"sku", "counted"} - set(reader.fieldnames or ()):
            raise InputError(
                f"the column {sorted(missing)[0]} is missing.", where=f"{path.name}, line 1"
            )
        for row in reader:
            where = f"{path.name}, line {reader.line_num}"
            code, number = (row["sku"] or "").strip(), (row["counted"] or "").strip()
            if not number:
                continue
            if not code or not number.isdecimal() or code in found:
                raise InputError("give each SKU once, and a whole number or nothing.", where=where)
            found[code] = int(number)
    return found


def say(document: Mapping[str, object], said: str, as_json: bool) -> None:
    """Say what was done, or print it as JSON."""
    if as_json:
        print_json(document)
    else:
        click.echo(said)


def print_rows(rows: Sequence[Mapping[str, object]], as_json: bool) -> None:
    """Print rows as a table or as JSON."""
    if as_json:
        print_json({"rows": rows})
    elif rows:
        print_table(list(rows[0]), [list(row.values()) for row in rows])
    else:
        click.echo("There is nothing.")


def print_sheet(sheet: Mapping[str, Any], as_json: bool) -> None:
    """Print a piece of work with its lines."""
    if as_json:
        print_json(sheet)
        return
    click.echo(", ".join(f"{key} {value}" for key, value in sheet.items() if key != "lines"))
    print_rows(sheet["lines"], as_json=False)
