"""Money as integers: nothing is lost when it is divided, and rounding knows no sign."""

from __future__ import annotations

from decimal import ROUND_HALF_UP
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.money import allocate
from core.money import amount_of
from core.money import minor_digits
from core.money import parse_decimal
from core.money import round_div
from core.money import share_of
from core.money import to_micro
from core.money import to_minor
from core.money import to_text
from core.orders.writing import split_amount

AMOUNTS = st.integers(-(10**15), 10**15)
WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=12)


@given(AMOUNTS, WEIGHTS)
def test_shares_add_up_and_none_is_a_unit_off(total: int, weights: list[int]) -> None:
    parts = allocate(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        exact = Fraction(total * weight, whole) if whole else Fraction(total, len(weights))
        assert abs(part - exact) < 1


@given(AMOUNTS, WEIGHTS)
def test_larger_weights_never_get_less(total: int, weights: list[int]) -> None:
    assume(total >= 0)
    parts = allocate(total, weights)
    by_weight = sorted(zip(weights, parts, strict=True))
    for (light, less), (heavy, more) in zip(by_weight, by_weight[1:], strict=False):
        assert less <= more or light == heavy


@given(AMOUNTS, WEIGHTS)
def test_a_refund_is_split_as_the_sale_was(total: int, weights: list[int]) -> None:
    assert split_amount(-total, weights) == [-part for part in split_amount(total, weights)]
    assert sum(split_amount(total, weights)) == total


def test_left_over_units_go_to_the_largest_fractions_then_the_first() -> None:
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(10, [0, 0, 0]) == [4, 3, 3]
    assert allocate(5, [3, 3, 4]) == [2, 1, 2]
    assert allocate(-1, [1, 1]) == [-1, 0]
    assert allocate(7, []) == []
    with pytest.raises(ValueError, match="negative"):
        allocate(1, [1, -1])


@given(AMOUNTS, st.integers(1, 10**9))
def test_rounding_is_half_away_from_zero_and_symmetric(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    rounded = round_div(numerator, denominator)
    assert abs(rounded - exact) <= Fraction(1, 2)
    assert round_div(-numerator, denominator) == -rounded
    if abs(rounded - exact) == Fraction(1, 2):
        assert abs(rounded) > abs(exact)


@given(st.integers(-(10**6), 10**6), st.integers(0, 10**10), st.sampled_from(["JPY", "GBP", "BHD"]))
def test_an_amount_is_quantity_times_price_rounded_once(
    quantity: int, price: int, currency: str
) -> None:
    digits = {"JPY": 0, "GBP": 2, "BHD": 3}[currency]
    exact = Decimal(quantity) * Decimal(price).scaleb(-6)
    rounded = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    assert amount_of(quantity, price, currency) == int(rounded.scaleb(digits))


@given(AMOUNTS, st.lists(st.integers(1, 50), min_size=1, max_size=10))
def test_parts_taken_one_after_the_other_take_all(value: int, parts: list[int]) -> None:
    left, whole = value, sum(parts)
    for part in parts:
        left -= share_of(left, part, whole)
        whole -= part
    assert left == 0


def test_currencies_have_their_own_number_of_digits() -> None:
    digits = [minor_digits(currency) for currency in ("GBP", "EUR", "JPY", "BHD", "CLF")]
    assert digits == [2, 2, 0, 3, 4]
    for unknown in ("GBX", "gbp", "", "XAU", "POUND"):
        with pytest.raises(InputError, match="ISO 4217"):
            minor_digits(unknown)


@given(AMOUNTS, st.sampled_from(["JPY", "GBP", "BHD"]))
def test_text_and_minor_units_are_the_same_amount(amount: int, currency: str) -> None:
    assert to_minor(Decimal(to_text(amount, currency)), currency) == amount


def test_text_keeps_its_digits_and_its_sign() -> None:
    assert [to_text(value, "GBP") for value in (-5, 5, 0, -1230)] == [
        "-0.05", "0.05", "0.00", "-12.30"
    ]  # fmt: skip
    assert to_text(-5, "JPY") == "-5"
    assert to_text(5, "BHD") == "0.005"


def test_digits_that_a_currency_lacks_are_refused() -> None:
    for amount, currency in (("0.005", "GBP"), ("1.5", "JPY")):
        with pytest.raises(InputError, match="decimal places"):
            to_minor(Decimal(amount), currency)


def test_unit_prices_are_millionths_rounded_half_away() -> None:
    assert to_micro(Decimal("0.0000005")) == 1
    assert to_micro(Decimal("-0.0000005")) == -1
    assert to_micro(Decimal("2.10")) == 2_100_000


@pytest.mark.parametrize("text", ["", "abc", "1,5", "nan", "inf", "--1"])
def test_what_is_no_finite_number_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="number"):
        parse_decimal(text)
