"""What a batch of rows refers to: orders with their open items, lines, SKUs, shops, estimates."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Listing
from core.catalog.services import skus_by_code
from core.channels.connector import LineKind
from core.channels.models import Shop
from core.db import any_of
from core.db import rows_of
from core.fees.estimating import ACCRUED_FEES
from core.fees.estimating import accrual_of
from core.fees.finality import PARTLY
from core.fees.finality import SETTLED
from core.kernel.companies import company_of
from core.ledger.journal import Journal
from core.orders.external import line_ref
from core.prepared import ask_together
from core.settlements import looking as queries
from core.settlements.models import Statement
from core.settlements.posting import MARKETPLACE_TAX
from core.settlements.posting import RECEIVABLE
from core.settlements.posting import Item


@dataclass(slots=True)
class OpenItem:
    """What is still owed for a document, as it will be when the batch is booked."""

    item: Item
    open: int


@dataclass(slots=True)
class OpenEstimate:
    """What is still accrued of a fee of an order line, and what it has cost so far.

    `order_id` and `key` are those of the document that the line left with. One without an
    `estimator` is a fee that nobody estimated.
    """

    id: int
    order_id: int
    key: str
    line_id: int
    account: str
    sku_id: int | None
    of_sale: bool
    estimator: str
    estimated: int
    reversed: int = 0
    open: int = 0
    actual: int = 0

    @property
    def settled(self) -> tuple[int, int, int]:
        """Return what it adds to how far estimates were off: lines, estimated, actual."""
        if self.open:
            return 0, 0, 0
        return 1, self.estimated - (0 if self.actual else self.reversed), self.actual


@dataclass(slots=True)
class KnownLine:
    """A line that a row may be about."""

    id: int
    sku_id: int | None


@dataclass(slots=True)
class KnownOrder:
    """An order with what it was split into and what came back of it."""

    id: int
    key: str
    shop_id: int
    country: str
    items: list[OpenItem] = field(default_factory=list)
    tax_items: list[OpenItem] = field(default_factory=list)
    by_item: dict[str, KnownLine] = field(default_factory=dict)
    by_code: dict[str, KnownLine | None] = field(default_factory=dict)
    estimates: list[OpenEstimate] = field(default_factory=list)
    lines: dict[int, tuple[int, str]] = field(default_factory=dict)
    parts: list[int] = field(default_factory=list)
    sold_tax: int = 0
    returned_tax: int = 0
    ref: str = ""

    def line(self, item_ref: str, sku: str) -> KnownLine | None:
        """Return the line that a row names; by its code only where that is one line."""
        named = self.by_item.get(item_ref) or self.by_code.get(sku)
        if named is None and item_ref:
            # A line that came through an API is known by a mark of the platform's own id.
            named = self.by_item.get(line_ref(self.ref, item_ref))
        return named

    @property
    def is_settled(self) -> bool:
        """Say whether nothing is owed for the order any more."""
        return not any(each.open > 0 for each in self.items)

    @property
    def finality(self) -> int:
        """Return how final its profit is, now that something of it was settled."""
        waits = any(each.open for each in self.items) or any(each.open for each in self.estimates)
        return PARTLY if waits or not self.items else SETTLED

    def owed_back(self) -> int:
        """Return what was booked as owed to the buyer and is not settled: negative."""
        return sum(each.open for each in self.items if each.open < 0)

    def take(self, amount: int) -> Iterable[tuple[Item, int]]:
        """Settle an amount: items of its sign first; what is more goes on the order's own."""
        parts, rest = _take(self.items, amount)
        if rest:
            parts.append((self._own_item(rest), rest))
        return parts

    def take_tax(self, amount: int) -> Sequence[tuple[Item | None, int]]:
        """Take tax that the platform keeps from the items that hold it; others hold the rest."""
        parts, rest = _take(self.tax_items, amount)
        return [*parts, (None, rest)] if rest else parts

    def _own_item(self, amount: int) -> Item:
        own = next((each for each in self.items if each.item.key == self.key), None)
        if own is None:
            own = OpenItem(Item(self.key, self.id), 0)
            self.items.append(own)
        own.open -= amount
        return own.item


Family = dict[int, tuple[str, KnownOrder]]
"""Orders with what came of them: the key of each, and whose it is."""


def _take(items: Iterable[OpenItem], amount: int) -> tuple[list[tuple[Item, int]], int]:
    """Take an amount from items of its sign, and return the parts and what is left of it."""
    parts = []
    for each in items:
        if each.open * amount > 0:
            part = min(amount, each.open) if amount > 0 else max(amount, each.open)
            each.open -= part
            amount -= part
            parts.append((each.item, part))
    return parts, amount


