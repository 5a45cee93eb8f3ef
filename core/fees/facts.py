"""What an estimator may know of a line that leaves, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class FeeFacts:
    """A line of goods that leaves; amounts in minor units of `currency`, tax included.

    `goods` is the price of the line before discounts, `charges` its share of postage and the like,
    `discounts` its share of what the seller gives (negative), `subsidy` its share of what the
    platform adds. `tax` is what of their sum is tax. `first` is true for one line of an order only,
    which bears what is charged once for each order; `order_price` is the price of the whole parcel.
    Weight and sides are those of one unit, None where nobody said.
    """

    line_id: int
    shop_id: int
    platform: str
    market: str
    fulfilment: str
    category: str
    sku_id: int | None
    sku: str
    day: date
    currency: str
    quantity: int
    goods: int
    charges: int
    discounts: int
    subsidy: int
    tax: int
    first: bool
    order_price: int
    weight_grams: int | None = None
    sides_mm: tuple[int, int, int] | None = None

    @property
    def price(self) -> int:
        """Return all that the buyer and the platform pay for it, tax included."""
        return self.goods + self.charges + self.discounts + self.subsidy

    @property
    def price_without_tax(self) -> int:
        """Return the price without tax."""
        return self.price - self.tax

    @property
    def paid(self) -> int:
        """Return what the buyer himself pays for the goods alone."""
        return self.goods + self.discounts


@dataclass(frozen=True, slots=True)
class FeeAnswer:
    """What an addon says that a fee of a line will cost, in minor units of its currency."""

    line_id: int
    account: str
    amount: int
