"""Movements of the balance as lines of a settlement: eBay's own words, with a sign for the seller.

A sale is told with its fees taken off; here both stand beside each other. What eBay collects as tax
never reaches the balance: it comes with the buyer's payment, and goes at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from addons.ebay.amounts import Document
from addons.ebay.amounts import amount_of
from core.api import FeeCode
from core.api import MappingError
from core.api import choice
from core.api import moment

GROSS = "gross"
BUYERS_TAX, EBAYS_TAX = "tax_of_buyer", "ebay_collected_tax"
UNNAMED = "FEES_WITHOUT_A_NAME"
"""What eBay took beside the fees that it names: nobody knows what for."""
ENTRIES = {"CREDIT": 1, "DEBIT": -1}
SALE = "SALE"
OF_ORDERS = (SALE, "REFUND")
TAX = ("eBayCollectedTaxAmount", "ebayCollectedTaxAmount")
"""eBay's documents and its answers do not spell it alike."""


@dataclass(frozen=True)
class Movement:
    """One amount, with its code; positive is money for the seller."""

    code: FeeCode
    amount: int
    at: datetime
    order: str
    item: str = ""


def movements_of(row: Document, currency: str) -> Iterator[Movement]:
    """Yield the amounts of a movement; together they are what it changed the balance by.

    Raises: MappingError when they are not, or a field has no certain meaning.
    """
    kind, at = row["transactionType"], moment(row["transactionDate"], path="transactionDate")
    sign = choice(row["bookingEntry"], ENTRIES, path="bookingEntry")
    changed = sign * amount_of(row["amount"], currency, "amount")
    order = order_of(row)
    if kind not in OF_ORDERS or "totalFeeBasisAmount" not in row:
        name = str(row.get("feeType") or GROSS)
        yield Movement(FeeCode(kind, "", name), changed, at, order)
        return
    gross = sign * amount_of(row["totalFeeBasisAmount"], currency, "totalFeeBasisAmount")
    tax = sign * sum(amount_of(row.get(name), currency, name) for name in TAX)
    yield Movement(FeeCode(kind, "", GROSS), gross, at, order)
    for name, amount in ((BUYERS_TAX, tax), (EBAYS_TAX, -tax)):
        if amount:
            yield Movement(FeeCode(kind, "", name), amount, at, order)
    fees = list(_fees(row, currency, -sign, at, order))
    yield from fees
    taken = -sign * amount_of(row.get("totalFeeAmount"), currency, "totalFeeAmount")
    if rest := taken - sum(fee.amount for fee in fees):
        yield Movement(FeeCode(kind, "", UNNAMED), rest, at, order)
    if gross + taken != changed:
        raise MappingError("amount", row["amount"]["value"], hint="It is not what its parts are.")


def order_of(row: Document) -> str:
    """Return the order that a movement belongs to, nothing where eBay names none."""
    if row.get("orderId"):
        return str(row["orderId"])
    for each in row.get("references") or ():
        if each.get("referenceType") == "ORDER_ID":
            return str(each["referenceId"])
    return ""


def _fees(row: Document, currency: str, sign: int, at: datetime, order: str) -> Iterator[Movement]:
    """Yield the fees of each line; with a refund they come back."""
    for line in row.get("orderLineItems") or ():
        for fee in line.get("marketplaceFees") or ():
            amount = sign * amount_of(fee["amount"], currency, "marketplaceFees.amount")
            if amount:
                code = FeeCode(row["transactionType"], "", fee["feeType"])
                yield Movement(code, amount, at, order, str(line.get("lineItemId") or ""))
