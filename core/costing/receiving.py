"""Goods that come in from a supplier, and the invoice for them when it comes.

A receipt is booked at the order's price against goods received, not invoiced; what the invoice says
else is a late cost of the purchase and reaches every unit. Source: DOMAIN §2.3 rule 22, §3.4.
"""

from __future__ import annotations

from collections.abc import Iterator
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
from core.costing.replaying import replay_late
from core.costing.suppliers import EXCHANGE
from core.costing.suppliers import GRNI
from core.costing.suppliers import Prepaid
from core.costing.suppliers import name_supplier
from core.costing.suppliers import owe
from core.costing.suppliers import rate_of
from core.costing.suppliers import receipt_key
from core.costing.suppliers import use_deposit
from core.costing.tracing import PURCHASE
from core.db import rows_of
from core.errors import Conflict
from core.errors import InputError
from core.identity.deeds import say
from core.ids import next_id
from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.journal import Original
from core.ledger.models import Account
from core.ledger.models import Entry
from core.ledger.models import Posting
from core.money import allocate
from core.rates.rate import converted
from core.stock.costing import REPLAY
from core.stock.costing import backdating_of
from core.warehousing.floor import Floor
from core.warehousing.floor import Spot
from core.warehousing.floor import require_new
from core.warehousing.floor import skus_named
from core.warehousing.floor import warehouse_named
from core.warehousing.timeline import note

INVOICE = "goods_invoice:"
"""What the key of an invoice's entry begins with, before the reference of its receipt."""


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """Goods of one SKU and what they cost in all, in minor units; free goods raise the number."""

    sku: str
    quantity: int
    value: int


@dataclass(frozen=True, slots=True)
class Terms:
    """Who supplies, in which currency (none for the company's own), and a deposit to use."""

    currency: str | None = None
    deposit: str | None = None
    supplier: str = ""


OWN_TERMS = Terms()


def receive_goods(
    session: Session,
    company_id: int,
    warehouse: str,
    reference: str,
    lines: Sequence[ReceiptLine],
    *,
    terms: Terms = OWN_TERMS,
    actor: str = "",
    at: datetime | None = None,
) -> int:
    """Take goods in that are not invoiced yet and return the receipt's document.

    What a deposit pays is worth what the deposit carries, the rest what the day's rate says.

    Raises: InputError, NotFound, Conflict for a reference that was received already, Unresolved
    without a rate.
    """
    _require_sound(reference, lines)
    require_new(session, company_id, RECEIPT, reference)
    spot = Spot(warehouse_named(session, company_id, warehouse).id)
    skus = skus_named(session, company_id, {line.sku for line in lines})
    floor = Floor(session, company_id, at)
    floor.lock({spot: skus.values()})
    event = floor.document(spot, RECEIPT, reference)
    entry = floor.entry(event, GOODS_RECEIPT, f"Receipt {reference}")
    for line, price in zip(lines, _price(floor, entry, reference, lines, terms), strict=True):
        sku_id = skus[line.sku]
        where = floor.where(spot, sku_id)
        why = floor.why(RECEIPT, spot, sku_id)
        floor.at_spot(spot).receive(event.id, floor.at, sku_id, line.quantity, price.value, why)
        entry.add(floor.account(spot), price.value, where, original=price.own)
        entry.add(GRNI, -price.owed, where, item_id=price.item_id, original=price.own_owed)
    floor.write()
    name_supplier(session, company_id, receipt_key(reference), terms.supplier)
    if backdating_of(session, company_id) == REPLAY:
        replay_late(session, company_id, reference)
    for sku, sku_id in skus.items():
        came = sum(line.quantity for line in lines if line.sku == sku)
        note(session, company_id, "sku", sku_id, "received", actor, document=event.id,
             quantity=came, reference=reference)  # fmt: skip
    return event.id


@dataclass(frozen=True, slots=True)
class _Price:
    """What a line is worth and what is owed for it, in the books' currency and the supplier's."""

    value: int
    owed: int
    own: Original | None
    own_owed: Original | None
    item_id: int | None


