"""What pages and commands show of publishing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Sku
from core.db import any_of
from core.paging import PAGE_SIZE
from core.paging import Cursor
from core.paging import Page
from core.paging import fetch_page
from core.publishing.availability import Availability
from core.publishing.models import Pool
from core.publishing.models import Rule
from core.publishing.models import Target
from core.publishing.reckoning import TERMS
from core.publishing.reckoning import Reckoning
from core.publishing.reckoning import Terms
from core.publishing.reckoning import merged
from core.publishing.reckoning import reckon
from core.publishing.rules import Rules
from core.publishing.rules import Scope
from core.publishing.targets import explain


def target_rows(
    session: Session, company_id: int, skus: Sequence[str] = ()
) -> list[dict[str, object]]:
    """Return what each target was told, with how its quantity comes about now."""
    query = (
        sa.select(Target, Sku.code)
        .join(Sku, (Sku.company_id == Target.company_id) & (Sku.id == Target.sku_id))
        .where(Target.company_id == company_id)
        .order_by(Target.platform, Target.account, Target.seller_sku)
    )
    if skus:
        query = query.where(any_of(session, Sku.code, list(skus)))
    found = session.execute(query).all()
    why = explain(session, company_id, [target for target, _ in found])
    return [
        {
            "platform": target.platform,
            "account": target.account,
            "seller_sku": target.seller_sku,
            "location": target.location,
            "sku": code,
            "desired": target.desired,
            "sent": target.sent,
            "confirmed": target.confirmed,
            "seen": target.seen,
            "version": target.version,
            "why": why[target.id].text(),
            "error": target.error,
        }
        for target, code in found
    ]


def list_targets(
    session: Session, company_id: int, text: str, cursor: Cursor | None, limit: int = PAGE_SIZE
) -> Page[Any]:
    """Return a page of targets by seller SKU; `behind` says that a push is under way or failed."""
    query = (
        sa.select(
            Target.seller_sku,
            Target.id,
            Target.platform,
            Target.account,
            Target.desired,
            Target.sent,
            Target.confirmed,
            Target.seen,
            Target.sent_at,
            Target.seen_at,
            Target.error,
            (Target.version > Target.sent_version).label("behind"),
            Sku.code.label("sku"),
            Sku.id.label("sku_id"),
        )
        .join(Sku, (Sku.company_id == Target.company_id) & (Sku.id == Target.sku_id))
        .where(Target.company_id == company_id)
    )
    if text:
        begins = Target.seller_sku.startswith(text, autoescape=True)
        query = query.where(begins | Sku.code.startswith(text, autoescape=True))
    return fetch_page(session, query, (Target.seller_sku, Target.id), cursor, limit=limit)


def preview(session: Session, company_id: int, scope: Scope, tried: Terms) -> Reckoning:
    """Return what would be published of a SKU in a shop if some terms held besides the rules."""
    terms = merged([Rules(session, company_id).terms(scope), tried])
    availability = Availability(session, company_id, [scope.sku_id])
    return reckon(availability.figures(terms.pool_id, scope.sku_id, terms.fast_minutes), terms)


def rule_row(session: Session, rule: Rule) -> dict[str, object]:
    """Return a rule with names in place of ids."""
    sku = session.scalar(
        sa.select(Sku.code).where(Sku.company_id == rule.company_id, Sku.id == rule.sku_id)
    )
    pool = session.scalar(
        sa.select(Pool.code).where(Pool.company_id == rule.company_id, Pool.id == rule.pool_id)
    )
    return {
        "platform": rule.platform,
        "account": rule.account,
        "sku": sku or "",
        "version": rule.version,
        "pool": pool,
        **{name: getattr(rule, name) for name in TERMS if name != "pool_id"},
        "note": rule.note,
        "actor": rule.actor,
        "made_at": rule.made_at,
        "replaced_at": rule.replaced_at,
    }
