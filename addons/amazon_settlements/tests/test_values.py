"""Numbers and moments as the marketplaces write them; a doubt is never guessed away."""

from __future__ import annotations

from datetime import UTC
from datetime import datetime

import pytest

from addons.amazon_settlements.values import date_order
from addons.amazon_settlements.values import decimal_mark
from addons.amazon_settlements.values import minor_amount
from addons.amazon_settlements.values import moment_of
from core.api import InputError


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["1234.56"], "."),
        (["95,00"], ","),
        (["1.234,56"], ","),
        (["1,234.56"], "."),
        (["1.234.567"], ","),
        (["1,234,567"], "."),
        (["1 234,5"], ","),
        (["1,234", "12"], None),
        ([], None),
    ],
)
def test_the_mark_of_decimals_is_learnt_from_the_file(texts: list[str], mark: str | None) -> None:
    assert decimal_mark(texts) == mark


def test_a_file_that_writes_amounts_in_two_ways_is_refused() -> None:
    with pytest.raises(InputError, match="some with a comma"):
        decimal_mark(["1.50", "1,50"])


@pytest.mark.parametrize(
    ("text", "mark", "currency", "amount"),
    [
        ("-7,60", ",", "EUR", -760),
        ("1.234,56", ",", "EUR", 123456),
        ("1\u202f234,56", ",", "EUR", 123456),
        ("\u22121.50", ".", "USD", -150),
        ("1.50-", ".", "USD", -150),
        ("1,234", None, "JPY", 1234),
        ("1,234", ".", "USD", 123400),
        ("1’234.50", ".", "CHF", 123450),
        ("12", None, "USD", 1200),
    ],
)
def test_amounts_are_exact(text: str, mark: str | None, currency: str, amount: int) -> None:
    assert minor_amount(text, mark, currency, where="here") == amount


@pytest.mark.parametrize(
    ("text", "mark", "currency"),
    [("1,234", None, "USD"), ("abc", ".", "USD"), ("1.234", ".", "USD"), ("", ".", "USD"),
     ("1.5", ".", "JPY"), ("NaN", ".", "USD"), ("١٢", ".", "USD")],
)  # fmt: skip
def test_what_could_be_two_amounts_is_refused(text: str, mark: str | None, currency: str) -> None:
    with pytest.raises(InputError, match="line 7"):
        minor_amount(text, mark, currency, where="line 7")


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["20.08.2026"], "dmy"),
        (["01.02.2026"], "dmy"),
        (["20/08/2026"], "dmy"),
        (["08/20/2026"], "mdy"),
        (["01/02/2026"], None),
        (["2026-08-20"], None),
    ],
)
def test_the_order_of_dates_is_learnt_from_the_file(texts: list[str], order: str | None) -> None:
    assert date_order(texts) == order


def test_a_file_that_writes_dates_in_two_ways_is_refused() -> None:
    with pytest.raises(InputError, match="the month in others"):
        date_order(["20/08/2026", "08/20/2026"])


@pytest.mark.parametrize(
    ("text", "order", "moment"),
    [
        ("20.08.2026 10:00:00 UTC", "dmy", datetime(2026, 8, 20, 10, tzinfo=UTC)),
        ("2026-03-05T22:07:18+00:00", None, datetime(2026, 3, 5, 22, 7, 18, tzinfo=UTC)),
        ("2026-06-17 08:14:22 UTC", None, datetime(2026, 6, 17, 8, 14, 22, tzinfo=UTC)),
        ("2026/08/20 10:00:00 JST", None, datetime(2026, 8, 20, 1, tzinfo=UTC)),
        ("08/20/2026 10:00:00 PM PDT", "mdy", datetime(2026, 8, 21, 5, tzinfo=UTC)),
        ("20/08/2026 12:05 AM GMT+9", "dmy", datetime(2026, 8, 19, 15, 5, tzinfo=UTC)),
        ("20.08.2026", "dmy", datetime(2026, 8, 20, 12, tzinfo=UTC)),
    ],
)
def test_moments_are_those_of_the_marketplace(
    text: str, order: str | None, moment: datetime
) -> None:
    assert moment_of(text, order, where="here") == moment


@pytest.mark.parametrize(
    ("text", "order"),
    [("01/02/2026", None), ("yesterday", "dmy"), ("31.02.2026", "dmy"), ("", "dmy"),
     ("20.08.2026 10:00:00 XYZ", "dmy"), ("20.08.2026 25:00:00 UTC", "dmy")],
)  # fmt: skip
def test_what_is_no_certain_moment_is_refused(text: str, order: str | None) -> None:
    with pytest.raises(InputError, match="line 7"):
        moment_of(text, order, where="line 7")
