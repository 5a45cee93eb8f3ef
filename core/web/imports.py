"""Pages of imported files, and of single rows as they were received."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from flask import Blueprint
from flask import render_template
from flask import request
from sqlalchemy.orm import Session

from core.channels.models import DOCUMENT
from core.channels.models import Import
from core.channels.models import RawRow
from core.channels.models import Shop
from core.errors import NotFound
from core.identity.access import require
from core.identity.actor import may
from core.identity.fields import MASK
from core.kernel.connections import list_connections
from core.orders.models import Order
from core.orders.models import OrderLine
from core.paging import Cursor
from core.paging import Page
from core.paging import fetch_page
from core.paging import read_cursor
from core.uploads.kinds import offered
from core.web import current

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
        page=_files(session, company.id, cursor),
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
        file=_file(session, company.id, import_id),
        page=_not_booked(session, company.id, import_id, cursor),
    )


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
    file = _file(session, company.id, row.import_id)
    return render_template(
        "imports/raw.html",
        row=row,
        file=file,
        cells=_shown(cells_of(row.payload, file.header), file.kind),
        lines=_lines(session, company.id, row),
    )


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as received, under its column's name."""

    column: str
    value: str


def _shown(cells: list[Cell], kind: str) -> list[Cell]:
    """Hide what was received from who may not see all that such a file tells."""
    needed = ("costs.view",) if kind == "stock" else ("money.view", "personal.view")
    return cells if may(*needed) else [replace(cell, value=MASK) for cell in cells]


def cells_of(payload: str, header: Sequence[str]) -> list[Cell]:
    """Return the cells of a raw row: a JSON list or object, or else one line of CSV."""
    values = _values(payload)
    if isinstance(values, dict):
        return [Cell(str(name), _text(value)) for name, value in values.items()]
    names = [*header, *[f"({place + 1})" for place in range(len(header), len(values))]]
    values = [*values, *[None] * (len(names) - len(values))]
    return [Cell(name, _text(value)) for name, value in zip(names, values, strict=True)]


def _values(payload: str) -> Any:
    try:
        values = json.loads(payload)
    except ValueError:
        values = None
    if isinstance(values, list | dict):
        return values
    return next(csv.reader(io.StringIO(payload)), [])


def _text(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def _files(session: Session, company_id: int, cursor: Cursor | None) -> Page[Any]:
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
    return fetch_page(session, query, (Import.id,), cursor, descending=True)


def _file(session: Session, company_id: int, import_id: int) -> Import:
    file = session.scalar(
        sa.select(Import).where(Import.company_id == company_id, Import.id == import_id)
    )
    if file is None:
        raise NotFound("There is no such import.")
    return file


def _not_booked(
    session: Session, company_id: int, import_id: int, cursor: Cursor | None
) -> Page[Any]:
    query = sa.select(
        RawRow.id, RawRow.line_number, RawRow.document_ref, RawRow.reason, RawRow.payload
    ).where(
        RawRow.company_id == company_id,
        RawRow.import_id == import_id,
        sa.or_(RawRow.reason.is_not(None), RawRow.kind.startswith(DOCUMENT)),
    )
    return fetch_page(session, query, (RawRow.id,), cursor)


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
