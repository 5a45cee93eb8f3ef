"""Whose a SKU is: its brand, and the person or team who answers for it; profit is told by both."""

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

LONGEST = 100


@dataclass(frozen=True, slots=True)
class Described:
    """Brand and owner of a SKU; None leaves it as it is, an empty text takes it away."""

    brand: str | None = None
    owner: str | None = None

    def given(self) -> dict[str, str | None]:
        """Return what is said, as it is stored."""
        told = {"brand": self.brand, "owner": self.owner}
        return {name: text.strip() or None for name, text in told.items() if text is not None}


def describe_skus(
    session: Session, company_id: int, described: Mapping[str, Described]
) -> set[str]:
    """Say the brand and the owner of SKUs, and return the codes of those that changed.

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
    return set(changed)


def _require_short(code: str, told: Described) -> None:
    for name, value in told.given().items():
        if value is not None and len(value) > LONGEST:
            raise InputError(
                f"the {name} has {len(value)} letters, at most {LONGEST} are kept.", where=code
            )
