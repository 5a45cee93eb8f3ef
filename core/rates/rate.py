"""A rate of exchange and what it makes of an amount: exact until the one rounding at its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from decimal import localcontext
from fractions import Fraction

from core.errors import InputError
from core.ledger.journal import Original
from core.money import minor_digits
from core.money import parse_decimal
from core.money import round_div

OWN = "own"


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of `base` is worth in `quote`; `told` names the rates it was made of."""

    base: str
    quote: str
    value: Fraction
    day: date
    source: str
    told: str

    def convert(self, amount: int) -> int:
        """Return minor units of `base` in minor units of `quote`, rounded half away from zero."""
        up, down = minor_digits(self.quote), minor_digits(self.base)
        return round_div(amount * self.value.numerator * 10**up, self.value.denominator * 10**down)

    def original(self, amount: int) -> Original | None:
        """Return an amount as postings keep it beside the converted one; none if it is the same."""
        return Original(self.base, amount) if self.base != self.quote else None

    @property
    def note(self) -> str | None:
        """Return what an entry keeps of the rate."""
        return self.told or None

    @property
    def shown(self) -> str:
        """Return the rate with ten significant digits, for people."""
        with localcontext() as context:
            context.prec = 10
            value = Decimal(self.value.numerator) / Decimal(self.value.denominator)
        return f"{value.normalize():f}"

    def inverse(self) -> Rate:
        """Return the rate the other way round."""
        return Rate(self.quote, self.base, 1 / self.value, self.day, self.source, self.told)

    def across(self, other: Rate) -> Rate:
        """Return the rate to the other one's quote, as old as the older of the two."""
        return Rate(
            self.base,
            other.quote,
            self.value * other.value,
            min(self.day, other.day),
            self.source,
            f"{self.told}; {other.told}",
        )


def quoted(base: str, quote: str, value: str, day: date, source: str) -> Rate:
    """Return a rate as somebody published it, by its decimal text."""
    told = f"{base}/{quote} {value} ({source}, {day})"
    return Rate(base, quote, Fraction(Decimal(value)), day, source, told)


def converted(rate: Rate | None, amount: int) -> tuple[int, Original | None]:
    """Return an amount as the books have it, and beside it as it was; no rate changes nothing."""
    if rate is None:
        return amount, None
    return rate.convert(amount), rate.original(amount)


def same(currency: str, day: date) -> Rate:
    """Return the rate of a currency to itself."""
    return Rate(currency, currency, Fraction(1), day, OWN, "")


def check_value(text: str, *, where: str = "rate") -> str:
    """Return a rate's decimal text in plain digits.

    Raises: InputError for what is no positive number.
    """
    value = parse_decimal(text.strip(), where=where)
    if value <= 0:
        raise InputError(f"{text} is no rate: it must be above zero.", where=where)
    return f"{value.normalize():f}"
