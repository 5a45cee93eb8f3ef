"""What pages, commands and programs see of prices."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.identity.actor import may
from core.paging import PAGE_SIZE
from core.paging import Cursor
from core.paging import Page
from core.paging import fetch_page
from core.publishing.models import PriceTarget
from core.publishing.models import PriceTold
from core.publishing.prices import Looked
from core.publishing.prices import Preview

_COLUMNS = (
    PriceTarget.seller_sku,
    PriceTarget.id,
    PriceTarget.platform,
    PriceTarget.account,
    PriceTarget.currency,
    PriceTarget.desired,
    PriceTarget.sent,
    PriceTarget.confirmed,
    PriceTarget.seen,
    PriceTarget.version,
    PriceTarget.desired_at,
    PriceTarget.sent_at,
    PriceTarget.confirmed_at,
    PriceTarget.seen_at,
    PriceTarget.error,
    (PriceTarget.version > PriceTarget.answered_version).label("behind"),
)


def list_prices(
    session: Session,
    company_id: int,
    text: str,
    cursor: Cursor | None,
    limit: int = PAGE_SIZE,
    *,
    refused: bool = False,
) -> Page[Any]:
    """Return a page of prices by seller SKU; `behind` says that the platform has not answered."""
    row = PriceTarget
    query = sa.select(*_COLUMNS).where(row.company_id == company_id)
    if text:
        query = query.where(row.seller_sku.startswith(text, autoescape=True))
    if refused:
        query = query.where(row.error != "")
    return fetch_page(session, query, (row.seller_sku, row.id), cursor, limit=limit)


def price_row(session: Session, company_id: int, price_id: int) -> Any:
    """Return a price as the list shows it.

    Raises: NotFound.
    """
    query = sa.select(*_COLUMNS).where(
        PriceTarget.company_id == company_id, PriceTarget.id == price_id
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound("There is no such price.")
    return found


def price_history(session: Session, company_id: int, price_id: int) -> Sequence[Any]:
    """Return what a price was said to be and what became of it, the last first.

    Raises: NotFound.
    """
    price_row(session, company_id, price_id)
    told = PriceTold
    query = (
        sa.select(
            told.version, told.amount, told.currency, told.actor, told.note, told.decided_at,
            told.sent_at, told.outcome, told.reason,
        )
        .where(told.company_id == company_id, told.price_id == price_id)
        .order_by(told.version.desc())
        .limit(100)
    )  # fmt: skip
    return session.execute(query).all()


def price_named(session: Session, company_id: int, code: str) -> int:
    """Return the price of a seller SKU.

    Raises: NotFound, also where several accounts have one.
    """
    query = sa.select(PriceTarget.id).where(
        PriceTarget.company_id == company_id, PriceTarget.seller_sku == code
    )
    found = list(session.scalars(query.limit(2)))
    if len(found) != 1:
        raise NotFound(f"There is {'no' if not found else 'more than one'} price of {code!r}.")
    return found[0]


def preview_document(found: Preview, *, costs: bool | None = None) -> dict[str, Any]:
    """Return a preview as plain data; what goods cost is null for who may not see it."""
    shown = may("costs.view") if costs is None else costs
    return {
        "prices": len(found.rows),
        "shops": found.shops,
        "below_cost": found.below,
        "unknown": found.unknown,
        "unchanged": found.unchanged,
        "rows": [_row(each, costs=shown) for each in found.rows],
    }


def _row(each: Looked, *, costs: bool) -> Mapping[str, Any]:
    floor = each.floor
    return {
        "platform": each.wish.platform,
        "account": each.wish.account,
        "code": each.wish.seller_sku,
        "currency": each.wish.currency,
        "before": each.before,
        "amount": each.wish.amount,
        "brings": floor.brings if costs else None,
        "cost": floor.cost if costs else None,
        "fees": floor.fees if costs else None,
        "below_cost": floor.is_below,
        "known": floor.is_known,
    }
