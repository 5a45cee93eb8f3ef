"""Files that came in, and their rows that were set aside."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.channels.models import Import
from core.channels.models import RawRow
from core.channels.models import Shop
from core.errors import NotFound
from core.paging import Cursor
from core.paging import Page
from core.paging import fetch_page
from core.web.import_rows import rows_set_aside


def list_imports(
    session: Session, company_id: int, cursor: Cursor | None = None, limit: int = 50
) -> Page[Any]:
    """Return the files that came in, the latest first."""
    query = (
        sa.select(
            Import.id,
            Import.kind,
            Import.filename,
            Import.state,
            Import.result,
            Import.started_at,
            Import.finished_at,
            Shop.name.label("shop"),
        )
        .outerjoin(Shop, sa.and_(Shop.company_id == Import.company_id, Shop.id == Import.shop_id))
        .where(Import.company_id == company_id)
    )
    return fetch_page(session, query, (Import.id,), cursor, descending=True, limit=limit)


def find_import(session: Session, company_id: int, import_id: int) -> Import:
    """Return a file that came in.

    Raises: NotFound.
    """
    file = session.scalar(
        sa.select(Import).where(Import.company_id == company_id, Import.id == import_id)
    )
    if file is None:
        raise NotFound("There is no such import.")
    return file


def list_set_aside(
    session: Session,
    company_id: int,
    import_id: int,
    cursor: Cursor | None = None,
    limit: int = 50,
) -> Page[Any]:
    """Return the rows of a file that were not booked, in their order."""
    query = rows_set_aside(company_id, import_id)
    return fetch_page(session, query, (RawRow.id,), cursor, limit=limit)
