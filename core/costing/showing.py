"""What landed costs and receipts look like to a person: codes and amounts instead of ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Sku
from core.costing.charging import Effect
from core.costing.charging import shares_of
from core.costing.models import Charge
from core.costing.receipts import RECEIPT
from core.costing.receipts import goods_received
from core.costing.receiving import INVOICE
from core.costing.receiving import is_invoiced
from core.costing.receiving import price_of
from core.costing.replaying import Replayed
from core.costing.units import root_values
from core.db import any_of
from core.db import rows_of
from core.ledger.models import Entry
from core.money import round_div
from core.money import scaled_text
from core.money import to_text
from core.orders.models import Order
from core.paging import Cursor
from core.paging import Page
from core.paging import fetch_page
from core.stock.costing import is_average
from core.stock.models import Document
from core.stock.models import Layer
from core.stock.models import Warehouse

_DIGITS = 6


class Owner(Protocol):
    """Whose figures they are, and in which currency."""

    @property
    def id(self) -> int:
        """Return its id."""

    @property
    def currency(self) -> str:
        """Return the currency of its books."""


def list_receipts(session: Session, company_id: int, cursor: Cursor | None = None) -> Page[Any]:
    """Return a page of receipts, the latest first; `invoiced` once the supplier's invoice came."""
    invoice = sa.select(Entry.id).where(
        Entry.company_id == Document.company_id,
        Entry.natural_key == INVOICE + Document.natural_key,
    )
    query = (
        sa.select(
            Document.id,
            Document.natural_key.label("reference"),
            Warehouse.code.label("warehouse"),
            Document.booked_on.label("received_on"),
            sa.exists(invoice).label("invoiced"),
        )
        .join(
            Warehouse,
            (Warehouse.company_id == Document.company_id) & (Warehouse.id == Document.warehouse_id),
        )
        .where(Document.company_id == company_id, Document.kind == RECEIPT)
    )
    return fetch_page(session, query, (Document.id,), cursor, descending=True)


def list_charges(session: Session, company_id: int, cursor: Cursor | None = None) -> Page[Any]:
    """Return a page of landed costs, the latest first; amounts in minor units."""
    query = sa.select(
        Charge.id,
        Charge.reference,
        Charge.component,
        Charge.rule,
        Charge.state,
        Charge.estimated,
        Charge.actual,
        Charge.invoice,
        Charge.booked_on,
    ).where(Charge.company_id == company_id)
    return fetch_page(session, query, (Charge.id,), cursor, descending=True)


def receipt_document(session: Session, company: Owner, reference: str) -> dict[str, Any]:
    """Return a receipt with its goods: what they were booked at, and what a unit costs by now."""
    goods = goods_received(session, company.id, [reference])
    worth = _worth(session, company.id, Effect(goods, [0] * len(goods), ()))
    currency, prices = price_of(session, company.id, reference)
    currency = currency or company.currency
    lines = []
    for each in goods:
        value, units, _ = worth[each.key]
        lines.append(
            {
                "sku_id": each.sku_id,
                "sku": each.load.sku,
                "quantity": each.load.quantity,
                "value": to_text(each.load.value, company.currency),
                "price": to_text(prices.get(each.sku_id, 0), currency),
                "unit_cost": _unit(value, units, company.currency),
            }
        )
    invoiced = is_invoiced(session, company.id, reference)
    return {
        "reference": reference, "invoiced": invoiced, "currency": currency, "lines": lines
    }  # fmt: skip


def charge_document(
    session: Session, company: Owner, charge: Charge, *, lines: bool = True
) -> dict[str, Any]:
    """Return a landed cost with its lines, amounts as decimal text."""
    document: dict[str, Any] = {
        "reference": charge.reference,
        "component": charge.component,
        "rule": charge.rule,
        "state": charge.state,
        "currency": company.currency,
        "estimated": to_text(charge.estimated, company.currency),
        "actual": None if charge.actual is None else to_text(charge.actual, company.currency),
        "booked_on": charge.booked_on,
    }
    if lines:
        shares = shares_of(session, charge)
        receipts = _names(
            session, company.id, Document, "natural_key", {each.document_id for each in shares}
        )
        skus = _names(session, company.id, Sku, "code", {each.sku_id for each in shares})
        document["lines"] = [
            {
                "receipt": receipts[each.document_id],
                "sku": skus[each.sku_id],
                "estimated": to_text(each.estimated, company.currency),
                "actual": None if each.actual is None else to_text(each.actual, company.currency),
            }
            for each in shares
        ]
    return document


