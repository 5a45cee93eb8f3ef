"""From rows to what they move: each group of rows by the rules that its codes stand for.

The rows of one order and kind are judged together, since tax and what withholds it, estimates and
what was owed only make sense side by side. Nothing is asked of the database here.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.fees.dictionary import Category
from core.fees.dictionary import Dictionary
from core.fees.dictionary import FeeCode
from core.fees.dictionary import FeeRule
from core.fees.estimating import BOUGHT
from core.ledger.journal import Dimensions
from core.money import allocate
from core.settlements import posting
from core.settlements.known import Known
from core.settlements.known import KnownOrder
from core.settlements.known import OpenEstimate
from core.settlements.models import Statement
from core.settlements.posting import Item
from core.settlements.posting import Leg
from core.settlements.posting import Legs

APPLIED = "applied"
SUSPENSE = "suspense"
DEFERRED = "deferred"

UNKNOWN_CODE = "unknown_code"
UNEXPECTED_SIGN = "unexpected_sign"
LATE_ORDER = "late_order"

REFUNDS = "4200"


@dataclass(slots=True)
class Judged:
    """A row with what it turned out to be and where it was booked."""

    row: Any
    rule: FeeRule | None
    where: Dimensions
    category: Category
    account: str = ""
    outcome: str = APPLIED
    reason: str | None = None
    took_tax: int = 0
    is_remitted: bool = False


class Deriver:
    """What holds for all rows of a statement while they are judged."""

    def __init__(self, statement: Statement, dictionary: Dictionary, known: Known) -> None:
        self.statement = statement
        self.dictionary = dictionary
        self.known = known
        house = f"{statement.platform}/{statement.account}"
        self.own = Item(statement.key)
        self.reserve = Item(f"{house}/reserve/{statement.currency}")
        self.carry = Item(f"{house}/carry/{statement.currency}")
        self.changed: dict[int, OpenEstimate] = {}
        self.fresh: dict[tuple[int, str], OpenEstimate] = {}
        self.drift: dict[tuple[int, str, str], list[int]] = {}
        self.touched: dict[int, KnownOrder] = {}
        self._rules: dict[tuple[str, str, str, date], FeeRule | None] = {}

    def derive(self, rows: Sequence[Any], legs: Legs) -> list[Judged]:
        """Judge the rows of one group and add to what their entry moves.

        The caller takes the amounts from where they stand.
        """
        order = self.known.orders.get(rows[0].order_ref)
        judged = [self._judge(row, order) for row in rows]
        self._withhold(judged, order)
        if order is not None:
            self.touched[order.id] = order
            self._clear(judged, order, legs)
            self._estimated(judged, order, legs)
        remitted = order is not None and not any(each.took_tax for each in judged)
        for each in judged:
            withheld = each.category is Category.WITHHELD and each.outcome == APPLIED
            if withheld and remitted and order is not None:
                self._remit(each, order, legs)
            self._book(each, legs)
        return judged

    def is_understood(self, row: Any) -> bool:
        """Say whether a row in suspense can be booked now."""
        rule = self._rule(row)
        if rule is None or rule.category is Category.UNKNOWN or not rule.fits(row.amount):
            return False
        of_sale = rule.category in (Category.SALE, Category.SALE_TAX)
        return not of_sale or row.order_ref in self.known.orders

    def is_sale(self, rows: Iterable[Any]) -> bool:
        """Say whether a group tells of a sale, rather than of what came after it."""
        return any(
            rule is not None and rule.category is Category.SALE
            for rule in (self._rule(row) for row in rows)
        )

    def moves(self, row: Any) -> bool:
        """Say whether a row only moves money: a reserve, what is carried over, a payout."""
        rule = self._rule(row)
        return rule is not None and rule.category in MOVES

    def source(self, judged: Sequence[Judged], order_ref: str) -> Leg:
        """Return where the amounts of a fresh group stand: the balance of the statement."""
        order = self.known.orders.get(order_ref)
        if order is None:
            where = Dimensions(judged[0].where.shop_id)
        else:
            where = Dimensions(order.shop_id, order.country, order.id)
        return Leg(posting.BALANCE, where, item=self.own)

    def where(self, row: Any, order: KnownOrder | None) -> Dimensions:
        """Return what a row concerns."""
        if order is None:
            sku_id = self.known.skus.get(row.sku)
            return Dimensions(self.known.shop(row.marketplace), sku_id=sku_id)
        line = order.line(row.item_ref, row.sku)
        sku_id = line.sku_id if line is not None else self.known.skus.get(row.sku)
        return Dimensions(
            order.shop_id, order.country, order.id, line.id if line is not None else None, sku_id
        )

    def placed(self, where: Dimensions, account: str) -> Dimensions:
        """Return what an amount concerns on an account.

        The tax on a platform's own invoice is that of the country where the seller is established,
        wherever the order went that it invoices: returns find input tax by its country.
        """
        if account not in self.dictionary.input_accounts:
            return where
        return where._replace(country=self.known.home)

    def _rule(self, row: Any) -> FeeRule | None:
        key = (row.kind, row.code_group, row.name, row.posted_on)
        try:
            return self._rules[key]
        except KeyError:
            rule = self._rules[key] = self.dictionary.find(FeeCode(*key[:3]), row.posted_on)
            return rule

    def _judge(self, row: Any, order: KnownOrder | None) -> Judged:
        rule = self._rule(row)
        where = self.where(row, order)
        if row.amount == 0 and rule is None:
            # A row that tells of no money, such as the quantity of a line, has nothing to book.
            return Judged(row, None, where, Category.OTHER)
        if rule is None or rule.category is Category.UNKNOWN:
            return _suspended(Judged(row, rule, where, Category.UNKNOWN), UNKNOWN_CODE)
        where = self.placed(where, rule.account)
        judged = Judged(row, rule, where, rule.category, rule.account)
        if not rule.fits(row.amount):
            return _suspended(judged, UNEXPECTED_SIGN)
        return judged

    def _withhold(self, judged: Sequence[Judged], order: KnownOrder | None) -> None:
        """Let tax that the platform keeps go by 2310, where the sale did not book it as such."""
        left = -sum(j.row.amount for j in judged if j.category is Category.WITHHELD)
        if not left:
            return
        for each in _applied(judged, Category.SALE_TAX, Category.REFUND_TAX):
            # With 2310 booked by the sale or its return the tax is part of what is owed.
            if order is not None and _booked_tax(order, each.category):
                continue
            taken = min(each.row.amount, left, key=abs) if left * each.row.amount > 0 else 0
            # A row stands in suspense whole or not at all.
            if order is not None or taken == each.row.amount:
                each.took_tax = taken
                left -= taken

    def _clear(self, judged: Sequence[Judged], order: KnownOrder, legs: Legs) -> None:
        """Settle what was owed for the order, or owed back to its buyer."""
        where = Dimensions(order.shop_id, order.country, order.id)
        sale = _applied(judged, Category.SALE, Category.SALE_TAX)
        self._take(order, sale, _rest(sale), legs, where)
        back = _applied(judged, Category.REFUND, Category.REFUND_TAX)
        owed = order.owed_back()
        if not back or not owed:
            return
        total = _rest(back)
        cleared = max(min(total, 0), owed)
        self._take(order, back, cleared, legs, where)
        if total != cleared:
            posting.book_amount(legs, where, REFUNDS, total - cleared, "trueup")

    @staticmethod
    def _take(
        order: KnownOrder, rows: Sequence[Judged], amount: int, legs: Legs, where: Dimensions
    ) -> None:
        for item, part in order.take(amount) if amount else ():
            posting.clear_receivable(legs, where, item, part)
        for each in rows:
            each.account = posting.RECEIVABLE

    def _estimated(self, judged: Sequence[Judged], order: KnownOrder, legs: Legs) -> None:
        """Let fees that came take the place of their estimates; what differs is a true-up."""
        costs: dict[tuple[str, int | None], int] = {}
        for each in judged:
            if each.category is Category.FEE and each.row.amount < 0 and each.outcome == APPLIED:
                key = (each.account, each.where.line_id)
                if _estimates(order, *key):
                    costs[key] = costs.get(key, 0) - each.row.amount
                    each.category = Category.ESTIMATED
                else:
                    self._unforeseen(order, each)
        for (account, line_id), cost in costs.items():
            self._spread(order, _estimates(order, account, line_id), cost, legs)
        # What nothing came for was never charged; what a refund costs comes with the refund.
        kinds = {j.category for j in judged}
        of_sale = Category.SALE in kinds and order.is_settled
        of_refund = Category.REFUND in kinds and not order.owed_back()
        for estimate in order.estimates:
            if estimate.estimator == BOUGHT:
                # What was bought is charged, be it later or by another statement.
                continue
            if estimate.open and (of_sale if estimate.of_sale else of_refund):
                self._release(order, estimate, 0, legs)

    def _unforeseen(self, order: KnownOrder, each: Judged) -> None:
        """Keep what a fee of a line cost that nobody estimated: the next one is foreseen by it."""
        if each.where.line_id not in order.lines:
            return
        order_id, key = order.lines[each.where.line_id]
        name = (each.where.line_id, each.account)
        found, before = self.fresh.get(name), (0, 0, 0)
        if found is None:
            found = self.fresh[name] = OpenEstimate(
                0, order_id, key, *name, each.where.sku_id, of_sale=True, estimator="", estimated=0
            )
        else:
            before = found.settled
        found.actual -= each.row.amount
        self._drifted(order, found, before)

    def _drifted(
        self, order: KnownOrder, estimate: OpenEstimate, before: tuple[int, int, int]
    ) -> None:
        """Add what an estimate tells of its estimator in place of what it told before."""
        key = (order.shop_id, estimate.account, estimate.estimator)
        sums = self.drift.setdefault(key, [0, 0, 0])
        for place, value in enumerate(estimate.settled):
            sums[place] += value - before[place]

    def _spread(
        self, order: KnownOrder, found: Sequence[OpenEstimate], cost: int, legs: Legs
    ) -> None:
        if len(found) == 1:
            self._release(order, found[0], cost, legs)
            return
        weights = [estimate.open for estimate in found]
        for estimate, share in zip(found, allocate(cost, weights), strict=True):
            self._release(order, estimate, share, legs)

    def _release(self, order: KnownOrder, estimate: OpenEstimate, cost: int, legs: Legs) -> None:
        # While parts of the order are still to come, a later fee may use what is left.
        released = estimate.open if order.is_settled else min(cost, estimate.open)
        if not cost and not released:
            return
        before = estimate.settled
        estimate.open -= released
        estimate.actual += cost
        self._drifted(order, estimate, before)
        self.changed[estimate.id] = estimate
        where = Dimensions(
            order.shop_id, order.country, order.id, estimate.line_id, estimate.sku_id
        )
        item = Item(f"{estimate.key}/{estimate.account}")
        posting.release_estimate(legs, where, estimate.account, item, cost, released)

    @staticmethod
    def _remit(each: Judged, order: KnownOrder, legs: Legs) -> None:
        """Let tax that the platform keeps clear what the order's documents owe of it."""
        for item, part in order.take_tax(each.row.amount):
            posting.pass_tax_through(legs, each.where, part, item)
        each.account, each.is_remitted = posting.MARKETPLACE_TAX, True

    def _book(self, each: Judged, legs: Legs) -> None:
        """Book what belongs to no open item of the order."""
        amount = each.row.amount
        if each.took_tax:
            posting.pass_tax_through(legs, each.where, each.took_tax)
            amount -= each.took_tax
            each.account = each.account if amount else posting.MARKETPLACE_TAX
        done = each.is_remitted or each.category is Category.ESTIMATED
        if done or not amount or each.account == posting.RECEIVABLE:
            return
        if each.outcome == SUSPENSE:
            posting.suspend(legs, each.where, self.own, amount)
        elif each.category in (Category.SALE, Category.SALE_TAX):
            _suspended(each, LATE_ORDER)
            posting.suspend(legs, each.where, self.own, amount)
        elif each.category is Category.WITHHELD:
            each.account = posting.MARKETPLACE_TAX
            posting.pass_tax_through(legs, each.where, amount)
        elif (rule := _BALANCE_RULES.get(each.category)) is not None:
            each.account, post = rule
            items = {Category.RESERVE: self.reserve, Category.CARRY: self.carry}
            post(legs, each.where, items.get(each.category, self.own), amount)
        else:
            tag = "refund" if each.category is Category.FEE and amount > 0 else "actual"
            posting.book_amount(legs, each.where, each.account, amount, tag)


