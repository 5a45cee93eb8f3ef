"""What a tax regime may know of a line: the sale, the seller and the consignment it goes with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.errors import InputError
from core.money import minor_digits


@dataclass(frozen=True, slots=True)
class Registration:
    """That the seller is registered, or has chosen something, under a scheme of a country.

    `country` is an ISO 3166 code, or `EU` for what holds in the whole Union; `region` is the second
    part of an ISO 3166-2 code where a state or province registers. `scheme` is a code of the
    regimes: `local` for an ordinary registration, else what a regime's page in the docs names, such
    as `oss`, `ioss`, `voec`, `nexus`. It holds from `since` to the day before `until`.
    """

    country: str
    scheme: str
    region: str = ""
    number: str = ""
    since: date = date.min
    until: date = date.max


@dataclass(frozen=True, slots=True)
class Seller:
    """What the seller says about himself; `stock_in` are the countries of his warehouses."""

    registrations: tuple[Registration, ...] = ()
    stock_in: tuple[str, ...] = ()

    def __hash__(self) -> int:
        # Facts are hashed by the million and a company has one seller: equality tells the rest.
        return len(self.registrations)

    def has(self, country: str, scheme: str, day: date, region: str = "") -> bool:
        """Say whether a registration holds on a day."""
        return self.find(country, scheme, day, region) is not None

    def find(self, country: str, scheme: str, day: date, region: str = "") -> Registration | None:
        """Return the registration that holds on a day, if there is one."""
        for each in self.registrations:
            if (each.country, each.scheme, each.region) == (country, scheme, region) and (
                each.since <= day < each.until
            ):
                return each
        return None


@dataclass(frozen=True, slots=True)
class Goods:
    """One item line of a consignment: its net price in minor units for the whole quantity."""

    net: int
    quantity: int = 1
    hs6: str = ""
    tax_class: str = "standard"


@dataclass(frozen=True, slots=True)
class Consignment:
    """What is packed together for one consignee; amounts in minor units of `currency`.

    `goods` come in the order of the lines; `delivery` is transport and insurance that the buyer
    sees apart. `rates` say how many units of another currency one unit of `currency` is, by
    currency, for the limits that a law sets in its own money. `declared` is the intrinsic value of
    it all, where it holds more than the goods of this sale.
    """

    currency: str
    goods: tuple[Goods, ...]
    delivery: int = 0
    rates: tuple[tuple[str, Decimal], ...] = ()
    declared: int | None = None

    def __hash__(self) -> int:
        # Few of the fields tell consignments apart, and a hash of all would be most of the work.
        nets = sum([each.net for each in self.goods])
        return hash((self.currency, nets, self.delivery, self.declared))

    @property
    def value(self) -> int:
        """Return the intrinsic value: the goods alone, without transport and insurance."""
        return sum(each.net for each in self.goods) if self.declared is None else self.declared

    def within(self, limit: int, currency: str, value: int | None = None) -> bool:
        """Say whether the intrinsic value, or a `value` of it, is at most a limit.

        `limit` is in minor units of its own `currency`. Raises: InputError without a rate.
        """
        ours = Decimal(self.value if value is None else value)
        return ours <= self.worth(limit, currency)

    def below(self, limit: int, currency: str, value: int | None = None) -> bool:
        """Say whether the intrinsic value, or a `value` of it, is less than a limit."""
        ours = Decimal(self.value if value is None else value)
        return ours < self.worth(limit, currency)

    def in_money(self, currency: str) -> Decimal:
        """Return what goods and delivery cost in minor units of another currency; 0 if unknown."""
        ours = Decimal(sum(each.net for each in self.goods) + self.delivery)
        if currency == self.currency:
            return ours
        rate = dict(self.rates).get(currency)
        digits = minor_digits(currency) - minor_digits(self.currency)
        return (ours * rate).scaleb(digits) if rate else Decimal(0)

    def worth(self, amount: int, currency: str) -> Decimal:
        """Return what an amount of a law's money is in minor units of the consignment's own.

        Raises: InputError if there is no rate between them.
        """
        if currency == self.currency:
            return Decimal(amount)
        rate = dict(self.rates).get(currency)
        if not rate:
            raise InputError(
                f"There is no rate from {self.currency} to {currency}, in which the law sets its"
                " limit.",
                hint=f"Add a rate of {currency} for that day, then post again.",
            )
        digits = minor_digits(self.currency) - minor_digits(currency)
        return (Decimal(amount) / rate).scaleb(digits)


@dataclass(frozen=True, slots=True)
class TaxFacts:
    """What a regime may know of a line; countries are ISO 3166 codes, `ZZ` if unknown.

    `taxed_on` is the day of the supply, which is when the parcel leaves; laws may tax on another
    (`core.api.TaxPoints`). `paid_on`, `invoiced_on` and `ordered_on` are given where they differ.

    `ship_from` is where the goods lie at the sale; `region` and `from_region` are the second part
    of an ISO 3166-2 code (`ON` of `CA-ON`), empty if unknown. `seller_country` is where the seller
    is established, `seller` what he says about himself. `channel` is `marketplace`, `own` or empty.

    `item` is what is supplied: `goods`, `delivery` of goods, or `own_goods` that the seller moves
    between his own warehouses, `net` then being their cost. `buyer` is `consumer` or `business`,
    `buyer_number` what the check of its number said: `none`, `valid`, `invalid` or `unknown`.

    `net`, `currency`, `quantity`, `hs6`, `place` and `consignment` are known where goods cross a
    border: `place` is the position of the line in `consignment.goods`, for a delivery 0. At home
    they are empty, so that the lines of many orders share one decision. `exceeded` names the tests
    of a year's turnover (`core.api.TurnoverTest`) that what was sold so far has passed.
    """

    taxed_on: date
    ship_from: str
    ship_to: str
    seller_country: str
    platform: str
    item: str = "goods"
    tax_class: str = "standard"
    buyer: str = "consumer"
    region: str = ""
    from_region: str = ""
    postcode: str = ""
    channel: str = ""
    buyer_number: str = "none"
    ordered_on: date | None = None
    paid_on: date | None = None
    seller: Seller = Seller()
    hs6: str = ""
    net: int | None = None
    quantity: int = 1
    place: int = 0
    consignment: Consignment | None = None
    exceeded: tuple[str, ...] = ()
    invoiced_on: date | None = None

    def __hash__(self) -> int:
        # What tells the lines of a batch apart as a rule; equality tells the rest.
        where = (self.ship_from, self.ship_to, self.region, self.postcode)
        what = (self.item, self.tax_class, self.net, self.place, self.buyer)
        return hash((self.taxed_on, self.paid_on, where, what, self.consignment))

    @property
    def payment_day(self) -> date:
        """Return the day of the payment, for schemes whose tax point it is."""
        return self.paid_on or self.taxed_on

    @property
    def is_marketplace(self) -> bool:
        """Say whether an electronic interface facilitates the sale."""
        return self.channel == "marketplace"

    @property
    def is_checked_business(self) -> bool:
        """Say whether the buyer is a business whose number was found valid."""
        return self.buyer == "business" and self.buyer_number == "valid"

    def registered(self, country: str, scheme: str, region: str = "") -> bool:
        """Say whether the seller had a registration on the day of the supply."""
        return self.seller.has(country, scheme, self.taxed_on, region)

    def parcel(self) -> Consignment:
        """Return the consignment.

        Raises: InputError where it is not known, which must never mean a low value.
        """
        if self.consignment is None:
            raise InputError(
                f"The value of the consignment from {self.ship_from} to {self.ship_to} is unknown."
            )
        return self.consignment
