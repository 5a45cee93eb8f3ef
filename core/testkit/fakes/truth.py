"""What really happened at a simulated marketplace, to the cent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What an amount is for; positive is money for the seller."""

    SALE = "sale"
    TAX = "tax"
    POSTAGE = "postage"
    POSTAGE_TAX = "postage_tax"
    DISCOUNT = "discount"
    COMMISSION = "commission"
    ORDER_FEE = "order_fee"
    FOREIGN_FEE = "foreign_fee"
    PAYMENT = "payment"
    LABEL = "label"
    FULFILMENT = "fulfilment"
    REFUND = "refund"
    REFUND_TAX = "refund_tax"
    REFUND_COMMISSION = "refund_commission"
    REFUND_ADMIN = "refund_admin"
    ADS = "ads"
    STORAGE = "storage"
    SUBSCRIPTION = "subscription"
    REIMBURSEMENT = "reimbursement"
    RESERVE_HELD = "reserve_held"
    RESERVE_RELEASED = "reserve_released"
    PAYOUT = "payout"


# Taxes, reserves and payouts pass through: nobody earns or loses by them.
PASSING = frozenset(
    {
        Kind.TAX,
        Kind.POSTAGE_TAX,
        Kind.REFUND_TAX,
        Kind.RESERVE_HELD,
        Kind.RESERVE_RELEASED,
        Kind.PAYOUT,
    }
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One amount, with the order, line and SKU that it belongs to, where there is one."""

    at: datetime
    kind: Kind
    amount: int
    order: str = ""
    item: str = ""
    sku: str = ""
    quantity: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """What a SKU bears of an amount that was charged for the account as a whole."""

    at: datetime
    kind: Kind
    sku: str
    amount: int
    campaign: str = ""


@dataclass
class Truth:
    """Every amount of a marketplace in the order in which it came up, in minor units."""

    currency: str
    facts: list[Fact] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)
    """Of what was charged for the account: for which SKU it was."""

    def add(self, fact: Fact) -> None:
        """Write down an amount; nothing is written down of nothing."""
        if fact.amount:
            self.facts.append(fact)

    def total(self, *kinds: Kind) -> int:
        """Return the sum of some kinds."""
        return sum(fact.amount for fact in self.facts if fact.kind in kinds)

    def earned(self) -> Iterator[Fact]:
        """Yield what the seller earns or pays, before what the goods cost."""
        return (fact for fact in self.facts if fact.kind not in PASSING)

    def by_order(self) -> dict[str, int]:
        """Return what each order earned before the cost of goods; "" is what belongs to none."""
        return self._by("order")

    def by_sku(self) -> dict[str, int]:
        """Return what each SKU earned before the cost of goods; "" is what belongs to none."""
        return self._by("sku")

    def borne(self) -> dict[str, int]:
        """Return what each SKU earned with its shares of what the account was charged."""
        sums = Counter(self.by_sku())
        for share in self.shares:
            sums[share.sku] += share.amount
            sums[""] -= share.amount
        return dict(sums)

    def sold(self) -> dict[str, int]:
        """Return how many pieces of each SKU were sent."""
        pieces: Counter[str] = Counter()
        for fact in self.facts:
            if fact.kind is Kind.SALE:
                pieces[fact.sku] += fact.quantity
        return dict(pieces)

    def as_json(self) -> list[dict[str, Any]]:
        """Return every amount as plain data."""
        return [{**asdict(fact), "at": fact.at.isoformat()} for fact in self.facts]

    def _by(self, name: str) -> dict[str, int]:
        sums: Counter[str] = Counter()
        for fact in self.earned():
            sums[getattr(fact, name)] += fact.amount
        return dict(sums)
