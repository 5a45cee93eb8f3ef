"""Limits of laws: by day, in their own money, with a source; what is wrong is refused."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest

from core.errors import InputError
from core.tax.limits import LimitTable

TABLE = """
[[NO.relief]]
from = 2020-04-01
until = 2023-12-31
amount = "350.00"
currency = "NOK"
source = "law A"

[[US-CT.nexus]]
from = 2019-07-01
amount = "100000.00"
currency = "USD"
sales = 200
both = true
source = "law C"

[[US-CT.nexus]]
from = 2018-12-01
amount = "250000.00"
currency = "USD"
sales = 200
both = true
source = "law B"
"""


def table(text: str = TABLE) -> LimitTable:
    return LimitTable(tomllib.loads(text), "sample")


@pytest.mark.parametrize(
    ("day", "amount"),
    [
        ("2020-03-31", None),
        ("2020-04-01", 350_00),
        ("2023-12-31", 350_00),
        ("2024-01-01", None),
    ],
)
def test_a_limit_holds_on_its_days(day: str, amount: int | None) -> None:
    found = table().on("NO", "relief", date.fromisoformat(day))
    assert (found and found.amount) == amount


def test_the_newest_that_began_holds() -> None:
    limits = table()
    old = limits.on("US-CT", "nexus", date(2019, 6, 30))
    new = limits.on("US-CT", "nexus", date(2019, 7, 1))

    assert old is not None
    assert new is not None
    assert (old.amount, new.amount, new.sales, new.both) == (250_000_00, 100_000_00, 200, True)
    assert limits.jurisdictions("nexus") == ["US-CT"]
    assert limits.on("US-TX", "nexus", date(2019, 7, 1)) is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('amount = "350.00"', ""), "lacks 'amount'"),
        (('"350.00"', '"much"'), "'much' is no amount"),
        (("2023-12-31", "2019-12-31"), "days in order"),
        (('"law A"', '""'), "a source"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(change: tuple[str, str], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as refused:
        table(TABLE.replace(*change, 1))
    assert "sample: NO.relief" in str(refused.value)
