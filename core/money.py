"""Money as integers: minor units of a currency, unit prices in millionths, one rounding."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from decimal import InvalidOperation
from functools import cache

from iso4217 import Currency as IsoCurrency

from core.errors import InputError

MICRO = 1_000_000
"""Unit costs and prices are stored in millionths of the major unit."""


@cache
def minor_digits(currency: str) -> int:
    """Return the number of minor digits of an ISO 4217 currency (GBP 2, JPY 0, BHD 3).

    Raises: InputError for a code that ISO 4217 does not list.
    """
    try:
        digits = IsoCurrency(currency).exponent
    except ValueError:
        digits = None
    if digits is None:
        raise InputError(
            f"{currency!r} is not an ISO 4217 currency that has an amount.",
            hint="Write the three-letter code, such as GBP, EUR or JPY.",
        )
    return digits


def round_div(numerator: int, denominator: int) -> int:
    """Divide and round half away from zero, as invoices do; the denominator is positive."""
    if numerator >= 0:
        return (2 * numerator + denominator) // (2 * denominator)
    return -((-2 * numerator + denominator) // (2 * denominator))


def amount_of(quantity: int, unit_micro: int, currency: str) -> int:
    """Return quantity × unit price in minor units, rounded once."""
    return round_div(quantity * unit_micro, MICRO // 10 ** minor_digits(currency))


def share_of(value: int, part: int, whole: int) -> int:
    """Return the share `part / whole` of a value, rounded once; the last part takes all."""
    return value if part == whole else round_div(value * part, whole)


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Split a total by weights so that the parts add up to it exactly (largest remainder).

    Each share is floored and the left-over units go to the largest fractional parts, ties to the
    first; a negative total is split as its opposite is, so that a credit undoes a charge. Weights
    that are all zero count as equal.
    """
    if not weights:
        return []
    if min(weights) < 0:
        raise ValueError("weights must not be negative")
    if len(weights) == 1:
        return [total]
    if total < 0:
        return [-part for part in allocate(-total, weights)]
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    shares = [divmod(total * weight, whole) for weight in weights]
    parts = [quotient for quotient, _ in shares]
    by_remainder = sorted(range(len(shares)), key=lambda i: (-shares[i][1], i))
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts


def to_minor(amount: Decimal, currency: str) -> int:
    """Return an exact amount in minor units.

    Raises: InputError if the amount has more digits than the currency.
    """
    scaled = amount.scaleb(minor_digits(currency))
    if scaled != scaled.to_integral_value():
        raise InputError(f"{amount} has more decimal places than {currency} knows.")
    return int(scaled)


def to_micro(amount: Decimal) -> int:
    """Return a unit price in millionths, rounded half away from zero beyond six places."""
    ratio = amount.as_integer_ratio()
    return round_div(ratio[0] * MICRO, ratio[1])


def to_text(minor: int, currency: str) -> str:
    """Return minor units as a plain decimal string, such as -12.30."""
    return scaled_text(minor, minor_digits(currency))


def scaled_text(value: int, digits: int) -> str:
    """Return an integer scaled by a power of ten as a decimal string with all its digits."""
    if digits == 0:
        return str(value)
    sign = "-" if value < 0 else ""
    body = str(abs(value)).zfill(digits + 1)
    return f"{sign}{body[:-digits]}.{body[-digits:]}"


def parse_decimal(text: str, *, where: str = "") -> Decimal:
    """Return a plain decimal number.

    Raises: InputError naming the text that is not a finite number.
    """
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise InputError(f"{text!r} is not a number.", where=where) from None
    if not value.is_finite():
        raise InputError(f"{text!r} is not a finite number.", where=where)
    return value
