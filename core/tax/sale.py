"""A sale as tax law sees it: its lines in one consignment, and the facts of each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.tax.facts import Consignment
from core.tax.facts import Goods
from core.tax.facts import Seller
from core.tax.facts import TaxFacts

DELIVERY = "delivery"


@dataclass(frozen=True, slots=True)
class SaleLine:
    """A line of a sale: `net` in minor units for all of its quantity, discounts taken off."""

    net: int
    quantity: int = 1
    item: str = "goods"
    hs6: str = ""
    tax_class: str = "standard"


@dataclass(frozen=True, slots=True)
class Sale:
    """Lines that leave together from one place to one buyer; days and places as in `TaxFacts`.

    `declared` is the value of the goods of the whole consignment, where more than these lines is
    in it.
    """

    taxed_on: date
    ship_from: str
    ship_to: str
    seller_country: str
    platform: str
    currency: str
    lines: Sequence[SaleLine]
    channel: str = ""
    buyer: str = "consumer"
    buyer_number: str = "none"
    region: str = ""
    from_region: str = ""
    postcode: str = ""
    ordered_on: date | None = None
    paid_on: date | None = None
    seller: Seller = Seller()
    rates: tuple[tuple[str, Decimal], ...] = ()
    declared: int | None = None
    invoiced_on: date | None = None

    def facts(self) -> list[TaxFacts]:
        """Return the facts of each line; amounts only where goods cross a border."""
        if self.ship_from == self.ship_to:
            kinds = {(line.item, line.tax_class): line for line in self.lines}
            each = {kind: self._line(line) for kind, line in kinds.items()}
            return [each[line.item, line.tax_class] for line in self.lines]
        consignment = self._consignment()
        facts, place = [], 0
        for line in self.lines:
            facts.append(self._line(line, consignment, place))
            place += line.item != DELIVERY
        return facts

    def _consignment(self) -> Consignment:
        goods = tuple(
            Goods(line.net, line.quantity, line.hs6, line.tax_class)
            for line in self.lines
            if line.item != DELIVERY
        )
        delivery = sum(line.net for line in self.lines if line.item == DELIVERY)
        return Consignment(self.currency, goods, delivery, self.rates, self.declared)

    def _line(
        self, line: SaleLine, consignment: Consignment | None = None, place: int = 0
    ) -> TaxFacts:
        abroad = consignment is not None
        return TaxFacts(
            self.taxed_on,
            self.ship_from,
            self.ship_to,
            self.seller_country,
            self.platform,
            line.item,
            line.tax_class,
            self.buyer,
            self.region,
            self.from_region,
            self.postcode,
            self.channel,
            self.buyer_number,
            self.ordered_on,
            self.paid_on,
            self.seller,
            line.hs6 if abroad else "",
            line.net if abroad else None,
            line.quantity if abroad else 1,
            0 if line.item == DELIVERY else place,
            consignment,
            invoiced_on=self.invoiced_on,
        )
