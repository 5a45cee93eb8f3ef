"""Which accounts a line of a sales document is booked on."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from core.channels.connector import LineKind
from core.errors import InputError
from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal
from core.money import minor_digits
from core.rates.finding import Rates
from core.rates.rate import Rate
from core.tax.booking import LineTaxes
from core.tax.deciding import Decided

RECEIVABLE = "1210"
DEPOSITS = "2170"
MARKETPLACE_TAX = "2310"
COGS = "5000"
STOCK_LOSS = "5100"
STOCK_COUNT = "5130"
EXCHANGE = "9000"

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
    taxes: LineTaxes = ()

    def parts(self) -> Iterable[tuple[int, int, str, int | None]]:
        """Return the net, the tax, its account and the decision of each part of the line.

        A line that bears one tax is one part; of several, each has its own share of the net.
        """
        if not self.taxes:
            return ((self.net, self.tax, self.tax_account, self.decision_id),)
        return ((tax.net, tax.charged, tax.account, tax.decision_id) for tax in self.taxes)


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


class SalesEntry:
    """The entry of a sales document in the making: line by line, then what its buyer owes.

    Each amount in a foreign currency is converted by the document's rate and rounded by itself;
    what is owed is their sum, so that the entry balances. Without a rate the document is in the
    company's own currency.

    What the buyer has paid before (rule 5) is taken from his deposit; a foreign one keeps its worth
    of the day of the payment, and so does the revenue that it pays for.
    """

    def __init__(
        self,
        journal: Journal,
        ids: Iterator[int],
        entry: EntryDraft,
        key: str,
        rate: Rate | None,
    ) -> None:
        self.journal, self.ids, self.entry, self.key, self.rate = journal, ids, entry, key, rate
        self._owed = self._owed_originally = 0
        self._prepaid = self._deposit()
        self._waiting: list[BookableLine] = []
        if rate is not None:
            entry.rate = rate.note

    def _deposit(self) -> int:
        """Return what was paid before; what was paid in another currency pays for nothing here."""
        currency = self.rate.base if self.rate is not None else self.journal.currency
        if self.journal.currency_of(DEPOSITS, self.key) != currency:
            return 0
        return -self.journal.open_amount(DEPOSITS, self.key)

    def add(self, line: BookableLine) -> None:
        """Add a line's postings."""
        if self.rate is not None and self._prepaid > 0:
            # How much of the document is prepaid is known with its last line.
            self._waiting.append(line)
            return
        self._add(line)

    def _add(self, line: BookableLine) -> None:
        entry = self.entry
        if self.rate is None:
            for net, tax, account, decision_id in line.parts():
                entry.add(line.account, -net, line.dimensions, decision_id=decision_id)
                entry.add(account, -tax, line.dimensions, decision_id=decision_id)
            self._owed += line.net + line.tax
        else:
            self._convert(line, self.rate)
        entry.add(COGS, line.cost, line.dimensions)
        entry.add(line.inventory_account, -line.cost, line.dimensions)

    def finish(self, shop: Dimensions) -> None:
        """Add what the buyer owes in all, as an open item of the document."""
        paid, value = self._use_deposit(shop) if self._prepaid > 0 else (0, 0)
        item_id, owed = next(self.ids), self._owed - value
        rate, own = self.rate, self._owed_originally - paid
        original = rate.original(own) if rate is not None else None
        if rate is not None and paid and not own and owed:
            # Each line was rounded by itself: the cents are nobody's debt.
            self.entry.add(EXCHANGE, owed, Dimensions(), tag="conversion")
            owed = 0
        if (owed or own) and shop.order_id is not None:
            item = self.journal.owe(
                RECEIVABLE, self.key, item_id, owed, shop.order_id, original=original
            )
            self.entry.add(RECEIVABLE, owed, shop, item_id=item, original=original)

    def _use_deposit(self, shop: Dimensions) -> tuple[int, int]:
        """Rule 5: what was paid before the goods left is earned now; return it and its worth."""
        rate = self.rate
        if rate is None:
            paid = max(0, min(self._owed, self._prepaid))
            value = paid
        else:
            total = sum(net + tax for line in self._waiting for net, tax, _, _ in line.parts())
            paid = max(0, min(total, self._prepaid))
            value, _ = self.journal.carried(DEPOSITS, self.key, paid)
            if paid:
                self.rate = _blended(rate, total, value + rate.convert(total - paid))
                self.entry.rate = self.rate.note
            for line in self._waiting:
                self._add(line)
        if paid:
            original = rate.original(paid) if rate is not None else None
            item = self.journal.owe(
                DEPOSITS, self.key, next(self.ids), value, shop.order_id, original=original
            )
            self.entry.add(DEPOSITS, value, shop, item_id=item, original=original)
        return paid, value

    def _convert(self, line: BookableLine, rate: Rate) -> None:
        for net, tax, account, decision_id in line.parts():
            self._convert_part(line, rate, decision_id, net, account, tax)

    def _convert_part(
        self,
        line: BookableLine,
        rate: Rate,
        decision_id: int | None,
        own_net: int,
        tax_account: str,
        own_tax: int,
    ) -> None:
        net, tax = rate.convert(own_net), rate.convert(own_tax)
        where = line.dimensions
        self.entry.add(
            line.account, -net, where,
            decision_id=decision_id, original=rate.original(-own_net),
        )  # fmt: skip
        item, original = None, rate.original(-own_tax)
        if own_tax and tax_account == MARKETPLACE_TAX:
            # The platform keeps it at another day's rate: it goes as it came.
            item = self.journal.owe(
                MARKETPLACE_TAX, self.key, next(self.ids), -tax, where.order_id, original=original
            )
        if own_tax:
            self.entry.add(
                tax_account, -tax, where,
                decision_id=decision_id, item_id=item, original=original,
            )  # fmt: skip
        self._owed += net + tax
        self._owed_originally += own_net + own_tax


def _blended(rate: Rate, total: int, worth: int) -> Rate:
    """Return the rate by which a document comes to what its deposit and the rest are worth."""
    digits = minor_digits(rate.base) - minor_digits(rate.quote)
    value = Fraction(worth, total) * Fraction(10) ** digits
    return replace(rate, value=value, told=f"{rate.told}; a deposit at its own worth")


def missing_rate(
    journal: Journal, rates: Rates, key: str, currency: str | None, day: date
) -> str | None:
    """Return why a document in a foreign currency cannot be booked yet, None if it can."""
    if currency is None:
        return "Its lines are in several currencies."
    if rates.find(currency, day) is None:
        return rates.missing(currency, day)
    owed = journal.currency_of(RECEIVABLE, key)
    if owed is not None and owed != currency:
        return f"It is in {currency}, what is owed for it so far in {owed}."
    return None


def known_accounts_only(decided: Decided, journal: Journal) -> Decided:
    """Let lines wait whose tax would be booked on an account that the chart does not have."""
    lacking = {
        facts: decision
        for facts, (_, first) in decided.decisions.items()
        for decision in (first, *(levy.decision for _, levy in decided.levies.get(facts, ())))
        if not journal.knows(decision.account)
    }
    if not lacking:
        return decided
    reasons = {
        facts: f"{decision.regime} books on account {decision.account}, which the chart lacks."
        for facts, decision in lacking.items()
    }
    known = {facts: found for facts, found in decided.decisions.items() if facts not in lacking}
    return replace(decided, decisions=known, unresolved={**decided.unresolved, **reasons})
