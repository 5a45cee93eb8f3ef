"""Receipts as landed costs see them: which goods came in, how many, and what they weigh."""

from __future__ import annotations

from collections import Counter
from collections import defaultdict
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.catalog.models import Sku
from core.costing.splitting import Load
from core.db import any_of
from core.db import rows_of
from core.errors import InputError
from core.errors import NotFound
from core.ledger.models import Account
from core.ledger.models import Posting
from core.stock.booking import postings_of
from core.stock.costing import is_average
from core.stock.models import Document
from core.stock.models import Layer
from core.stock.models import Level
from core.stock.models import Move

RECEIPT, GOODS_RECEIPT = "receipt", "goods_receipt"
"""The kind of a receipt's document, and that of its entry."""


@dataclass(frozen=True, slots=True)
class Received:
    """The goods of one SKU in one receipt; `roots` says how many came in as which layer."""

    document_id: int
    receipt: str
    sku_id: int
    load: Load
    roots: Mapping[int, int]

    @property
    def key(self) -> tuple[int, int]:
        """Return what tells these goods from others."""
        return self.document_id, self.sku_id


def reference_of(session: Session, company_id: int, document_id: int) -> str:
    """Return the reference of a receipt.

    Raises: NotFound.
    """
    query = sa.select(Document.natural_key).where(
        Document.company_id == company_id, Document.id == document_id, Document.kind == RECEIPT
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound("There is no such receipt.", hint="The page of receipts lists them.")
    return found


def moment_in(timezone: str, text: str) -> datetime:
    """Return when goods came, told as a day or as a moment in the company's own time.

    Raises: InputError for what is neither, or has not come yet.
    """
    try:
        told = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError(f"{text!r} is no moment, such as 2026-09-30T14:00.", where="at") from None
    moment = told if told.tzinfo is not None else told.replace(tzinfo=ZoneInfo(timezone))
    if moment > clock.now():
        raise InputError(f"{text} is still to come.", where="at")
    return moment.astimezone(UTC)


def goods_received(
    session: Session, company_id: int, receipts: Collection[str], skus: Collection[str] = ()
) -> Sequence[Received]:
    """Return what came in with some receipts, of some SKUs or of all, in order of arrival.

    Raises: NotFound naming a receipt or SKU that is not there.
    """
    documents = _documents(session, company_id, receipts)
    values = _values(session, company_id, documents)
    moves = _moves(session, company_id, documents)
    roots, pools = _roots(session, company_id, documents), dict[int, int]()
    if is_average(session, company_id):
        pools = _pools(session, company_id, {row.level_id for row in moves})
        roots.clear()
    found = []
    for row in moves:
        key = (row.document_id, row.sku_id)
        sides = (row.length_mm, row.width_mm, row.height_mm)
        volume = None if None in sides else sides[0] * sides[1] * sides[2]
        load = Load(row.code, row.quantity, values[key], row.weight_grams, volume)
        layers = roots[key] or {pools[row.level_id]: row.quantity}
        found.append(
            Received(row.document_id, documents[row.document_id], row.sku_id, load, layers)
        )
    if missing := sorted(set(skus) - {goods.load.sku for goods in found}):
        raise NotFound(f"No goods of SKU {missing[0]!r} came in with that.")
    found.sort(key=lambda goods: goods.key)
    return [goods for goods in found if not skus or goods.load.sku in skus]


def _documents(session: Session, company_id: int, receipts: Collection[str]) -> dict[int, str]:
    query = sa.select(Document.id, Document.natural_key).where(
        Document.company_id == company_id,
        Document.kind == RECEIPT,
        any_of(session, Document.natural_key, sorted(set(receipts))),
    )
    found: dict[int, str] = dict(session.execute(query).all())
    if missing := sorted(set(receipts) - set(found.values())):
        raise NotFound(
            f"There is no receipt {missing[0]!r}.", hint="`entrepot cost receipts` lists them."
        )
    return found


def _moves(session: Session, company_id: int, documents: Collection[int]) -> Sequence[sa.Row[Any]]:
    wanted = any_of(session, Document.id, sorted(documents))
    days = sa.select(Document.booked_on).where(Document.company_id == company_id, wanted)
    sku = (Sku.code, Sku.weight_grams, Sku.length_mm, Sku.width_mm, Sku.height_mm)
    quantity = sa.cast(sa.func.sum(Move.quantity), sa.BigInteger).label("quantity")
    query = (
        sa.select(Move.document_id, Move.level_id, Level.sku_id, quantity, *sku)
        .join(Level, (Level.company_id == Move.company_id) & (Level.id == Move.level_id))
        .join(Sku, (Sku.company_id == Level.company_id) & (Sku.id == Level.sku_id))
        .where(
            Move.company_id == company_id,
            # Moves are kept by day: without it every move of the company would be looked at.
            Move.booked_on.in_(days),
            any_of(session, Move.document_id, sorted(documents)),
            Move.quantity > 0,
        )
        .group_by(Move.document_id, Move.level_id, Level.sku_id, *sku)
    )
    return rows_of(session, query)


def _values(
    session: Session, company_id: int, documents: Collection[int]
) -> Counter[tuple[int, int]]:
    """Return what the goods of some receipts were booked in at, by document and SKU."""
    debits = (Posting.amount > 0) & Account.profit_line.is_(None)
    found: Counter[tuple[int, int]] = Counter()
    for document, sku_id, _, amount in postings_of(session, company_id, documents, debits):
        found[document, sku_id] += amount
    return found


def _roots(
    session: Session, company_id: int, documents: Collection[int]
) -> defaultdict[tuple[int, int], dict[int, int]]:
    """Return the layers that goods came in as with their units, by document and SKU."""
    query = (
        sa.select(Layer.document_id, Level.sku_id, Layer.id, Layer.quantity)
        .join(Level, (Level.company_id == Layer.company_id) & (Level.id == Layer.level_id))
        .where(
            Layer.company_id == company_id, any_of(session, Layer.document_id, sorted(documents))
        )
        .order_by(Layer.id)
    )
    found: defaultdict[tuple[int, int], dict[int, int]] = defaultdict(dict)
    for document, sku_id, layer, quantity in rows_of(session, query):
        found[document, sku_id][layer] = quantity
    return found


def _pools(session: Session, company_id: int, levels: Collection[int]) -> dict[int, int]:
    """Return the one layer of each level, where goods cost their moving average."""
    query = sa.select(Layer.level_id, Layer.id).where(
        Layer.company_id == company_id, any_of(session, Layer.level_id, sorted(levels))
    )
    return {row[0]: row[1] for row in rows_of(session, query)}
