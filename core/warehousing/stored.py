"""What platforms say lies in their own warehouses, beside what our books hold there.

The numbers are compared and never taken over by themselves: a sale that has not come in yet makes
them differ for a while. One that stays is booked by a count with the platform's number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.catalog.models import Listing
from core.catalog.models import Sku
from core.channels.external import StoredGoods
from core.db import any_of
from core.db import rows_of
from core.errors import Conflict
from core.errors import NotFound
from core.ids import next_ids
from core.stock.models import Level
from core.stock.models import Warehouse
from core.warehousing.counting import CountResult
from core.warehousing.counting import enter_counts
from core.warehousing.counting import freeze_count
from core.warehousing.counting import open_count
from core.warehousing.counting import post_count
from core.warehousing.models import Stored

SELLABLE, DAMAGED = "sellable", "damaged"
PATIENCE = timedelta(days=1)
"""So long sales may be on their way to us before a difference wants a person."""


@dataclass(frozen=True, slots=True)
class StoredAt:
    """Whose goods lie with a platform, and the warehouse that stands for it in our books."""

    company_id: int
    platform: str
    account: str
    warehouse_id: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A SKU of which a platform holds another number than our books; `sku` may be unknown."""

    warehouse: str
    sku: str
    condition: str
    seen: int
    on_hand: int
    since: datetime | None

    @property
    def difference(self) -> int:
        """Return how many more the platform holds."""
        return self.seen - self.on_hand


def keep_stored(session: Session, where: StoredAt, told: Sequence[StoredGoods]) -> None:
    """Keep what lies of each listing as it is told now."""
    numbers = {each.external_ref: each for each in told}
    query = sa.select(Stored).where(
        *_of(where), any_of(session, Stored.external_ref, sorted(numbers))
    )
    now = clock.now()
    for row in session.scalars(query.with_for_update()):
        each = numbers.pop(row.external_ref)
        row.sellable, row.damaged, row.inbound = each.sellable, each.damaged, each.inbound
        row.warehouse_id, row.seen_at = where.warehouse_id, now
        row.row_version += 1
    ids = next_ids(session, len(numbers)) if numbers else []
    for new, (ref, each) in zip(ids, sorted(numbers.items()), strict=True):
        session.add(
            Stored(
                company_id=where.company_id,
                id=new,
                platform=where.platform,
                account=where.account,
                external_ref=ref,
                warehouse_id=where.warehouse_id,
                sellable=each.sellable,
                damaged=each.damaged,
                inbound=each.inbound,
                seen_at=now,
                differs_since=None,
                row_version=1,
            )
        )
    session.flush()


def forget_untold(session: Session, where: StoredAt, before: datetime) -> None:
    """Note that nothing is there of what a whole list told no more."""
    session.execute(
        sa.update(Stored)
        .where(*_of(where), Stored.seen_at < before)
        .values(sellable=0, damaged=0, inbound=0, row_version=Stored.row_version + 1)
    )


def note_differences(session: Session, company_id: int) -> int:
    """Note since when numbers differ, and return how many SKUs do."""
    found = differences(session, company_id)
    differing = {(each.warehouse, each.sku) for each in found}
    told = sa.select(Stored, Warehouse.code, _code().label("sku")).join(*_warehouse())
    query = _with_sku(told).where(Stored.company_id == company_id)
    now = clock.now()
    for row, warehouse, sku in session.execute(query):
        differs = (warehouse, sku) in differing
        if differs != (row.differs_since is not None):
            row.differs_since = now if differs else None
    session.flush()
    return len(differing)


def differences(session: Session, company_id: int) -> list[Difference]:
    """Return what differs, the largest first: also of SKUs that the platform told nothing of.

    A listing that no SKU is mapped to stands with the platform's own code.
    """
    seen = _seen(session, company_id)
    ours = _ours(session, company_id, {key[0] for key in seen})
    found = [
        Difference(*key, seen.get(key, (0, None))[0], ours.get(key, 0), seen.get(key, (0, None))[1])
        for key in seen.keys() | ours.keys()
    ]
    return sorted(
        (each for each in found if each.difference),
        key=lambda each: (-abs(each.difference), each.warehouse, each.sku, each.condition),
    )