MOVES = frozenset({Category.RESERVE, Category.CARRY, Category.TRANSFER})
"""Rows that move money and are neither income nor cost."""

_BALANCE_RULES = {
    Category.RESERVE: (posting.RESERVE, posting.hold_reserve),
    Category.CARRY: (posting.BALANCE, posting.carry_over),
    Category.TRANSFER: (posting.IN_TRANSIT, posting.move_money),
}


def _suspended(judged: Judged, reason: str) -> Judged:
    judged.outcome, judged.reason, judged.account = SUSPENSE, reason, posting.SUSPENSE
    return judged


def _applied(judged: Iterable[Judged], *categories: Category) -> list[Judged]:
    return [j for j in judged if j.category in categories and j.outcome == APPLIED]


def _booked_tax(order: KnownOrder, category: Category) -> bool:
    return bool(order.sold_tax if category is Category.SALE_TAX else order.returned_tax)


def _rest(judged: Iterable[Judged]) -> int:
    return sum(each.row.amount - each.took_tax for each in judged)


def _estimates(order: KnownOrder, account: str, line_id: int | None) -> list[OpenEstimate]:
    """Return the estimates that a fee takes the place of: its line's, else all of the account."""
    found = [each for each in order.estimates if each.account == account]
    return [each for each in found if each.line_id == line_id] or found