def _price(
    floor: Floor, entry: EntryDraft, reference: str, lines: Sequence[ReceiptLine], terms: Terms
) -> Iterator[_Price]:
    """Yield the price of each line: what a deposit pays of it keeps the deposit's worth."""
    rate = rate_of(floor.journal, terms.currency, floor.day)
    code, total = rate.base if rate else floor.currency, sum(line.value for line in lines)
    prepaid = Prepaid(0, 0)
    if terms.deposit:
        prepaid = use_deposit(floor.journal, entry, terms.deposit, code, total)
    left = total - prepaid.amount
    owed, _ = converted(rate, left)
    item, weights = None, [line.value for line in lines]
    if rate is not None:
        entry.rate = rate.note
        item = floor.journal.owe(
            GRNI, receipt_key(reference), next(floor.ids), -owed, None,
            original=rate.original(-left),
        )  # fmt: skip
    for line, value, part, rest in zip(
        lines,
        allocate(prepaid.value + owed, weights),
        allocate(owed, weights),
        allocate(left, weights),
        strict=True,
    ):
        own = rate.original(line.value) if rate else None
        yield _Price(value, part, own, rate.original(-rest) if rate else None, item)


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

    `values` says in minor units of the receipt's currency what each SKU costs in all; all of the
    receipt must be named. The difference is what stock and orders bear, in the company's currency.

    Raises: InputError, NotFound, Conflict if the receipt was invoiced already, Unresolved without a
    rate.
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
    ordered = _ordered(session, company_id, goods[0].document_id)
    books = Books(session, company_id, at)
    rate = rate_of(books.journal, ordered.currency, books.told_on)
    differences = [values[each.load.sku] - ordered.values.get(each.sku_id, 0) for each in goods]
    late = [converted(rate, difference)[0] for difference in differences]
    entry = books.entry(INVOICE + reference, f"Invoice {invoice} of receipt {reference}")
    entry.rate = rate.note if rate else None
    booked = books.book(entry, goods, late, PURCHASE, "trueup")
    waiting, owed = _clear(books, entry, reference, ordered)
    owed += sum(differences)
    amount, own = converted(rate, owed)
    negated = Original(own.currency, -own.amount) if own else None
    owe(books.journal, entry, receipt_key(reference), next_id(session), amount, negated)
    entry.add(EXCHANGE, amount - booked - waiting, Dimensions(), tag="conversion")
    books.post()
    facts = {"invoice": invoice, "difference": booked}
    say(session, company_id, "costs.invoiced", f"receipt {reference}", after=facts)
    return booked


@dataclass(frozen=True, slots=True)
class _Ordered:
    """A receipt's price: by SKU in the order's currency, and what waits for the invoice.

    A row of `waiting` is a SKU with what is owed for it, in the company's currency and its own.
    """

    currency: str | None
    values: Mapping[int, int]
    waiting: Sequence[tuple[int, int, int]]


def _ordered(session: Session, company_id: int, document_id: int) -> _Ordered:
    query = (
        sa.select(
            Posting.sku_id, Account.code, Posting.currency,
            sa.cast(sa.func.sum(Posting.amount), sa.BigInteger),
            sa.cast(sa.func.sum(Posting.currency_amount), sa.BigInteger),
        )
        .join(Entry, (Entry.company_id == Posting.company_id) & (Entry.id == Posting.entry_id))
        .join(
            Account, (Account.company_id == Posting.company_id) & (Account.id == Posting.account_id)
        )
        .where(
            Entry.company_id == company_id,
            Entry.document_id == document_id,
            Entry.kind == GOODS_RECEIPT,
            Posting.sku_id.is_not(None),
            (Account.code == GRNI) | ((Posting.amount > 0) & Account.profit_line.is_(None)),
        )
        .group_by(Posting.sku_id, Account.code, Posting.currency)
    )  # fmt: skip
    values: dict[int, int] = {}
    waiting, currency = [], None
    for sku_id, code, told, amount, own in rows_of(session, query):
        currency = told
        if code == GRNI:
            waiting.append((sku_id, -amount, -own))
        else:
            values[sku_id] = values.get(sku_id, 0) + own
    return _Ordered(currency, values, waiting)


def _clear(books: Books, entry: EntryDraft, reference: str, ordered: _Ordered) -> tuple[int, int]:
    """Clear what waits for a receipt's invoice; return it in the books' currency and its own."""
    journal, key = books.journal, receipt_key(reference)
    journal.know_items(GRNI, [key], locked=True)
    # A receipt in the company's own currency has no item.
    is_open = journal.currency_of(GRNI, key) is not None
    for sku_id, amount, left in sorted(ordered.waiting):
        item, own = None, None
        if is_open and ordered.currency is not None:
            own = Original(ordered.currency, left)
            item = journal.owe(GRNI, key, 0, amount, None, original=own)
        entry.add(GRNI, amount, Dimensions(sku_id=sku_id), item_id=item, original=own)
    return sum(row[1] for row in ordered.waiting), sum(row[2] for row in ordered.waiting)


def price_of(
    session: Session, company_id: int, reference: str
) -> tuple[str | None, Mapping[int, int]]:
    """Return the currency of a receipt's price and what each SKU costs in it.

    Goods that cost nothing have neither. Raises: NotFound.
    """
    goods = goods_received(session, company_id, [reference])
    ordered = _ordered(session, company_id, goods[0].document_id)
    return ordered.currency, ordered.values


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