def lasting_query(company_id: int) -> sa.Select[*tuple[Any, ...]]:
    """Return the query for listings that have differed too long for sales on their way to us."""
    return sa.select(Stored.id).where(
        Stored.company_id == company_id, Stored.differs_since <= clock.now() - PATIENCE
    )


def take_number(
    session: Session, company_id: int, warehouse: str, sku: str, *, actor: str = ""
) -> CountResult:
    """Book a SKU's difference by a count with the platform's number, in each condition.

    Raises: NotFound where nothing differs, Conflict while it cannot be counted.
    """
    found = [
        each
        for each in differences(session, company_id)
        if (each.warehouse, each.sku) == (warehouse, sku)
    ]
    if not found:
        raise NotFound(f"Nothing of {sku} differs in {warehouse}.")
    if any(each.seen < 0 for each in found):
        raise Conflict(f"The platform tells of less than nothing of {sku}.")
    fitting = differing = value = 0
    for each in found:
        sheet = open_count(
            session, company_id, warehouse, [sku],
            condition=each.condition, text="the platform's own number", actor=actor,
        )  # fmt: skip
        freeze_count(session, company_id, sheet.reference, actor=actor)
        enter_counts(session, company_id, sheet.reference, {sku: each.seen}, actor=actor)
        posted = post_count(session, company_id, sheet.reference, actor=actor)
        fitting, differing = fitting + posted.fitting, differing + posted.differing
        value += posted.value
    note_differences(session, company_id)
    return CountResult(fitting, differing, 0, value)


Key = tuple[str, str, str]
"""Warehouse, SKU and condition."""


def _seen(session: Session, company_id: int) -> dict[Key, tuple[int, datetime | None]]:
    told = sa.select(
        Warehouse.code, _code(), Stored.sellable, Stored.damaged, Stored.differs_since
    ).join(*_warehouse())
    query = _with_sku(told).where(Stored.company_id == company_id)
    found: dict[Key, tuple[int, datetime | None]] = {}
    for warehouse, sku, sellable, damaged, since in rows_of(session, query):
        for condition, number in ((SELLABLE, sellable), (DAMAGED, damaged)):
            before = found.get((warehouse, sku, condition), (0, None))
            found[warehouse, sku, condition] = (before[0] + number, since or before[1])
    return found


def _ours(session: Session, company_id: int, warehouses: set[str]) -> dict[Key, int]:
    """Return what our books hold in the warehouses that a platform tells of."""
    query = (
        sa.select(
            Warehouse.code,
            Sku.code,
            Level.condition,
            sa.cast(sa.func.sum(Level.on_hand), sa.BigInteger),
        )
        .join(
            Warehouse,
            (Warehouse.company_id == Level.company_id) & (Warehouse.id == Level.warehouse_id),
        )
        .join(Sku, (Sku.company_id == Level.company_id) & (Sku.id == Level.sku_id))
        .where(
            Level.company_id == company_id,
            any_of(session, Warehouse.code, sorted(warehouses)),
            Level.on_hand != 0,
            Level.condition.in_((SELLABLE, DAMAGED)),
        )
        .group_by(Warehouse.code, Sku.code, Level.condition)
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows_of(session, query)}


def _code() -> sa.ColumnElement[str]:
    return sa.func.coalesce(Sku.code, Stored.external_ref)


def _warehouse() -> tuple[type[Warehouse], sa.ColumnElement[bool]]:
    same = (Warehouse.company_id == Stored.company_id) & (Warehouse.id == Stored.warehouse_id)
    return Warehouse, same


def _with_sku(query: sa.Select[*tuple[Any, ...]]) -> sa.Select[*tuple[Any, ...]]:
    """Add the SKU of each listing: the one mapped to it, else the one of the same code."""
    listing = (
        (Listing.company_id == Stored.company_id)
        & (Listing.platform == Stored.platform)
        & (Listing.account == Stored.account)
        & (Listing.external_ref == Stored.external_ref)
    )
    mapped = Sku.id == Listing.sku_id
    alike = Listing.sku_id.is_(None) & (Sku.code == Stored.external_ref)
    return query.outerjoin(Listing, listing).outerjoin(
        Sku, (Sku.company_id == Stored.company_id) & (mapped | alike)
    )


def _of(where: StoredAt) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Stored.company_id == where.company_id,
        Stored.platform == where.platform,
        Stored.account == where.account,
    )
