"""What tax law wants to know of a SKU: its heading in the customs tariff and its class of rate."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.services import skus_by_code
from core.db import any_of
from core.errors import InputError
from core.ids import next_ids
from core.tax.models import TaxedGoods

_HS = re.compile(r"\d{6}(\d{2}){0,2}")
_CLASS = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class GoodsNote:
    """What is noted of a SKU; an empty value leaves what was noted before."""

    sku: str
    hs_code: str = ""
    tax_class: str = ""


def note_goods(session: Session, company_id: int, notes: Iterable[GoodsNote]) -> int:
    """Note headings and classes of SKUs, by sets; return how many SKUs there were.

    Raises: InputError for a SKU that is not known, a code or a class that cannot be.
    """
    given = {note.sku: note for note in notes}
    for note in given.values():
        _check(note)
    ids = skus_by_code(session, company_id, list(given))
    if unknown := sorted(given.keys() - ids.keys()):
        raise InputError(f"There is no SKU {unknown[0]!r}.", hint="Add it first.")
    query = sa.select(TaxedGoods).where(
        TaxedGoods.company_id == company_id,
        any_of(session, TaxedGoods.sku_id, sorted(ids.values())),
    )
    known = {row.sku_id: row for row in session.scalars(query)}
    fresh = iter(next_ids(session, len(ids)))
    for code, note in given.items():
        row = known.get(ids[code])
        if row is None:
            row = TaxedGoods(
                company_id=company_id,
                id=next(fresh),
                sku_id=ids[code],
                hs_code="",
                tax_class="standard",
            )
            session.add(row)
        row.hs_code = note.hs_code or row.hs_code
        row.tax_class = note.tax_class or row.tax_class
    session.flush()
    return len(given)


def _check(note: GoodsNote) -> None:
    if note.hs_code and _HS.fullmatch(note.hs_code) is None:
        raise InputError(f"{note.hs_code!r} is no tariff code.", hint="Give 6, 8 or 10 digits.")
    if note.tax_class and _CLASS.fullmatch(note.tax_class) is None:
        raise InputError(f"{note.tax_class!r} is no class.", hint="Such as standard or reduced.")