def effect_document(session: Session, company: Owner, effect: Effect) -> dict[str, Any]:
    """Return where a cost would go: by goods with the cost of a unit before and after, by place."""
    worth = _worth(session, company.id, effect)
    goods = []
    for each, amount in zip(effect.goods, effect.amounts, strict=True):
        before, units, added = worth[each.key]
        goods.append(
            {
                "receipt": each.receipt,
                "sku": each.load.sku,
                "quantity": each.load.quantity,
                "amount": to_text(amount, company.currency),
                "unit_before": _unit(before, units, company.currency),
                "unit_after": _unit(before + added, units, company.currency),
            }
        )
    return {"goods": goods, "places": _places(session, company, effect)}


def replayed_document(replayed: Replayed, currency: str) -> dict[str, Any]:
    """Return what an event's goods cost before and after, amounts as decimal text."""
    return {
        "event": replayed.kind,
        "reference": replayed.natural_key,
        "order": replayed.order_ref,
        "sku": replayed.sku,
        "day": replayed.day,
        "quantity": replayed.quantity,
        "before": to_text(replayed.before, currency),
        "after": to_text(replayed.after, currency),
        "difference": to_text(replayed.difference, currency),
    }


def _places(session: Session, company: Owner, effect: Effect) -> list[dict[str, Any]]:
    every = [piece.unit.dimensions for piece in effect.pieces]
    houses = _names(session, company.id, Warehouse, "code", {where.warehouse_id for where in every})
    skus = _names(session, company.id, Sku, "code", {where.sku_id for where in every})
    orders = _names(session, company.id, Order, "external_ref", {where.order_id for where in every})
    return [
        {
            "account": piece.unit.account,
            "warehouse": houses.get(piece.unit.dimensions.warehouse_id),
            "sku": skus.get(piece.unit.dimensions.sku_id),
            "order": orders.get(piece.unit.dimensions.order_id),
            "quantity": piece.unit.quantity,
            "amount": to_text(piece.amount, company.currency),
        }
        for piece in effect.pieces
    ]


def _worth(
    session: Session, company_id: int, effect: Effect
) -> dict[tuple[int, int], tuple[int, int, int]]:
    """Return what all units of the goods are worth so far, their number, and what is added.

    With a moving average the units are those of the pool in which the goods lie now.
    """
    if is_average(session, company_id):
        return _worth_of_pools(session, company_id, effect)
    values = root_values(session, company_id, {root for g in effect.goods for root in g.roots})
    return {
        each.key: (sum(values[root] for root in each.roots), each.load.quantity, amount)
        for each, amount in zip(effect.goods, effect.amounts, strict=True)
    }


def _worth_of_pools(
    session: Session, company_id: int, effect: Effect
) -> dict[tuple[int, int], tuple[int, int, int]]:
    added: Counter[int] = Counter()
    for piece in effect.pieces:
        added[piece.unit.layer_id or 0] += piece.amount
    query = sa.select(Layer.id, Layer.remaining_value, Layer.remaining).where(
        Layer.company_id == company_id,
        any_of(session, Layer.id, sorted({root for g in effect.goods for root in g.roots})),
    )
    pools = {row[0]: (row[1], row[2], added[row[0]]) for row in rows_of(session, query)}
    return {each.key: pools[next(iter(each.roots))] for each in effect.goods}


def _unit(value: int, quantity: int, currency: str) -> str | None:
    if not quantity:
        return None
    digits = len(to_text(0, currency).partition(".")[2])
    return scaled_text(round_div(value * 10 ** (_DIGITS - digits), quantity), _DIGITS)


def _names(
    session: Session, company_id: int, model: Any, column: str, ids: Collection[int | None]
) -> dict[int | None, str]:
    wanted = sorted(each for each in ids if each is not None)
    query = sa.select(model.id, getattr(model, column)).where(
        model.company_id == company_id, any_of(session, model.id, wanted)
    )
    return dict(session.execute(query).all())
