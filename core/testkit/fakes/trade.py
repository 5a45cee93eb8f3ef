"""The trade of one simulated seller account: what happens to its orders, and what that earns.

Each verb changes the state and writes down the truth in one step, so that they cannot disagree.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta
from enum import StrEnum

from core.money import round_div
from core.testkit.fakes.goods import Buyer
from core.testkit.fakes.goods import Product
from core.testkit.fakes.truth import Fact
from core.testkit.fakes.truth import Kind
from core.testkit.fakes.truth import Truth


class Status(StrEnum):
    """How far an order is."""

    UNPAID = "unpaid"
    OPEN = "open"
    PARTLY_SENT = "partly sent"
    SENT = "sent"
    CANCELLED = "cancelled"


@dataclass
class Item:
    """One line of an order; amounts for the whole quantity."""

    ref: str
    product: Product
    quantity: int
    net: int
    tax: int
    sent: int = 0
    cancelled: int = 0
    refunded: int = 0

    @property
    def open(self) -> int:
        """Return how many still have to be sent."""
        return self.quantity - self.cancelled - self.sent

    def share(self, amount: int, quantity: int) -> int:
        """Return what part of an amount falls on so many pieces."""
        return round_div(amount * quantity, self.quantity)


@dataclass(frozen=True)
class Parcel:
    """What left together; `ref` is the seller's own name for it."""

    ref: str
    carrier: str
    tracking: str
    sent_at: datetime
    quantities: Mapping[str, int]


@dataclass(frozen=True)
class Refund:
    """What went back to the buyer for one line."""

    ref: str
    item: str
    quantity: int
    net: int
    tax: int
    at: datetime


class Sending(StrEnum):
    """How far a return is."""

    REQUESTED = "requested"
    COMING = "coming"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    CLOSED = "closed"


@dataclass
class Return:
    """What a buyer sends back of one line; `before` is how many of it were sent back earlier."""

    ref: str
    item: str
    quantity: int
    before: int
    asked_at: datetime
    updated_at: datetime
    state: Sending = Sending.REQUESTED
    tracking: str = ""
    refund: str = ""


@dataclass
class Sale:
    """An order as the marketplace knows it."""

    ref: str
    buyer: Buyer
    ordered_at: datetime
    updated_at: datetime
    items: list[Item]
    postage: int
    postage_tax: int
    stored: bool
    status: Status = Status.OPEN
    acknowledged: bool = False
    parcels: list[Parcel] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    paid_at: datetime | None = None
    cancels: list[Refund] = field(default_factory=list)
    """What went back for pieces that never left, where buyers pay when they order."""
    cancel_asked_at: datetime | None = None
    """Since when its buyer waits to hear whether it is cancelled."""
    announced: list[Return] = field(default_factory=list)
    """What buyers said they send back, before any money went."""

    @property
    def returns(self) -> list[Return]:
        """Return all that was sent back; a refund that nobody announced is a return of its own."""
        known = {each.refund for each in self.announced}
        found, before = list(self.announced), dict.fromkeys((i.ref for i in self.items), 0)
        for each in self.refunds:
            if each.ref not in known:
                place, state = before[each.item], Sending.CLOSED
                found.append(
                    Return(each.ref, each.item, each.quantity, place, each.at, each.at, state)
                )
            before[each.item] += each.quantity
        return sorted(found, key=lambda each: (each.updated_at, each.ref))

    @property
    def net(self) -> int:
        """Return what was ordered is worth, postage included, without tax."""
        return sum(item.net for item in self.items) + self.postage

    @property
    def tax(self) -> int:
        """Return the tax on it."""
        return sum(item.tax for item in self.items) + self.postage_tax

    def item(self, ref: str) -> Item:
        """Return a line; KeyError when there is none."""
        return {item.ref: item for item in self.items}[ref]


@dataclass(frozen=True)
class SaleFees:
    """What each line of a payment is charged, in thousandths of what the buyer paid for it.

    `fixed` is charged once for the order, and kept when the buyer gets his money back. What goes
    abroad costs `abroad` more. So large a share of the orders is `advertised`: it costs `ads`.
    """

    share: int
    fixed: int
    abroad: int = 0
    advertised: int = 0
    ads: int = 0
    monthly: int = 0
    """What the shop itself costs."""


@dataclass(frozen=True)
class Abroad:
    """Buyers elsewhere: how many in a thousand, where, and the tax that the platform takes."""

    share: int
    country: str
    tax: int


