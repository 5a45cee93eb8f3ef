"""Targets: one for each seller SKU of an account, brought to what stock and rules say."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.catalog.models import Listing
from core.db import any_of
from core.db import table_of
from core.db import utc_text
from core.ids import next_ids
from core.publishing.availability import Availability
from core.publishing.availability import with_bundles
from core.publishing.models import Push
from core.publishing.models import Target
from core.publishing.reckoning import Figures
from core.publishing.reckoning import Reckoning
from core.publishing.reckoning import reckon
from core.publishing.rules import Rules
from core.publishing.rules import Scope
from core.rows import bulk_insert
from core.rows import upsert_missing
from core.stock.changes import follow_changes


@dataclass(frozen=True, slots=True)
class Told:
    """A target whose quantity changed: what it is to be told, under which version."""

    target_id: int
    platform: str
    account: str
    seller_sku: str
    location: str
    quantity: int
    version: int
    expected: int | None


def make_targets(session: Session, company_id: int, accounts: Collection[tuple[str, str]]) -> int:
    """Make the targets of some accounts' mapped listings that have none; return how many.

    Listings of one seller SKU share one: where a platform shares stock among marketplaces, two
    numbers for the same goods would sell them twice.
    """
    follow_changes(session, company_id)
    seller_sku = sa.func.coalesce(Listing.seller_sku, Listing.external_ref)
    known = sa.select(Target.id).where(
        Target.company_id == Listing.company_id,
        Target.platform == Listing.platform,
        Target.account == Listing.account,
        Target.seller_sku == seller_sku,
        Target.location == "",
    )
    query = (
        sa.select(Listing.platform, Listing.account, seller_sku, sa.func.min(Listing.sku_id))
        .where(Listing.company_id == company_id, Listing.sku_id.is_not(None), ~sa.exists(known))
        .group_by(Listing.platform, Listing.account, seller_sku)
    )
    found = session.execute(query).all()
    now = clock.now()
    rows = [
        {"company_id": company_id, "id": new_id, "platform": platform, "account": account}
        | {"seller_sku": code, "location": "", "sku_id": sku_id, "desired": 0, "version": 0}
        | {"desired_at": now, "sent_version": 0, "error": ""}
        for new_id, (platform, account, code, sku_id) in zip(
            next_ids(session, len(found)), found, strict=True
        )
    ]
    if rows:
        upsert_missing(session, table_of(Target), rows)
    return len(rows)


def refresh(
    session: Session,
    company_id: int,
    changed: Mapping[int, datetime] | None = None,
    *,
    account: tuple[str, str] | None = None,
) -> list[Told]:
    """Bring what is desired of some SKUs' targets, an account's, or all, to what is for sale.

    `changed` holds the SKUs with the moment of their change, from which the delay is measured.
    """
    skus = None if changed is None else with_bundles(session, company_id, changed)
    targets = _targets(session, company_id, skus, account)
    if not targets:
        return []
    availability = Availability(
        session, company_id, None if skus is None else {target.sku_id for target in targets}
    )
    rules, now = Rules(session, company_id), clock.now()
    told: list[Told] = []
    pushes: list[tuple[object, ...]] = []
    for target in targets:
        figures, reckoning = _reckon(availability, rules, target)
        if reckoning.quantity == target.desired and target.version:
            continue
        target.desired, target.desired_at = reckoning.quantity, now
        target.version += 1
        since = min((changed or {}).get(target.sku_id, now), now)
        pushes.append(
            (company_id, target.id, target.version, reckoning.quantity, *figures[:3])
            + (utc_text(since), utc_text(now))
        )
        told.append(told_of(target))
    session.flush()
    _record(session, pushes)
    return told


def explain(session: Session, company_id: int, targets: Sequence[Target]) -> dict[int, Reckoning]:
    """Return how the quantity of some targets comes about now, by target."""
    availability = Availability(session, company_id, {target.sku_id for target in targets})
    rules = Rules(session, company_id)
    return {target.id: _reckon(availability, rules, target)[1] for target in targets}


def again(session: Session, company_id: int, targets: Sequence[Target]) -> list[Told]:
    """Tell some targets their quantity once more, under a new version: the platform forgot it."""
    for target in targets:
        target.version += 1
    session.flush()
    record_pushes(session, company_id, targets)
    return [told_of(target) for target in targets]


def record_pushes(session: Session, company_id: int, targets: Sequence[Target]) -> None:
    """Note that targets are told again what they were told, under their new versions."""
    now = utc_text(clock.now())
    rows = [
        (company_id, target.id, target.version, target.desired, 0, 0, 0, now, now)
        for target in targets
    ]
    _record(session, rows)


def _reckon(availability: Availability, rules: Rules, target: Target) -> tuple[Figures, Reckoning]:
    terms = rules.terms(Scope(target.platform, target.account, target.sku_id))
    figures = availability.figures(terms.pool_id, target.sku_id, terms.fast_minutes)
    return figures, reckon(figures, terms)


def _targets(
    session: Session,
    company_id: int,
    skus: Collection[int] | None,
    account: tuple[str, str] | None,
) -> Sequence[Target]:
    query = sa.select(Target).where(Target.company_id == company_id)
    if account is not None:
        query = query.where(Target.platform == account[0], Target.account == account[1])
    if skus is not None:
        query = query.where(any_of(session, Target.sku_id, sorted(skus)))
    return session.scalars(query.order_by(Target.id).with_for_update()).all()


def told_of(target: Target) -> Told:
    """Return what a target is to be told now."""
    return Told(
        target.id,
        target.platform,
        target.account,
        target.seller_sku,
        target.location,
        target.desired,
        target.version,
        target.confirmed if target.confirmed is not None else target.sent,
    )


def _record(session: Session, pushes: Sequence[tuple[object, ...]]) -> None:
    rows = [
        (row[0], new_id, *row[1:])
        for new_id, row in zip(next_ids(session, len(pushes)), pushes, strict=True)
    ]
    columns = (
        "company_id id target_id version quantity on_hand reserved waiting changed_at decided_at"
    )
    bulk_insert(session, table_of(Push), columns.split(), rows)
