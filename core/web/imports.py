"""Pages of imported files, and of single rows as they were received."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import Blueprint
from flask import render_template
from flask import request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core.channels.models import RawRow
from core.errors import NotFound
from core.identity.access import require
from core.kernel.connections import list_connections
from core.orders.models import Order
from core.orders.models import OrderLine
from core.paging import read_cursor
from core.uploads.kinds import offered
from core.web import current
from core.web.failed_rows import failed_rows
from core.web.import_list import find_import
from core.web.import_list import list_imports
from core.web.import_list import list_set_aside
from core.web.import_rows import cells_of
from core.web.import_rows import masked
from core.web.import_rows import may_see_cells

blueprint = Blueprint("imports", __name__)


@blueprint.get("/imports")
@require("imports.view")
def index() -> str:
    """List imported files, the latest first."""
    return show_imports([])


def show_imports(problems: list[str]) -> str:
    """Return the page of imported files, with what was wrong with a file that was sent."""
    session, company = current.reading(), current.company()
    cursor = read_cursor(request.args.get("page"), int)
    return render_template(
        "imports/index.html",
        page=list_imports(session, company.id, cursor),
        kinds=offered(),
        connections=list_connections(session, company_id=company.id),
        problems=problems,
    )


@blueprint.get("/imports/<int:import_id>")
@require("imports.view")
def show(import_id: int) -> str:
    """Show one file and the rows of it that could not be booked."""
    session, company = current.reading(), current.company()
    cursor = read_cursor(request.args.get("page"), int)
    return render_template(
        "imports/show.html",
        file=find_import(session, company.id, import_id),
        page=list_set_aside(session, company.id, import_id, cursor),
    )


@blueprint.get("/imports/<int:import_id>/rows.csv")
@require("imports.view")
def rows(import_id: int) -> Response:
    """Hand out the rows of a file that were set aside, to be corrected and sent again."""
    company = current.company()
    file = find_import(current.reading(), company.id, import_id)
    said = failed_rows(current.kernel().db, company.id, file, plain=may_see_cells(file.kind))
    name = f"rows-{import_id}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(said, mimetype="text/csv", headers=headers)


@blueprint.get("/raw/<int:row_id>")
@require("imports.view")
def raw(row_id: int) -> str:
    """Show a row as it was received, with the file it came from and the lines it became."""
    session, company = current.reading(), current.company()
    row = session.scalar(
        sa.select(RawRow).where(RawRow.company_id == company.id, RawRow.id == row_id)
    )
    if row is None:
        raise NotFound("There is no such row.")
    file = find_import(session, company.id, row.import_id)
    cells = cells_of(row.payload, file.header)
    return render_template(
        "imports/raw.html",
        row=row,
        file=file,
        cells=cells if may_see_cells(file.kind) else masked(cells),
        lines=_lines(session, company.id, row),
    )


def _lines(session: Session, company_id: int, row: RawRow) -> Sequence[Any]:
    """Return the order lines that a raw row became; it names their document."""
    query = (
        sa.select(OrderLine.id, OrderLine.kind, OrderLine.code, OrderLine.title, Order.external_ref)
        .join(
            Order, sa.and_(Order.company_id == OrderLine.company_id, Order.id == OrderLine.order_id)
        )
        .where(
            OrderLine.company_id == company_id,
            OrderLine.raw_row_id == row.id,
            # The raw row's scope is its shop: by shop and number the order is found at once.
            Order.shop_id == row.scope_id,
            Order.external_ref == row.document_ref,
        )
        .order_by(OrderLine.id)
        .limit(20)
    )
    return session.execute(query).all()
