"""What a unit of a SKU weighs and measures: rules, fees and landed costs ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Sku
from core.db import any_of
from core.errors import InputError
from core.errors import NotFound
from core.identity.deeds import say

NAMES = ("weight_grams", "length_mm", "width_mm", "height_mm")
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
        every = {name: getattr(self, name) for name in NAMES}
        return {name: value for name, value in every.items() if value is not None}


def measure_skus(session: Session, company_id: int, measures: Mapping[str, Measures]) -> set[str]:
    """Say what SKUs weigh and measure, and return the codes of those that changed.

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
    return set(changed)


def _require_true(code: str, told: Measures) -> None:
    for name, value in told.given().items():
        if not 0 < value <= LARGEST:
            raise InputError(
                f"{name} cannot be {value}.",
                where=code,
                hint="Weights are grams, sides millimetres, of one unit as it is sent.",
            )
