"""The posting rules of settlements by name: which accounts an amount of a statement moves.

What a platform settles stands on 1220 as one open item for each statement. Each rule takes its
part from there: the statement's item is debited with what is money for the seller.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal

IN_TRANSIT = "1060"
RECEIVABLE = "1210"
BALANCE = "1220"
RESERVE = "1225"
SUSPENSE = "1590"
ACCRUED_FEES = "2150"
MARKETPLACE_TAX = "2310"


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

    def write(self, entry: EntryDraft, journal: Journal, ids: Iterator[int]) -> None:
        """Add the postings to an entry; the journal must know the items that exist."""
        for (leg, _), amount in self._amounts.items():
            item_id = None
            if (item := leg.item) is not None:
                new = next(ids)
                item_id = journal.owe(leg.account, item.key, new, amount, item.order_id)
            entry.add(leg.account, amount, leg.dimensions, tag=leg.tag, item_id=item_id)


def settle(legs: Legs, source: Leg, amount: int) -> None:
    """Take an amount from where it stands so far: the statement's balance, or suspense."""
    legs.debit(source, amount)


def clear_receivable(legs: Legs, where: Dimensions, item: Item, amount: int) -> None:
    """Rule 6: what the platform owes for an order is settled."""
    legs.debit(Leg(RECEIVABLE, where, item=item), -amount)


def pass_tax_through(legs: Legs, where: Dimensions, amount: int) -> None:
    """Rules 6 and 9: tax that the platform collects and remits comes and goes by 2310."""
    legs.debit(Leg(MARKETPLACE_TAX, where), -amount)


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
