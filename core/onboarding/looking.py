"""What a step of the set-up shows of the company as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.catalog.models import Listing
from core.catalog.models import Sku
from core.channels.models import Shop
from core.fees.finality import count_states
from core.orders.exceptions import count_queues
from core.orders.models import Order
from core.paging import Count
from core.paging import count_rows
from core.publishing.availability import Availability
from core.publishing.mapping import unmapped
from core.publishing.reckoning import Reckoning
from core.publishing.reckoning import reckon
from core.publishing.rules import Rules
from core.publishing.rules import Scope
from core.settlements.models import Statement

DAYS = 30
SHOWN = 8


@dataclass(frozen=True, slots=True)
class Published:
    """What a listing would be told by the rules of now."""

    seller_sku: str
    platform: str
    account: str
    sku: str
    reckoning: Reckoning


@dataclass(frozen=True, slots=True)
class Trial:
    """What the last days brought: orders by queue, how final profit is, the latest settlement."""

    orders: Count
    queues: Any
    states: Any
    unmapped: Count
    settlement: Any


def shops_of(session: Session, company_id: int) -> Sequence[Any]:
    """Return the marketplaces that are known."""
    query = sa.select(Shop.name, Shop.platform, Shop.account, Shop.currency, Shop.timezone)
    return session.execute(query.where(Shop.company_id == company_id).order_by(Shop.name)).all()


def paired(session: Session, company_id: int) -> tuple[Count, Count, Count]:
    """Return how many products, listings, and listings without a product there are."""
    skus = sa.select(Sku.id).where(Sku.company_id == company_id, Sku.archived_at.is_(None))
    listings = sa.select(Listing.id).where(Listing.company_id == company_id)
    first, second, third = (
        count_rows(session, each) for each in (skus, listings, unmapped(company_id))
    )
    return first, second, third


def would_publish(session: Session, company_id: int) -> list[Published]:
    """Return what the first listings would be told, and why."""
    query = (
        sa.select(
            sa.func.coalesce(Listing.seller_sku, Listing.external_ref).label("seller_sku"),
            *(Listing.platform, Listing.account, Listing.sku_id),
            Sku.code.label("sku"),
        )
        .join(Sku, (Sku.company_id == Listing.company_id) & (Sku.id == Listing.sku_id))
        .where(Listing.company_id == company_id)
        .order_by(Listing.seller_sku, Listing.id)
        .limit(SHOWN)
    )
    rows = session.execute(query).all()
    rules = Rules(session, company_id)
    stock = Availability(session, company_id, sorted({row.sku_id for row in rows}))
    found = []
    for row in rows:
        terms = rules.terms(Scope(row.platform, row.account, row.sku_id))
        figures = stock.figures(terms.pool_id, row.sku_id, terms.fast_minutes)
        made = Published(row.seller_sku, row.platform, row.account, row.sku, reckon(figures, terms))
        found.append(made)
    return found


def trial_of(session: Session, company_id: int) -> Trial:
    """Return what the last days brought."""
    since = clock.now() - timedelta(days=DAYS)
    orders = sa.select(Order.id).where(Order.company_id == company_id, Order.ordered_at >= since)
    latest = (
        sa.select(
            *(Statement.id, Statement.external_ref, Statement.state, Statement.currency),
            *(Statement.total_amount, Statement.sum_amount),
        )
        .where(Statement.company_id == company_id)
        .order_by(Statement.ended_at.desc(), Statement.id.desc())
        .limit(1)
    )
    return Trial(
        count_rows(session, orders),
        count_queues(session, company_id),
        count_states(session, company_id),
        count_rows(session, unmapped(company_id)),
        session.execute(latest).first(),
    )
