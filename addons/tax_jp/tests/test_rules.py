"""The rules, case by case, and the boxes of the return."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from addons.tax_jp.regime import JpJct
from core.api import InputError
from core.testkit.regimes import Book
from core.testkit.regimes import levies
from core.testkit.regimes import one
from core.testkit.regimes import sale

REGIME = JpJct()


@pytest.fixture
def book(database_url: str, tmp_path: Path) -> Iterator[Book]:
    """Return books of a company with the addon."""
    with Book.open("tax_jp", database_url, tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(
    ("when", "price", "channel", "collector", "scheme"),
    [
        ("2026-05-01", 9800, "marketplace", "none", "import_exempt_10000"),
        ("2028-03-31", 10_000, "marketplace", "none", "import_exempt_10000"),
        ("2028-03-31", 10_001, "marketplace", "customs", "import"),
        ("2028-04-01", 10_000, "marketplace", "marketplace", "platform_2028"),
        ("2028-04-01", 10_001, "marketplace", "customs", "import"),
        ("2028-04-01", 9800, "own", "customs", "import"),
    ],
)
def test_goods_from_abroad(
    when: str, price: int, channel: str, collector: str, scheme: str
) -> None:
    decision = one(REGIME, sale(when, "CN JP", price, currency="JPY", channel=channel))

    assert (decision.collector, decision.scheme) == (collector, scheme)


def test_a_registered_seller_charges_low_value_goods_from_2028() -> None:
    sold = sale("2028-04-01", "CN JP", 9800, currency="JPY", registered=["JP local"])

    assert levies(REGIME, sold) == [("JCT", "low_value_goods", 9800, 980)]


@pytest.mark.parametrize(
    ("when", "seller_country", "collector"),
    [
        ("2028-03-31", "CN", "seller"),
        ("2028-04-01", "CN", "marketplace"),
        ("2028-04-01", "JP", "seller"),
    ],
)
def test_stock_in_japan(when: str, seller_country: str, collector: str) -> None:
    sold = sale(
        when,
        "JP JP",
        5000,
        currency="JPY",
        channel="marketplace",
        seller_country=seller_country,
        registered=["JP local"],
    )

    assert (one(REGIME, sold).collector, one(REGIME, sold).rate) == (collector, 100_000)


@pytest.mark.parametrize(
    ("when", "tax_class", "rate"),
    [
        ("2014-03-31", "standard", 50_000),
        ("2014-04-01", "standard", 80_000),
        ("2019-09-30", "standard", 80_000),
        ("2019-10-01", "standard", 100_000),
        ("2019-10-01", "reduced", 80_000),
    ],
)
def test_the_rate_is_that_of_the_day(when: str, tax_class: str, rate: int) -> None:
    sold = sale(when, "JP JP", 1000, currency="JPY", tax_class=tax_class, registered=["JP local"])

    assert one(REGIME, sold).rate == rate


def test_who_is_not_registered_is_exempt_and_a_channel_must_be_known() -> None:
    assert one(REGIME, sale("2026-05-01", "JP JP", 5000, currency="JPY")).rate == 0
    with pytest.raises(InputError, match="marketplace or the seller"):
        one(REGIME, sale("2028-04-01", "CN JP", 9800, currency="JPY", channel=""))


def test_the_return_splits_national_and_local_tax(book: Book) -> None:
    found = book.boxes(
        "jp_jct",
        "2026",
        sale("2026-05-01", "JP JP", 5000, currency="JPY", registered=["JP local"]),
        sale(
            "2026-05-01",
            "JP JP",
            10_000,
            currency="JPY",
            tax_class="reduced",
            registered=["JP local"],
        ),
        sale("2026-05-01", "JP US", 700, currency="JPY", registered=["JP local"]),
        input_tax=100,
    )

    assert (found["base.10"], found["base.8"], found["export"]) == (5000, 10_000, 700)
    assert (found["national.7.8"], found["national.6.24"]) == (390, 624)
    assert (found["local"], found["charged"], found["due"]) == (286, 1300, 1200)
