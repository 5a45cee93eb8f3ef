"""Verbs of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.catalog.models import Sku
from core.db import any_of
from core.db import table_of
from core.ids import next_ids
from core.rows import upsert_missing


def create_skus(session: Session, company_id: int, titles: Mapping[str, str]) -> None:
    """Make SKUs, given by their codes with titles, that do not exist yet."""
    codes = sorted(titles)
    now = clock.now()
    rows = [
        {"company_id": company_id, "id": new_id, "code": code, "title": titles[code] or code}
        | {"created_at": now, "row_version": 1}
        for new_id, code in zip(next_ids(session, len(codes)), codes, strict=True)
    ]
    upsert_missing(session, table_of(Sku), rows)


def skus_by_code(session: Session, company_id: int, codes: Iterable[str]) -> dict[str, int]:
    """Return the ids of the SKUs that a company has under some codes of its own."""
    query = sa.select(Sku.code, Sku.id).where(
        Sku.company_id == company_id, any_of(session, Sku.code, list(codes))
    )
    return dict(session.execute(query).all())


def make_skus(session: Session, company_id: int, titles: Mapping[str, str]) -> dict[str, int]:
    """Return the ids of some SKUs of a company; those that are new are made."""
    found = skus_by_code(session, company_id, titles)
    missing = {code: title for code, title in titles.items() if code not in found}
    if missing:
        create_skus(session, company_id, missing)
        found = skus_by_code(session, company_id, titles)
    return found


def name_skus(session: Session, company_id: int, titles: Mapping[str, str]) -> None:
    """Give a title to SKUs that were made without one: so far their code stands in its place."""
    rows = [{"k": code, "t": title} for code, title in sorted(titles.items()) if title]
    if rows:
        session.connection().execute(
            sa.update(Sku)
            .where(
                Sku.company_id == company_id, Sku.code == sa.bindparam("k"), Sku.title == Sku.code
            )
            .values(title=sa.bindparam("t"), row_version=Sku.row_version + 1),
            rows,
        )
