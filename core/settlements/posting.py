"""The posting rules of settlements by name: which accounts an amount of a statement moves.

What a platform settles stands on 1220 as one open item for each statement. Each rule takes its
part from there: the statement's item is debited with what is money for the seller.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from collections.abc import Iterator
from typing import NamedTuple

from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal
from core.ledger.journal import Original
from core.rates.rate import Rate

IN_TRANSIT = "1060"
RECEIVABLE = "1210"
BALANCE = "1220"
RESERVE = "1225"
SUSPENSE = "1590"
ACCRUED_FEES = "2150"
MARKETPLACE_TAX = "2310"
EXCHANGE = "9000"


class Item(NamedTuple):
    """An open item by its key within its account; `order_id` where it is an order's."""

    key: str
    order_id: int | None = None


class Leg(NamedTuple):
    """Where an amount goes, apart from how much: amounts of one leg are added up."""

    account: str
    dimensions: Dimensions
    tag: str = "actual"
    item: Item | None = None


class Legs:
    """What an entry will move, added up by leg and side; debit positive.

    The two sides are kept apart: tax that comes and goes is seen, although it nets to zero.
    """

    def __init__(self) -> None:
        self._amounts: defaultdict[tuple[Leg, bool], int] = defaultdict(int)

    def debit(self, leg: Leg, amount: int) -> None:
        """Add to what a leg is debited with, or credited where the amount is negative."""
        if amount:
            self._amounts[leg, amount > 0] += amount

    def items(self) -> Iterator[tuple[str, str]]:
        """Yield account and key of the open items that are touched."""
        return ((leg.account, leg.item.key) for leg, _ in self._amounts if leg.item is not None)

    def write(
        self,
        entry: EntryDraft,
        journal: Journal,
        ids: Iterator[int],
        rate: Rate | None = None,
        rest: Leg | None = None,
    ) -> None:
        """Add the postings to an entry; the journal must know the items that exist.

        With a rate, what lessens an open item takes its share of the item's value in the books, and
        what else there is is converted; the leg `rest` takes what makes the entry balance. Where
        there is none, the difference is realised: what was carried is worth another value now.
        """
        if rate is not None:
            self._convert(entry, journal, ids, rate, rest)
            return
        for (leg, _), amount in self._amounts.items():
            item_id = None
            if (item := leg.item) is not None:
                new = next(ids)
                item_id = journal.owe(leg.account, item.key, new, amount, item.order_id)
            entry.add(leg.account, amount, leg.dimensions, tag=leg.tag, item_id=item_id)

    def moved(self, journal: Journal, source: Leg) -> Leg:
        """Return the leg that takes the rest where money only moves: the one that grows by it."""
        for leg, side in self._amounts:
            if leg != source and leg.item is not None:
                amount = self._amounts[leg, side]
                lessens = journal.carried(leg.account, leg.item.key, amount)[1] == 0
                return source if lessens else leg
        return source

    def unowed(self, sources: Collection[Leg]) -> Leg | None:
        """Return the last leg without an open item beside the sources, which takes the rest.

        There is none where an order is settled: what it was sold for is worth what it was then.
        """
        if any(leg.account == RECEIVABLE for leg, _ in self._amounts):
            return None
        found = [leg for leg, _ in self._amounts if leg.item is None and leg not in sources]
        return found[-1] if found else None

    def _convert(
        self,
        entry: EntryDraft,
        journal: Journal,
        ids: Iterator[int],
        rate: Rate,
        rest: Leg | None,
    ) -> None:
        entry.rate = rate.note
        sides = [key for key in self._amounts if key[0] == rest]
        last, total = (sides[-1] if sides else None), 0
        for (leg, side), amount in self._amounts.items():
            if (leg, side) == last:
                continue
            carried, beyond = 0, amount
            if leg.item is not None:
                carried, beyond = journal.carried(leg.account, leg.item.key, amount)
            value = carried + rate.convert(beyond)
            _post(entry, journal, ids, leg, value, rate.original(amount))
            total += value
        if last is not None:
            _post(entry, journal, ids, last[0], -total, rate.original(self._amounts[last]))
        elif total:
            entry.add(EXCHANGE, -total, Dimensions(), tag="conversion")


def _post(
    entry: EntryDraft,
    journal: Journal,
    ids: Iterator[int],
    leg: Leg,
    value: int,
    original: Original | None,
) -> None:
    item_id = None
    if (item := leg.item) is not None:
        new = next(ids)
        item_id = journal.owe(leg.account, item.key, new, value, item.order_id, original=original)
    entry.add(leg.account, value, leg.dimensions, tag=leg.tag, item_id=item_id, original=original)


def settle(legs: Legs, source: Leg, amount: int) -> None:
    """Take an amount from where it stands so far: the statement's balance, or suspense."""
    legs.debit(source, amount)


def clear_receivable(legs: Legs, where: Dimensions, item: Item, amount: int) -> None:
    """Rule 6: what the platform owes for an order is settled."""
    legs.debit(Leg(RECEIVABLE, where, item=item), -amount)


def pass_tax_through(legs: Legs, where: Dimensions, amount: int, item: Item | None = None) -> None:
    """Rules 6 and 9: tax that the platform collects and remits comes and goes by 2310."""
    legs.debit(Leg(MARKETPLACE_TAX, where, item=item), -amount)


def release_estimate(
    legs: Legs, where: Dimensions, account: str, item: Item, cost: int, released: int
) -> None:
    """Rule 6: an estimated fee came; what differs is a true-up on the fee's own account."""
    order = where._replace(line_id=None, sku_id=None)
    legs.debit(Leg(ACCRUED_FEES, order, item=item), released)
    legs.debit(Leg(account, where, "trueup"), cost - released)


def book_amount(
    legs: Legs, where: Dimensions, account: str, amount: int, tag: str = "actual"
) -> None:
    """Rules 7, 9, 13 and 16: fees, refunds and reimbursements go on their natural account."""
    legs.debit(Leg(account, where, tag), -amount)


def suspend(legs: Legs, where: Dimensions, item: Item, amount: int) -> None:
    """Rule 8: what nobody understands yet stands on 1590, where closing the month sees it."""
    legs.debit(Leg(SUSPENSE, where, item=item), -amount)


def hold_reserve(legs: Legs, where: Dimensions, item: Item, amount: int) -> None:
    """Rule 17: what the platform keeps back, and gives back by the next statement."""
    legs.debit(Leg(RESERVE, where, item=item), -amount)


def carry_over(legs: Legs, where: Dimensions, item: Item, amount: int) -> None:
    """Rule 20: a balance that the seller owes goes from one statement to the next."""
    legs.debit(Leg(BALANCE, where, item=item), -amount)


def move_money(legs: Legs, where: Dimensions, item: Item, amount: int) -> None:
    """Rules 18 and 20: a payout leaves, or a charge comes, until the bank tells of it."""
    legs.debit(Leg(IN_TRANSIT, where, item=item), -amount)
