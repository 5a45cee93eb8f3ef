"""Which accounts a line of a sales document is booked on."""

from __future__ import annotations

from typing import NamedTuple

from core.channels.connector import LineKind
from core.errors import InputError
from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal
from core.tax.deciding import Decided

RECEIVABLE = "1210"
COGS = "5000"
STOCK_LOSS = "5100"
STOCK_COUNT = "5130"

TAXED = frozenset(
    {
        LineKind.SALE,
        LineKind.RETURN,
        LineKind.POSTAGE,
        LineKind.DISCOUNT,
        LineKind.ADJUSTMENT,
    }
)
"""Lines of which a tax regime decides; the others stand outside the scope of a sale's tax."""

STOCKED = frozenset({LineKind.SALE, LineKind.RETURN, LineKind.WRITE_OFF, LineKind.STOCK_GAIN})
"""Lines that move goods."""

ADJUSTING = frozenset({LineKind.WRITE_OFF, LineKind.STOCK_GAIN})
"""Lines that correct the stock and belong to no sale."""

_ACCOUNTS = {
    LineKind.SALE: ("4000", "4000"),
    LineKind.RETURN: ("4200", "4200"),
    LineKind.POSTAGE: ("4010", "4210"),
    LineKind.DISCOUNT: ("4100", "4100"),
    LineKind.ADJUSTMENT: ("4020", "4220"),
    LineKind.SAMPLE: ("7050", "7050"),
    LineKind.VOUCHER: ("2170", "2170"),
    LineKind.WRITE_OFF: (STOCK_LOSS, STOCK_LOSS),
    LineKind.STOCK_GAIN: (STOCK_COUNT, STOCK_COUNT),
}


_TITLES = {"sale": "Sale", "credit_note": "Credit note", "charge": "Charge"}


class BookableLine(NamedTuple):
    """A line with all that its postings need; amounts in minor units, signed for the seller.

    `cost` is what its goods cost: positive when they left, negative when they came back.
    """

    account: str
    net: int
    tax: int
    tax_account: str
    decision_id: int | None
    cost: int
    inventory_account: str
    dimensions: Dimensions


def title_of(kind: str, ref: str) -> str:
    """Return the narration of a document's entry."""
    return f"{_TITLES[kind]} {ref}"


def account_of(kind: LineKind, net: int, override: str | None) -> str:
    """Return the account of a line's net amount; a mapping may name another one.

    Raises: InputError for a fee without an account, since fees differ.
    """
    if override:
        return override
    if kind not in _ACCOUNTS:
        raise InputError(
            f"A line of kind {kind} has no account.",
            hint='Name one in the mapping\'s rule, such as account = "6000".',
        )
    income, refund = _ACCOUNTS[kind]
    return income if net >= 0 else refund


def book_line(entry: EntryDraft, line: BookableLine) -> int:
    """Add a line's postings to an entry and return what the buyer owes for it, tax included."""
    entry.add(line.account, -line.net, line.dimensions, decision_id=line.decision_id)
    entry.add(line.tax_account, -line.tax, line.dimensions, decision_id=line.decision_id)
    entry.add(COGS, line.cost, line.dimensions)
    entry.add(line.inventory_account, -line.cost, line.dimensions)
    return line.net + line.tax


def owe(
    journal: Journal, entry: EntryDraft, key: str, item_id: int, amount: int, shop: Dimensions
) -> None:
    """Add to an entry what the buyer owes in all, as an open item of the document."""
    if amount and shop.order_id is not None:
        item = journal.owe(RECEIVABLE, key, item_id, amount, shop.order_id)
        entry.add(RECEIVABLE, amount, shop, item_id=item)


def known_accounts_only(decided: Decided, journal: Journal) -> Decided:
    """Let lines wait whose tax would be booked on an account that the chart does not have."""
    lacking = {
        facts: decision
        for facts, (_, decision) in decided.decisions.items()
        if not journal.knows(decision.account)
    }
    if not lacking:
        return decided
    reasons = {
        facts: f"{decision.regime} books on account {decision.account}, which the chart lacks."
        for facts, decision in lacking.items()
    }
    known = {facts: found for facts, found in decided.decisions.items() if facts not in lacking}
    return Decided(known, {**decided.unresolved, **reasons})
