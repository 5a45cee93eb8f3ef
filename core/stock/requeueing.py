"""Issues of a level worked out again, first in first out, as if all goods had been told in time.

Everything taken from a day on is put back, and taken again in the order in which it left. Pure
working copies: nothing is written here.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import rows_of
from core.errors import Conflict
from core.stock.carrying import CARRIES
from core.stock.models import Document
from core.stock.models import Layer
from core.stock.models import LayerUse
from core.stock.models import Level
from core.stock.models import Short
from core.stock.states import Landed
from core.stock.states import LayerState
from core.stock.states import LevelState
from core.stock.states import fifo
from core.stock.storing import load_goods

LEAVES = ("sale", "shipment")
"""Kinds of documents by which goods leave for an order."""

WRITE_DOWN = "write_down"


@dataclass(frozen=True, slots=True)
class Taken:
    """A part of an issue: how much of which layer, and what that was worth."""

    layer_id: int
    quantity: int
    value: int
    landed: Landed


@dataclass(frozen=True, slots=True)
class Issue:
    """Goods that one line of one event took off a level; `parts` by the rows that keep them."""

    document_id: int
    kind: str
    natural_key: str
    order_id: int | None
    line_id: int | None
    happened_at: datetime
    booked_on: date
    parts: dict[int, Taken]

    @property
    def quantity(self) -> int:
        """Return how much was taken."""
        return sum(part.quantity for part in self.parts.values())

    @property
    def value(self) -> int:
        """Return what it was worth."""
        return sum(part.value for part in self.parts.values())


@dataclass(frozen=True, slots=True)
class Requeued:
    """The layers of a level as they would be, and each issue with the parts that it would have."""

    layers: Sequence[LayerState]
    issues: Sequence[tuple[Issue, Sequence[Taken]]]


def requeue(session: Session, company_id: int, level_id: int, since: datetime) -> Requeued:
    """Work out again what left a level from a moment on.

    Raises: Conflict naming what keeps it from being worked out again.
    """
    level = _level(session, company_id, level_id)
    layers: dict[int, LayerState] = {}
    load_goods(session, company_id, [level], layers, empty=True)
    issues = _issues(session, company_id, level_id, since)
    _require_plain(session, company_id, level_id, since, issues)
    for issue in issues:
        for part in issue.parts.values():
            layers[part.layer_id].put_back(part.quantity, part.value, part.landed)
    queue = sorted(layers.values(), key=fifo)
    return Requeued(queue, list(zip(issues, _take_again(queue, issues), strict=True)))


def _take_again(queue: Sequence[LayerState], issues: Iterable[Issue]) -> Iterable[Sequence[Taken]]:
    place = 0
    for issue in issues:
        parts, left = [], issue.quantity
        while left:
            layer = queue[place]
            if not layer.remaining:
                place += 1
                continue
            taken = min(left, layer.remaining)
            value, landed = layer.take(taken)
            parts.append(Taken(layer.id, taken, value, landed))
            left -= taken
        yield parts


def _level(session: Session, company_id: int, level_id: int) -> LevelState:
    query = sa.select(
        Level.id, Level.sku_id, Level.on_hand, Level.reserved, Level.last_unit_cost
    ).where(Level.company_id == company_id, Level.id == level_id)
    row = rows_of(session, query)[0]
    return LevelState(*row, *row[2:])


def _issues(session: Session, company_id: int, level_id: int, since: datetime) -> list[Issue]:
    query = (
        sa.select(LayerUse, Document)
        .join(Layer, (Layer.company_id == LayerUse.company_id) & (Layer.id == LayerUse.layer_id))
        .join(
            Document,
            (Document.company_id == LayerUse.company_id) & (Document.id == LayerUse.document_id),
        )
        .where(
            LayerUse.company_id == company_id,
            Layer.level_id == level_id,
            Document.happened_at >= since,
        )
        .order_by(Document.happened_at, Document.id, LayerUse.id)
        .execution_options(populate_existing=True)
    )
    found: dict[tuple[int, int | None], Issue] = {}
    for use, document in session.execute(query):
        _require_used(use, document)
        key = (document.id, use.line_id)
        issue = found.get(key)
        if issue is None:
            issue = found[key] = _issue(use, document)
        landed = Landed(use.first_leg, use.duty, use.other)
        issue.parts[use.id] = Taken(use.layer_id, use.quantity, use.value, landed)
    return list(found.values())


def _issue(use: Any, document: Any) -> Issue:
    return Issue(
        document.id, document.kind, document.natural_key, document.order_id, use.line_id,
        document.happened_at, document.booked_on, {},
    )  # fmt: skip


def _require_used(use: LayerUse, document: Document) -> None:
    what = f"{document.kind} {document.natural_key}"
    if use.line_id is not None and document.kind not in LEAVES:
        raise _refused(f"{what} carried goods elsewhere")
    if use.returned_quantity:
        raise _refused(f"of {what} goods came back")
    if document.posting_state != "posted":
        raise _refused(f"{what} still waits to be booked")


def _require_plain(
    session: Session, company_id: int, level_id: int, since: datetime, issues: Sequence[Issue]
) -> None:
    carried = [each for each in issues if each.line_id is None and each.kind in CARRIES]
    if carried:
        raise _refused(f"{carried[0].kind} {carried[0].natural_key} carried goods elsewhere")
    short = sa.exists().where(
        Short.company_id == company_id, Short.level_id == level_id, Short.happened_at >= since
    )
    if session.scalar(sa.select(short)):
        raise _refused("goods left short since")
    lowered = sa.exists().where(
        Document.company_id == company_id,
        Document.kind == WRITE_DOWN,
        Document.happened_at >= since,
        Document.warehouse_id
        == sa.select(Level.warehouse_id)
        .where(Level.company_id == company_id, Level.id == level_id)
        .scalar_subquery(),
    )
    if session.scalar(sa.select(lowered)):
        raise _refused("goods were written down since")


def _refused(why: str) -> Conflict:
    return Conflict(
        f"What left since cannot be worked out again: {why}.",
        hint="Its cost stays as it was booked; the goods are used from now on.",
    )
