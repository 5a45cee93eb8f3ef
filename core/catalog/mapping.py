"""Which SKU items of platforms stand for: changed for many at once, each change kept in a log."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.catalog.models import Listing
from core.catalog.models import Mapping as MappingLog
from core.db import any_of
from core.db import rows_of
from core.db import table_of
from core.db import utc_text
from core.errors import NotFound
from core.ids import next_ids
from core.rows import bulk_insert
from core.rows import bulk_update

LOG_COLUMNS = "company_id id listing_id before_id after_id actor way mapped_at".split()


@dataclass(frozen=True, slots=True)
class Remapped:
    """A listing that stands for another SKU now; `before` is None where it stood for none."""

    listing_id: int
    platform: str
    account: str
    code: str
    seller_sku: str
    before: int | None
    after: int


def remap(
    session: Session, company_id: int, choices: Mapping[int, int], actor: str, way: str
) -> list[Remapped]:
    """Let listings stand for the SKUs chosen, and return those of which that was news.

    Raises: NotFound for a listing that is not there; then nothing is changed.
    """
    changed = [
        Remapped(row.id, row.platform, row.account, row.external_ref,
                 row.seller_sku or row.external_ref, row.sku_id, choices[row.id])
        for row in _locked(session, company_id, choices)
        if row.sku_id != choices[row.id]
    ]  # fmt: skip
    bulk_update(
        session,
        table_of(Listing),
        ["company_id", "id", "sku_id"],
        [(company_id, each.listing_id, each.after) for each in changed],
        assign="sku_id = {sku_id}, row_version = row_version + 1",
    )
    now = utc_text(clock.now())
    rows = [
        (company_id, new_id, each.listing_id, each.before, each.after, actor, way, now)
        for new_id, each in zip(next_ids(session, len(changed)), changed, strict=True)
    ]
    bulk_insert(session, table_of(MappingLog), LOG_COLUMNS, rows)
    return changed


def _locked(session: Session, company_id: int, choices: Mapping[int, int]) -> Sequence[Any]:
    query = (
        sa.select(
            Listing.id,
            Listing.platform,
            Listing.account,
            Listing.external_ref,
            Listing.seller_sku,
            Listing.sku_id,
        )
        .where(Listing.company_id == company_id, any_of(session, Listing.id, sorted(choices)))
        .order_by(Listing.id)
        .with_for_update()
    )
    found = rows_of(session, query)
    if len(found) < len(choices):
        raise NotFound("One of the listings is not there.", hint="Open the page anew.")
    return found
