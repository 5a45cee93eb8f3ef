"""Making and changing SKUs: what is said of each is checked first, then kept all at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.catalog.describing import Described
from core.catalog.describing import describe_skus
from core.catalog.measuring import Measures
from core.catalog.measuring import measure_skus
from core.catalog.models import Sku
from core.catalog.services import create_skus
from core.catalog.services import skus_by_code
from core.db import any_of
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.identity.deeds import deed
from core.identity.deeds import say

LONGEST_CODE, LONGEST_TITLE = 100, 300


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """What is said of a SKU; what is None stays as it is."""

    title: str | None = None
    measures: Measures = Measures()
    described: Described = Described()


@dataclass(frozen=True, slots=True)
class Kept:
    """How many SKUs were made, and how many that were there changed."""

    made: int
    changed: int


def add_sku(session: Session, company_id: int, code: str, draft: ProductDraft) -> int:
    """Make a SKU and return its id.

    Raises: Conflict when there is one of that code, InputError for a code, a title or a measure
    that cannot be.
    """
    if skus_by_code(session, company_id, [code]):
        raise Conflict(f"There is a SKU {code!r} already.", hint="Change it on its own page.")
    keep_skus(session, company_id, {code: draft})
    return skus_by_code(session, company_id, [code])[code]


def keep_skus(
    session: Session,
    company_id: int,
    drafts: Mapping[str, ProductDraft],
    *,
    only_known: bool = False,
) -> Kept:
    """Make the SKUs that are new, and change what is said otherwise of the others.

    Raises: InputError for a code, a title or a measure that cannot be, with `only_known` NotFound
    for a SKU that is not there; then nothing is kept.
    """
    for code, draft in drafts.items():
        _require_fit(code, draft)
    new = sorted(drafts.keys() - skus_by_code(session, company_id, drafts).keys())
    if new and only_known:
        raise NotFound(f"There is no SKU {new[0]!r}.", hint="Codes are told apart by case.")
    with deed(session, company_id, "skus.kept", "SKUs") as told:
        if new:
            create_skus(session, company_id, {code: drafts[code].title or code for code in new})
        changed = retitle(session, company_id, _titles(drafts, new))
        changed |= measure_skus(session, company_id, {c: d.measures for c, d in drafts.items()})
        changed |= describe_skus(session, company_id, {c: d.described for c, d in drafts.items()})
        if told is not None:
            told.after = {"made": new, "changed": sorted(changed.difference(new))}
    return Kept(len(new), len(changed.difference(new)))


def retitle(session: Session, company_id: int, titles: Mapping[str, str]) -> set[str]:
    """Give SKUs other titles, and return the codes of those for which that was news."""
    query = sa.select(Sku).where(
        Sku.company_id == company_id, any_of(session, Sku.code, sorted(titles))
    )
    changed = set()
    for sku in session.scalars(query):
        if sku.title != titles[sku.code]:
            sku.title = titles[sku.code]
            sku.row_version += 1
            changed.add(sku.code)
    session.flush()
    return changed


def lock_sku(session: Session, company_id: int, sku_id: int) -> str:
    """Let nobody else change a SKU until the transaction ends, and return its code.

    Raises: NotFound.
    """
    query = sa.select(Sku.code).where(Sku.company_id == company_id, Sku.id == sku_id)
    code = session.scalar(query.with_for_update())
    if code is None:
        raise NotFound("There is no such SKU.")
    return code


def archive_sku(session: Session, company_id: int, code: str, *, away: bool) -> None:
    """Take a SKU out of lists and suggestions, or bring it back; stock and history stay.

    Raises: NotFound for a code that is not there.
    """
    query = sa.select(Sku).where(Sku.company_id == company_id, Sku.code == code)
    sku = session.scalars(query).one_or_none()
    if sku is None:
        raise NotFound(f"There is no SKU {code!r}.", hint="Codes are told apart by case.")
    if (sku.archived_at is not None) == away:
        return
    sku.archived_at = clock.now() if away else None
    sku.row_version += 1
    session.flush()
    say(session, company_id, "sku.archived" if away else "sku.restored", f"SKU {code}")


def _titles(drafts: Mapping[str, ProductDraft], new: list[str]) -> dict[str, str]:
    return {
        code: draft.title
        for code, draft in drafts.items()
        if draft.title is not None and code not in new
    }


def _require_fit(code: str, draft: ProductDraft) -> None:
    if not code or code != code.strip() or not code.isprintable():
        raise InputError(
            f"{code!r} cannot be the code of a SKU.",
            where="sku",
            hint="Letters, digits and signs, without a blank at either end.",
        )
    if len(code) > LONGEST_CODE:
        raise InputError(
            f"the code has {len(code)} letters, at most {LONGEST_CODE} are kept.", where=code[:30]
        )
    if draft.title is not None and not 0 < len(draft.title.strip()) <= LONGEST_TITLE:
        raise InputError(f"give it a title of 1 to {LONGEST_TITLE} letters.", where=code)
