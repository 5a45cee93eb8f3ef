"""Writing what happened: the events of a stock batch, and what each of them moved."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping

from sqlalchemy.orm import Session

from core.db import table_of
from core.db import utc_text
from core.rows import bulk_insert
from core.stock.models import Document
from core.stock.models import Move
from core.stock.states import DocumentState
from core.stock.states import MoveState


def write_documents(
    session: Session, company_id: int, warehouse_id: int, documents: Iterable[DocumentState]
) -> None:
    """Write the events of a batch."""
    rows = [
        (
            company_id,
            document.id,
            warehouse_id,
            document.kind,
            document.natural_key,
            document.order_id,
            utc_text(document.happened_at),
            document.booked_on.isoformat(),
            document.currency,
            "waiting" if document.waiting_for else "posted",
            document.waiting_for,
        )
        for document in documents
    ]
    columns = "company_id id warehouse_id kind natural_key order_id happened_at booked_on currency"
    bulk_insert(session, table_of(Document), f"{columns} posting_state waiting_for".split(), rows)


def write_moves(
    session: Session,
    company_id: int,
    moves: Iterable[MoveState],
    documents: Mapping[int, DocumentState],
) -> None:
    """Write the moves of a batch under the day of their event."""
    days = {document.id: document.booked_on.isoformat() for document in documents.values()}
    rows = [
        (company_id, move.id, days[move.document_id], move.document_id, move.level_id)
        + (move.why.dimensions.line_id, move.quantity, move.why.reason, move.why.raw_row_id)
        for move in moves
    ]
    columns = "company_id id booked_on document_id level_id line_id quantity reason raw_row_id"
    bulk_insert(session, table_of(Move), columns.split(), rows)
