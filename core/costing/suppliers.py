"""What suppliers are owed and were paid before, each as an open item in its own currency.

A deposit keeps the rate of its own day for good: what it buys is worth that much. What is owed is
money, and what paying it gains or loses by exchange never reaches the goods. Source: DOMAIN §2.3
rules 21 and 22, §3.9.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from core.costing.models import SupplierDocument
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.ids import next_id
from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal
from core.ledger.journal import Original
from core.rates.finding import rates_to
from core.rates.rate import Rate

DEPOSITS, PAYABLE, GRNI, EXCHANGE = "1410", "2100", "2110", "9000"


DEPOSIT_ITEM, GOODS_ITEM, COST_ITEM, VAT_ITEM = PREFIXES = (
    "deposit",
    "goods",
    "landed_cost",
    "import_vat",
)
"""What the keys of open items begin with."""


class Prepaid(NamedTuple):
    """What of a deposit was used: in its own currency, and what it is worth in the books."""

    amount: int
    value: int


def deposit_key(reference: str) -> str:
    """Return the natural key of a deposit's open item."""
    return f"{DEPOSIT_ITEM}/{reference}"


def receipt_key(reference: str) -> str:
    """Return the natural key of the open items of a receipt, invoiced or not."""
    return f"{GOODS_ITEM}/{reference}"


def charge_key(reference: str) -> str:
    """Return the natural key of the open item of a landed cost's invoice."""
    return f"{COST_ITEM}/{reference}"


def vat_key(reference: str) -> str:
    """Return the natural key of the open item of a customs declaration's import VAT."""
    return f"{VAT_ITEM}/{reference}"


def bill_key(kind: str, reference: str) -> str:
    """Return the natural key of an invoice's open item: of goods, of a landed cost or of customs.

    Raises: InputError for another kind.
    """
    if kind not in (GOODS_ITEM, COST_ITEM, VAT_ITEM):
        raise InputError(
            f"{kind!r} is no kind of invoice.",
            where="document_kind",
            hint=f"Known: {GOODS_ITEM}, {COST_ITEM}, {VAT_ITEM}.",
        )
    return f"{kind}/{reference}"


def name_supplier(session: Session, company_id: int, natural_key: str, supplier: str) -> None:
    """Keep of which supplier a document is; an empty name keeps nothing."""
    name = " ".join(supplier.split())
    if not name:
        return
    session.add(
        SupplierDocument(
            company_id=company_id, id=next_id(session), natural_key=natural_key, supplier=name
        )
    )
    session.flush()


def rate_of(journal: Journal, currency: str | None, day: date) -> Rate | None:
    """Return the rate of a document's day, none where it is in the company's own currency.

    Raises: Unresolved saying which rate is missing.
    """
    if not currency or currency == journal.currency:
        return None
    wanted = [(currency, day)]
    rates = rates_to(journal.session, journal.company_id, journal.currency, wanted)
    return rates.require(currency, day)


def owe(
    journal: Journal, entry: EntryDraft, key: str, new_id: int, amount: int, own: Original | None
) -> None:
    """Book what a supplier is owed from now on, as an open item."""
    journal.know_items(PAYABLE, [key], locked=True)
    item = journal.owe(PAYABLE, key, new_id, -amount, None, original=own)
    # The goods have no price in the invoice's currency: such an entry balances in ours only.
    tag = "actual" if own is None else "conversion"
    entry.add(PAYABLE, -amount, Dimensions(), tag=tag, item_id=item, original=own)


def use_deposit(
    journal: Journal, entry: EntryDraft, reference: str, currency: str, limit: int
) -> Prepaid:
    """Use a deposit for as much of an amount as there is left of it.

    Raises: NotFound, InputError for one in another currency, Conflict if nothing is left.
    """
    key = deposit_key(reference)
    journal.know_items(DEPOSITS, [key], locked=True)
    known = journal.currency_of(DEPOSITS, key)
    if known is None:
        raise NotFound(
            f"There is no deposit {reference!r}.", hint="`entrepot cost deposit` books one."
        )
    if known != currency:
        raise InputError(
            f"deposit {reference} is in {known}, this is in {currency}.", where="deposit"
        )
    value, beyond = journal.carried(DEPOSITS, key, -limit)
    used = limit + beyond
    if not used:
        raise Conflict(f"Nothing is left of deposit {reference}.")
    own = Original(currency, -used) if currency != journal.currency else None
    item = journal.owe(DEPOSITS, key, 0, value, None, original=own)
    entry.add(DEPOSITS, value, Dimensions(), item_id=item, original=own)
    return Prepaid(used, -value)
