"""How the commands of stock read quantities."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import click

from core.errors import InputError
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
