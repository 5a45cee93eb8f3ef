"""The posting rules of a payment provider by name: which accounts a payment moves.

What a provider such as Shopify Payments, PayPal or Stripe holds for the seller stands on 1230 as
one open item for each provider and currency. What a buyer has paid before the goods leave is a
deposit (2170) and no revenue; it is not revalued.
Source: DOMAIN §2.3 rules 2, 5, 7, 9, 13, 14, 17, 18, 20.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal
from core.rates.rate import Rate

IN_TRANSIT = "1060"
RECEIVABLE = "1210"
BALANCE = "1230"
HOLD = "1235"
DEPOSITS = "2170"
IMPORT_CHARGES = "2340"
REFUNDS = "4200"
PAYMENT_FEES = "6090"
CHARGEBACKS = "6095"
EXCHANGE = "9000"
ITEMS, ENTRIES = "psp/", "psp:"
"""How the keys of what providers hold and pay out begin, and those of the entries of that."""


class Paid(NamedTuple):
    """A payment on its way into the books: its entry, and what it concerns.

    `amount` and `fee` are positive minor units of the rate's currency. `provider` is the key of the
    provider's balance, `order` that of the order's items, `notes` those of what is owed back.
    """

    entry: EntryDraft
    rate: Rate
    amount: int
    fee: int
    import_charges: int
    provider: str
    order: str
    where: Dimensions
    reference: str
    notes: tuple[str, ...] = ()


class PaymentBook:
    """The journal and the ids with which payments are booked."""

    def __init__(self, journal: Journal, ids: Iterator[int]) -> None:
        self.journal = journal
        self.ids = ids

    def receive_payment(self, paid: Paid) -> None:
        """Rule 2: paid on the own site; what has left already was owed, the rest is a deposit.

        The provider's fee is a cost at once. Duty and tax that are collected for the import of the
        parcel are the buyer's money (2340).
        """
        goods = paid.amount - paid.import_charges
        owed = max(0, min(goods, self.journal.open_amount(RECEIVABLE, paid.order)))
        self._take(paid, RECEIVABLE, paid.order, -owed)
        self._take(paid, DEPOSITS, paid.order, owed - goods)
        worth = paid.rate.convert(-paid.import_charges)
        charges = paid.rate.original(-paid.import_charges)
        paid.entry.add(IMPORT_CHARGES, worth, paid.where, original=charges)
        self.charge_fee(paid, PAYMENT_FEES)
        self._hold(paid, paid.amount - paid.fee)

    def give_back(self, paid: Paid) -> None:
        """Rule 9: money goes back to a buyer, first from his deposit, then as a refund was booked.

        What neither explains was given back without a return: a refund of its own.
        """
        deposit = -self.journal.open_amount(DEPOSITS, paid.order)
        from_deposit = max(0, min(paid.amount, deposit))
        self._take(paid, DEPOSITS, paid.order, from_deposit)
        left = paid.amount - from_deposit
        for key in (*paid.notes, paid.order):
            due = max(0, min(left, -self.journal.open_amount(RECEIVABLE, key)))
            self._take(paid, RECEIVABLE, key, due)
            left -= due
        self._plain(paid, REFUNDS, left, "refund")
        self.charge_fee(paid, PAYMENT_FEES)
        self._hold(paid, -paid.amount - paid.fee)

    def open_dispute(self, paid: Paid) -> None:
        """Rule 14: a buyer disputes a payment: the provider holds it back, and asks a fee."""
        self.charge_fee(paid, CHARGEBACKS)
        self._hold(paid, -paid.fee)
        self._move(paid, BALANCE, paid.provider, HOLD, paid.order, paid.amount)

    def win_dispute(self, paid: Paid) -> None:
        """Rule 14: the dispute is won, what was held back is the seller's again."""
        self._move(paid, HOLD, paid.order, BALANCE, paid.provider, paid.amount)

    def lose_dispute(self, paid: Paid) -> None:
        """Rule 13: the dispute is lost: what was held back is gone, and a cost of the order."""
        carried, beyond = self.journal.carried(HOLD, paid.order, -paid.amount)
        value = carried - paid.rate.convert(-beyond)
        self._post(paid, HOLD, paid.order, value, -paid.amount)
        own = paid.rate.original(paid.amount)
        paid.entry.add(CHARGEBACKS, -value, paid.where, original=own)

    def charge_fee(self, paid: Paid, account: str) -> None:
        """Rule 7: the provider's fee on its natural account; one given back is negative."""
        self._plain(paid, account, paid.fee, "actual")

    def charge(self, paid: Paid) -> None:
        """Rule 7: a fee by itself, of an order or of none."""
        self._plain(paid, PAYMENT_FEES, paid.amount, "actual")
        self._hold(paid, -paid.amount)

    def return_fee(self, paid: Paid) -> None:
        """Rule 7: a fee is given back."""
        self._plain(paid, PAYMENT_FEES, -paid.amount, "actual")
        self._hold(paid, paid.amount)

    def hold_reserve(self, paid: Paid) -> None:
        """Rule 17: the provider keeps some of its balance back."""
        self._move(paid, BALANCE, paid.provider, HOLD, paid.provider, paid.amount)

    def release_reserve(self, paid: Paid) -> None:
        """Rule 17: what was kept back can be paid out again."""
        self._move(paid, HOLD, paid.provider, BALANCE, paid.provider, paid.amount)

    def pay_out(self, paid: Paid) -> None:
        """Rules 18, 20: the provider pays out, or takes what it is owed from the bank.

        It goes at what it carries until the bank tells of it.
        """
        self._move(paid, BALANCE, paid.provider, IN_TRANSIT, paid.reference, paid.amount)

    def finish(self, paid: Paid) -> None:
        """Let what was carried and what the day's rate says differ by a gain or loss (9000)."""
        paid.entry.rate = paid.rate.note
        difference = -sum(posting.amount for posting in paid.entry.postings)
        if difference:
            paid.entry.add(EXCHANGE, difference, Dimensions(), tag="conversion")

    def _plain(self, paid: Paid, account: str, amount: int, tag: str) -> None:
        value, own = paid.rate.convert(amount), paid.rate.original(amount)
        paid.entry.add(account, value, paid.where, tag=tag, original=own)

    def _hold(self, paid: Paid, amount: int) -> None:
        """Raise or lower what the provider holds; what leaves goes at what it carries."""
        self._take(paid, BALANCE, paid.provider, amount)

    def _move(
        self, paid: Paid, source: str, source_key: str, target: str, target_key: str, amount: int
    ) -> None:
        """Let an amount go from one item to another at what it carries."""
        carried, beyond = self.journal.carried(source, source_key, -amount)
        value = carried - paid.rate.convert(-beyond)
        self._post(paid, source, source_key, value, -amount)
        self._post(paid, target, target_key, -value, amount)

    def _take(self, paid: Paid, account: str, key: str, amount: int) -> None:
        """Change an item: what lessens it takes its share, the rest is worth the day's rate."""
        if amount:
            carried, beyond = self.journal.carried(account, key, amount)
            self._post(paid, account, key, carried + paid.rate.convert(beyond), amount)

    def _post(self, paid: Paid, account: str, key: str, value: int, amount: int) -> None:
        original = paid.rate.original(amount)
        order_id = paid.where.order_id if key == paid.order else None
        item = self.journal.owe(
            account, key, next(self.ids), value, order_id, original=original
        )  # fmt: skip
        where = paid.where if key == paid.order else Dimensions(paid.where.shop_id)
        paid.entry.add(account, value, where, item_id=item, original=original)
