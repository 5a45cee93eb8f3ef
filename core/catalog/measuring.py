"""What a unit of a SKU weighs and measures: rules, fees and landed costs ask for it."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Sku
from core.db import any_of
from core.errors import InputError
from core.errors import NotFound
from core.identity.deeds import say

COLUMNS = ("sku", "weight_grams", "length_mm", "width_mm", "height_mm")
LARGEST = 10**7
"""Ten tonnes, or ten kilometres: beyond it somebody mistook the unit."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Weight in grams and sides in millimetres of one unit; what is None stays as it is."""

    weight_grams: int | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None

    def given(self) -> dict[str, int]:
        """Return what is said."""
        every = {name: getattr(self, name) for name in COLUMNS[1:]}
        return {name: value for name, value in every.items() if value is not None}


def measure_skus(session: Session, company_id: int, measures: Mapping[str, Measures]) -> int:
    """Say what SKUs weigh and measure, and return how many changed.

    Raises: NotFound naming a SKU that is not there, InputError for a measure that cannot be true.
    """
    query = sa.select(Sku).where(
        Sku.company_id == company_id, any_of(session, Sku.code, sorted(measures))
    )
    found = {sku.code: sku for sku in session.scalars(query)}
    if missing := sorted(measures.keys() - found.keys()):
        raise NotFound(f"There is no SKU {missing[0]!r}.", hint="Codes are told apart by case.")
    changed = {}
    for code, told in measures.items():
        _require_true(code, told)
        new = {k: v for k, v in told.given().items() if getattr(found[code], k) != v}
        for name, value in new.items():
            setattr(found[code], name, value)
        if new:
            found[code].row_version += 1
            changed[code] = new
    session.flush()
    if changed:
        say(session, company_id, "skus.measured", "SKUs", after={"skus": sorted(changed)})
    return len(changed)


def measures_in(path: Path) -> dict[str, Measures]:
    """Read a CSV file of measures; an empty cell leaves a measure as it is.

    Raises: InputError naming the line that cannot be read.
    """
    found: dict[str, Measures] = {}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        if missing := set(COLUMNS) - set(reader.fieldnames or ()):
            raise InputError(
                f"the column {sorted(missing)[0]} is missing.",
                where=f"{path.name}, line 1",
                hint=f"The first line names {', '.join(COLUMNS)}.",
            )
        for row in reader:
            where = f"{path.name}, line {reader.line_num}"
            code, *cells = ((row[name] or "").strip() for name in COLUMNS)
            if not code or code in found or not all(c.isdecimal() for c in cells if c):
                raise InputError("give each SKU once, and whole numbers or nothing.", where=where)
            found[code] = Measures(*(int(cell) if cell else None for cell in cells))
    return found


def _require_true(code: str, told: Measures) -> None:
    for name, value in told.given().items():
        if not 0 < value <= LARGEST:
            raise InputError(
                f"{name} cannot be {value}.",
                where=code,
                hint="Weights are grams, sides millimetres, of one unit as it is sent.",
            )
