"""Whose a SKU is: its brand, and the person or team who answers for it; profit is told by both."""

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

COLUMNS = ("sku", "brand", "owner")
LONGEST = 100
CLEAR = "-"
"""Said in a file, it takes a brand or an owner away; an empty cell leaves it as it is."""


@dataclass(frozen=True, slots=True)
class Described:
    """Brand and owner of a SKU; None leaves it as it is, an empty text takes it away."""

    brand: str | None = None
    owner: str | None = None

    def given(self) -> dict[str, str | None]:
        """Return what is said, as it is stored."""
        told = {"brand": self.brand, "owner": self.owner}
        return {name: text.strip() or None for name, text in told.items() if text is not None}


def describe_skus(session: Session, company_id: int, described: Mapping[str, Described]) -> int:
    """Say the brand and the owner of SKUs, and return how many changed.

    What was earned before counts for the new brand or owner too: they belong to the SKU.

    Raises: NotFound naming a SKU that is not there, InputError for a name that is too long.
    """
    query = sa.select(Sku).where(
        Sku.company_id == company_id, any_of(session, Sku.code, sorted(described))
    )
    found = {sku.code: sku for sku in session.scalars(query)}
    if missing := sorted(described.keys() - found.keys()):
        raise NotFound(f"There is no SKU {missing[0]!r}.", hint="Codes are told apart by case.")
    changed: dict[str, dict[str, str | None]] = {}
    for code, told in described.items():
        _require_short(code, told)
        new = {k: v for k, v in told.given().items() if getattr(found[code], k) != v}
        for name, value in new.items():
            setattr(found[code], name, value)
        if new:
            found[code].row_version += 1
            changed[code] = new
    session.flush()
    if changed:
        say(session, company_id, "skus.described", "SKUs", after={"skus": sorted(changed)})
    return len(changed)


def descriptions_in(path: Path) -> dict[str, Described]:
    """Read a CSV file of brands and owners.

    Raises: InputError naming the line that cannot be read.
    """
    found: dict[str, Described] = {}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        header = reader.fieldnames or ()
        if "sku" not in header or not {"brand", "owner"} & set(header):
            raise InputError(
                "the column sku is missing, or both brand and owner are.",
                where=f"{path.name}, line 1",
                hint=f"The first line names {', '.join(COLUMNS)}.",
            )
        for row in reader:
            code = (row["sku"] or "").strip()
            if not code or code in found:
                raise InputError(
                    "give each SKU once.", where=f"{path.name}, line {reader.line_num}"
                )
            found[code] = Described(*(_cell(row.get(name)) for name in COLUMNS[1:]))
    return found


def _cell(text: str | None) -> str | None:
    said = (text or "").strip()
    return "" if said == CLEAR else said or None


def _require_short(code: str, told: Described) -> None:
    for name, value in told.given().items():
        if value is not None and len(value) > LONGEST:
            raise InputError(
                f"the {name} has {len(value)} letters, at most {LONGEST} are kept.", where=code
            )
