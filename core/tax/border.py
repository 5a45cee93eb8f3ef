"""What customs charge on goods that arrive: duty on their value, and tax on value and duty."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP
from decimal import Decimal

from core.money import minor_digits
from core.money import to_minor
from core.tax.decision import RATE_ONE


@dataclass(frozen=True, slots=True)
class Arrival:
    """Goods that arrive, in the money of the country; rates in millionths.

    `exchange` is what one unit of the invoice's money is worth in it. `duty_on_freight` says
    whether the customs value has the freight in it, as in Norway and the Union, or not, as in
    Australia, New Zealand and Canada. With `whole` each charge is rounded to whole units of money.
    """

    currency: str
    goods: Decimal
    freight: Decimal = Decimal(0)
    duty_rate: int = 0
    tax_rate: int = 0
    exchange: Decimal = Decimal(1)
    duty_on_freight: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Charges:
    """What is due at the border in minor units: `base` is what the tax is charged on."""

    value: int
    freight: int
    duty: int
    base: int
    tax: int

    @property
    def due(self) -> int:
        """Return duty and tax together."""
        return self.duty + self.tax

    @property
    def landed(self) -> int:
        """Return what the goods have cost once they are in."""
        return self.base + self.tax


def border_charges(arrival: Arrival) -> Charges:
    """Return what customs charge, each amount rounded once, half up."""
    value = _minor(arrival.goods * arrival.exchange, arrival)
    freight = _minor(arrival.freight * arrival.exchange, arrival)
    customs_value = value + (freight if arrival.duty_on_freight else 0)
    duty = _share(customs_value, arrival.duty_rate, arrival)
    base = value + freight + duty
    return Charges(value, freight, duty, base, _share(base, arrival.tax_rate, arrival))


def _minor(amount: Decimal, arrival: Arrival) -> int:
    digits = Decimal(1).scaleb(-minor_digits(arrival.currency))
    return to_minor(amount.quantize(digits, ROUND_HALF_UP), arrival.currency)


def _share(amount: int, rate: int, arrival: Arrival) -> int:
    unit = 10 ** minor_digits(arrival.currency) if arrival.whole else 1
    exact = Decimal(amount) * rate / RATE_ONE / unit
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP)) * unit