class Known:
    """Everything that the rows of a batch may refer to, found by a handful of queries."""

    def __init__(
        self,
        session: Session,
        statement: Statement,
        rows: Collection[Any],
        journal: Journal,
        *,
        is_foreign: bool = False,
    ) -> None:
        self.session = session
        self.journal = journal
        self.is_foreign = is_foreign
        self.company_id = statement.company_id
        self.statement = statement
        self._house = f"{statement.order_platform}/{statement.order_account}"
        self.orders = self._orders(sorted({row.order_ref for row in rows if row.order_ref}))
        self.shops, self.only_shop = self._shops()
        self._rows = rows

    @cached_property
    def home(self) -> str:
        """Return the country where the company is established."""
        return company_of(self.session, self.company_id).country

    def _orders(self, refs: list[str]) -> dict[str, KnownOrder]:
        if not refs:
            return {}
        statement = self.statement
        found = queries.ORDERS.rows(
            self.session, company=self.company_id, platform=statement.order_platform,
            account=statement.order_account, currency=statement.currency, refs=refs,
        )  # fmt: skip
        orders = {
            ref: KnownOrder(order_id, f"{self._house}/{ref}", shop_id, country, ref=ref)
            for order_id, ref, shop_id, country in found
        }
        if orders:
            family = self._family({order.id: order for order in orders.values()})
            whose = {"company": self.company_id, "orders": list(family)}
            lines, estimates = ask_together(
                self.session, [(queries.LINES, whose), (queries.ESTIMATES, whose)]
            )
            self._take_lines(lines, family)
            self._load_items(family)
            self._take_estimates(estimates, family)
        return orders

    def _family(self, orders: dict[int, KnownOrder]) -> Family:
        """Return the key of each order, and of each document that came of it, with the order."""
        family = {order.id: (order.key, order) for order in orders.values()}
        for row in queries.PARTS.rows(self.session, company=self.company_id, orders=list(orders)):
            key = f"{row.platform}/{row.account}/{row.external_ref}"
            family[row.id] = (key, orders[row.origin_id])
        for order_id, (_, order) in family.items():
            order.parts.append(order_id)
        return family

    @staticmethod
    def _take_lines(rows: Iterable[Any], family: Family) -> None:
        # What was sold first comes first: parts that were split off, or sent again, come after it.
        for row in sorted(rows, key=lambda row: family[row.order_id][1].id != row.order_id):
            key, order = family[row.order_id]
            if row.tax_account == MARKETPLACE_TAX and row.tax_amount > 0:
                order.sold_tax += row.tax_amount
            elif row.tax_account == MARKETPLACE_TAX:
                order.returned_tax += row.tax_amount
            if row.kind == LineKind.SALE:
                order.lines[row.id] = (row.order_id, key)
                line = KnownLine(row.id, row.sku_id)
                order.by_item.setdefault(row.external_ref, line)
                if row.order_id != order.id:
                    order.by_code.setdefault(row.code, line)
                else:
                    order.by_code[row.code] = None if row.code in order.by_code else line

    def _load_items(self, family: Family) -> None:
        for item, order in self._open_items(RECEIVABLE, family):
            order.items.append(item)
        # Only what is held in another currency than the books' stands as an open item.
        if self.is_foreign:
            for item, order in self._open_items(MARKETPLACE_TAX, family):
                order.tax_items.append(item)

    def _open_items(self, account: str, family: Family) -> Iterator[tuple[OpenItem, KnownOrder]]:
        keys = {key: (order_id, order) for order_id, (key, order) in family.items()}
        # Two statements may settle parts of one order: the second sees what the first left.
        self.journal.know_items(account, keys, locked=True)
        for key, amount in self.journal.open_items(account, keys):
            order_id, order = keys[key]
            yield OpenItem(Item(key, order_id), amount), order

    @staticmethod
    def _take_estimates(rows: Iterable[Any], family: Family) -> None:
        for new_id, order_id, line_id, account, *state, sku_id, kind in rows:
            if accrual_of(account, state[0]) != ACCRUED_FEES:
                # Who sends the goods is paid by his own bill, not by the platform.
                continue
            key, order = family[order_id]
            of_sale = kind == LineKind.SALE
            order.estimates.append(
                OpenEstimate(new_id, order_id, key, line_id, account, sku_id, of_sale, *state)
            )

    def _shops(self) -> tuple[dict[str, int], int | None]:
        query = sa.select(Shop.marketplace, Shop.id).where(
            Shop.company_id == self.company_id,
            Shop.platform == self.statement.order_platform,
            Shop.account == self.statement.order_account,
        )
        shops = {name.casefold(): shop_id for name, shop_id in rows_of(self.session, query)}
        return shops, next(iter(shops.values())) if len(shops) == 1 else None

    def shop(self, marketplace: str) -> int | None:
        """Return the shop of a marketplace's name; the only shop where no other is meant."""
        return self.shops.get(marketplace.casefold(), self.only_shop)

    @cached_property
    def skus(self) -> dict[str, int]:
        """Return the SKUs of the rows' codes; few rows ask, most are of lines that know theirs."""
        codes = sorted({row.sku for row in self._rows if row.sku})
        query = sa.select(Listing.external_ref, Listing.sku_id).where(
            Listing.company_id == self.company_id,
            Listing.platform == self.statement.order_platform,
            Listing.account == self.statement.order_account,
            Listing.sku_id.is_not(None),
            any_of(self.session, Listing.external_ref, codes),
        )
        listed = dict(rows_of(self.session, query)) if codes else {}
        return skus_by_code(self.session, self.company_id, codes) | listed if codes else {}
