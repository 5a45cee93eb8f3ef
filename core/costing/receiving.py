"""Goods that come in from a supplier, and the invoice for them when it comes.

A receipt is booked at the order's price against goods received, not invoiced; what the invoice says
else is a late cost of the purchase and reaches every unit. Source: DOMAIN §2.3 rule 22, §3.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.costing.books import Books
from core.costing.receipts import GOODS_RECEIPT
from core.costing.receipts import RECEIPT
from core.costing.receipts import goods_received
from core.costing.tracing import PURCHASE
from core.errors import Conflict
from core.errors import InputError
from core.identity.deeds import say
from core.ledger.journal import Dimensions
from core.ledger.models import Entry
from core.warehousing.floor import Floor
from core.warehousing.floor import Spot
from core.warehousing.floor import require_new
from core.warehousing.floor import skus_named
from core.warehousing.floor import warehouse_named
from core.warehousing.timeline import note

GRNI, PAYABLE = "2110", "2100"

INVOICE = "goods_invoice:"
"""What the key of an invoice's entry begins with, before the reference of its receipt."""


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """Goods of one SKU and what they cost in all, in minor units; free goods raise the number."""

    sku: str
    quantity: int
    value: int


def receive_goods(
    session: Session,
    company_id: int,
    warehouse: str,
    reference: str,
    lines: Sequence[ReceiptLine],
    *,
    actor: str = "",
    at: datetime | None = None,
) -> int:
    """Take goods in that are not invoiced yet and return the receipt's document.

    Raises: InputError, NotFound, Conflict for a reference that was received already.
    """
    _require_sound(reference, lines)
    require_new(session, company_id, RECEIPT, reference)
    spot = Spot(warehouse_named(session, company_id, warehouse).id)
    skus = skus_named(session, company_id, {line.sku for line in lines})
    floor = Floor(session, company_id, at)
    floor.lock({spot: skus.values()})
    event = floor.document(spot, RECEIPT, reference)
    entry = floor.entry(event, GOODS_RECEIPT, f"Receipt {reference}")
    for line in lines:
        sku_id = skus[line.sku]
        where = floor.where(spot, sku_id)
        floor.at_spot(spot).receive(
            event.id, floor.at, sku_id, line.quantity, line.value, floor.why(RECEIPT, spot, sku_id)
        )
        entry.add(floor.account(spot), line.value, where)
        entry.add(GRNI, -line.value, where)
    floor.write()
    for sku, sku_id in skus.items():
        came = sum(line.quantity for line in lines if line.sku == sku)
        note(session, company_id, "sku", sku_id, "received", actor, document=event.id,
             quantity=came, reference=reference)  # fmt: skip
    return event.id


def invoice_goods(
    session: Session,
    company_id: int,
    reference: str,
    values: Mapping[str, int],
    *,
    invoice: str,
    at: datetime | None = None,
) -> int:
    """Book the supplier's invoice for a receipt, and return its difference to the order's price.

    `values` says in minor units what each SKU costs in all; all of the receipt must be named.

    Raises: InputError, NotFound, Conflict if the receipt was invoiced already.
    """
    goods = goods_received(session, company_id, [reference])
    if missing := sorted({each.load.sku for each in goods} ^ values.keys()):
        raise InputError(
            f"the invoice and the receipt differ about SKU {missing[0]}.",
            where="values",
            hint="Name each SKU of the receipt once, with what it costs in all.",
        )
    if is_invoiced(session, company_id, reference):
        raise Conflict(
            f"Receipt {reference} was invoiced already.",
            hint="Book a correction as a landed cost of the component `purchase`.",
        )
    differences = [values[each.load.sku] - each.load.value for each in goods]
    books = Books(session, company_id, at)
    entry = books.entry(INVOICE + reference, f"Invoice {invoice} of receipt {reference}")
    books.book(entry, goods, differences, PURCHASE, "trueup")
    for each in goods:
        entry.add(GRNI, each.load.value, Dimensions(sku_id=each.sku_id))
    entry.add(PAYABLE, -sum(values.values()), Dimensions())
    books.post()
    facts = {"invoice": invoice, "difference": sum(differences)}
    say(session, company_id, "costs.invoiced", f"receipt {reference}", after=facts)
    return sum(differences)


def is_invoiced(session: Session, company_id: int, reference: str) -> bool:
    """Say whether the supplier's invoice for a receipt is booked."""
    known = sa.exists().where(
        Entry.company_id == company_id, Entry.natural_key == INVOICE + reference
    )
    return bool(session.scalar(sa.select(known)))


def _require_sound(reference: str, lines: Sequence[ReceiptLine]) -> None:
    if not reference.strip():
        raise InputError("give the receipt a reference.", where="reference")
    if not lines:
        raise InputError("name at least one SKU.", where="lines")
    for line in lines:
        if line.quantity < 1 or line.value < 0:
            raise InputError(
                "the number must be at least 1, the value must not be negative.", where=line.sku
            )