@dataclass(frozen=True)
class Terms:
    """What the marketplace charges and withholds, in thousandths, and its taxes.

    What orders bring is held back so many days, `deferral_days`, before it may be settled.
    With `collects` it pays the tax of its sellers over by the rule `scheme`. With `prepaid` buyers
    pay when they order: each payment costs `payment_rate` thousandths and `payment_fixed`, which
    nobody gets back, and the label of a parcel costs `label`.
    """

    currency: str = "GBP"
    country: str = "GB"
    tax: int = 200
    commission: int = 150
    fulfilment: int = 275
    refund_admin: int = 200
    reserve: int = 100
    deferral_days: int = 0
    collects: bool = False
    scheme: str = ""
    prepaid: bool = False
    payment_rate: int = 0
    payment_fixed: int = 0
    label: int = 0
    sale_fees: SaleFees | None = None
    abroad: Abroad | None = None
    cuts: bool = True
    """Whether pieces of a line can be cancelled."""
    subscription: int = 2500
    """What an account that is settled later pays a month."""

    def tax_in(self, country: str) -> int:
        """Return the rate of the tax on what goes to a country."""
        return self.abroad.tax if self.abroad and country == self.abroad.country else self.tax

    def keeps_tax(self, country: str) -> bool:
        """Say whether the platform takes the tax of what goes to a country, and pays it over."""
        return self.abroad is not None and country == self.abroad.country


@dataclass(frozen=True)
class Settlement:
    """What was settled together, and paid out; the rows add up to the total."""

    ref: str
    started_at: datetime
    ended_at: datetime
    facts: Sequence[Fact]

    @property
    def total(self) -> int:
        """Return what reaches the bank."""
        return sum(fact.amount for fact in self.facts)


class Movement(StrEnum):
    """What moves the balance of a prepaid account."""

    CHARGE = "charge"
    REPAYMENT = "repayment"
    LABEL = "label"
    FEE = "fee"
    PAYOUT = "payout"


@dataclass(frozen=True)
class LineFee:
    """What a movement costs for one line of the order; below zero it comes back."""

    item: str
    kind: Kind
    amount: int
    basis: int = 0


@dataclass(frozen=True)
class Cash:
    """One movement of a prepaid account's balance; `fee` is what it cost.

    `lines` say for which lines, `tax` what the buyer paid beside, and the platform keeps. `name`
    says what a fee that stands by itself is for.
    """

    ref: str
    kind: Movement
    at: datetime
    amount: int
    fee: int = 0
    order: str = ""
    lines: tuple[LineFee, ...] = ()
    tax: int = 0
    name: Kind | None = None

    @property
    def net(self) -> int:
        """Return what it changes the balance by."""
        return self.amount - self.fee


@dataclass(frozen=True)
class Payout:
    """What was paid out together; below zero it was taken from the bank."""

    ref: str
    at: datetime
    rows: Sequence[Cash]

    @property
    def total(self) -> int:
        """Return what reaches the bank."""
        return sum(row.net for row in self.rows)


@dataclass
class Trade:
    """One account: its offers, orders, settlements, and the truth about its money."""

    terms: Terms
    products: dict[str, Product]
    name_order: Callable[[random.Random], str]
    started_at: datetime
    dice: random.Random
    sales: dict[str, Sale] = field(default_factory=dict)
    settlements: list[Settlement] = field(default_factory=list)
    reserve: int = 0
    settled: int = 0
    held: list[Fact] = field(default_factory=list)
    """What came up before the last settlement and was not released for it."""
    cash: list[Cash] = field(default_factory=list)
    payouts: list[Payout] = field(default_factory=list)
    truth: Truth = field(init=False)

    def __post_init__(self) -> None:
        self.truth = Truth(self.terms.currency)

    def snapshot(self) -> Trade:
        """Return a copy that lives on by itself."""
        return copy.deepcopy(self)

    def releases_at(self, fact: Fact) -> datetime:
        """Return when an amount may be settled: an order's after so many days, others at once."""
        days = self.terms.deferral_days if fact.order else 0
        return fact.at + timedelta(days=days)

    def next_number(self) -> str:
        """Return a number that no other thing has."""
        return str(self.dice.randrange(10**11, 10**12))

    def changed(self, sale: Sale, at: datetime) -> None:
        """Note when an order changed; time does not run backwards for an order."""
        sale.updated_at = max(sale.updated_at, at)
