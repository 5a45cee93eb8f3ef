"""The goods of an order as its page shows them: parcels, returns, and what they moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Sku
from core.db import any_of
from core.stock.models import Document
from core.stock.models import Level
from core.stock.models import Move

MOVES_SHOWN = 100


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """A stock document with its moves."""

    id: int
    kind: str
    natural_key: str
    happened_at: datetime
    posting_state: str
    waiting_for: str | None
    moves: Sequence[Any]


def order_documents(session: Session, company_id: int, order_id: int) -> Sequence[DocumentFacts]:
    """Return the parcels, returns and adjustments of an order, each with its first moves."""
    documents = session.scalars(
        sa.select(Document)
        .where(Document.company_id == company_id, Document.order_id == order_id)
        .order_by(Document.happened_at, Document.id)
    ).all()
    moves = _moves(session, company_id, [each.id for each in documents])
    return [
        DocumentFacts(
            id=each.id,
            kind=each.kind,
            natural_key=each.natural_key,
            happened_at=each.happened_at,
            posting_state=each.posting_state,
            waiting_for=each.waiting_for,
            moves=[move for move in moves if move.document_id == each.id],
        )
        for each in documents
    ]


def _moves(session: Session, company_id: int, documents: Sequence[int]) -> Sequence[Any]:
    query = (
        sa.select(
            Move.id,
            Move.document_id,
            Move.quantity,
            Move.reason,
            Sku.id.label("sku_id"),
            Sku.code,
        )
        .join(Level, sa.and_(Level.company_id == Move.company_id, Level.id == Move.level_id))
        .join(Sku, sa.and_(Sku.company_id == Level.company_id, Sku.id == Level.sku_id))
        .where(Move.company_id == company_id, any_of(session, Move.document_id, documents))
        .order_by(Move.id)
        .limit(MOVES_SHOWN)
    )
    return session.execute(query).all() if documents else []
