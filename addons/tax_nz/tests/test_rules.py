"""The rules, case by case, and the boxes of the return."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from addons.tax_nz.regime import NzGst
from core.api import InputError
from core.testkit.regimes import Book
from core.testkit.regimes import levies
from core.testkit.regimes import one
from core.testkit.regimes import sale

REGIME = NzGst()


@pytest.fixture
def book(database_url: str, tmp_path: Path) -> Iterator[Book]:
    """Return books of a company with the addon."""
    with Book.open("tax_nz", database_url, tmp_path) as opened:
        yield opened


def test_a_mixed_basket_shares_its_freight_by_value() -> None:
    sold = sale(
        "2026-05-01",
        "CN NZ",
        400_00,
        1500_00,
        currency="NZD",
        delivery=95_00,
        registered=["NZ local"],
    )

    assert levies(REGIME, sold) == [
        ("GST", "low_value_goods", 400_00, 60_00),
        ("GST", "import_high_value", 1500_00, 225_00),
        ("GST", "low_value_goods", 20_00, 3_00),
        ("GST", "import_high_value", 75_00, 11_25),
    ]


def test_the_guitar_of_inland_revenue_sold_in_us_dollars() -> None:
    # NZ$1 was US$0.6507: the guitar is worth NZ$998.92, and its buyer pays US$102 of GST.
    sold = sale(
        "2019-12-01",
        "US NZ",
        650_00,
        currency="USD",
        delivery=30_00,
        registered=["NZ local"],
        rates=(("NZD", 1 / Decimal("0.6507")),),
    )

    assert [tax for *_, tax in levies(REGIME, sold)] == [97_50, 4_50]


@pytest.mark.parametrize(
    ("price", "scheme"), [(1000_00, "low_value_goods"), (1000_01, "import_high_value")]
)
def test_the_limit_is_that_of_an_item(price: int, scheme: str) -> None:
    sold = sale("2026-05-01", "CN NZ", price, currency="NZD", registered=["NZ local"])
    three = sale(
        "2026-05-01", "CN NZ", 3 * price, currency="NZD", quantity=3, registered=["NZ local"]
    )

    assert one(REGIME, sold).scheme == one(REGIME, three).scheme == scheme


def test_who_elects_charges_on_dearer_goods_too() -> None:
    sold = sale("2026-05-01", "CN NZ", 5000_00, currency="NZD", registered=["NZ all_goods"])

    decision = one(REGIME, sold)

    assert (decision.scheme, decision.collector, decision.rate) == (
        "all_goods_election",
        "seller",
        150_000,
    )


@pytest.mark.parametrize(
    ("when", "rate"),
    [
        ("1989-06-30", 100_000),
        ("1989-07-01", 125_000),
        ("2010-09-30", 125_000),
        ("2010-10-01", 150_000),
    ],
)
def test_the_rate_is_that_of_the_day(when: str, rate: int) -> None:
    sold = sale(when, "NZ NZ", 10_00, currency="NZD", registered=["NZ local"])

    assert one(REGIME, sold).rate == rate


def test_others_charge_nothing_or_in_place_of_the_seller() -> None:
    by_platform = sale("2026-05-01", "CN NZ", 10_00, currency="NZD", channel="marketplace")

    assert one(REGIME, by_platform).collector == "marketplace"
    assert one(REGIME, sale("2026-05-01", "CN NZ", 10_00, currency="NZD")).rate == 0
    assert REGIME.decide(sale("2019-11-30", "CN NZ", 10_00, currency="NZD").facts()) == [None]
    with pytest.raises(InputError, match="no tax class 'reduced'"):
        one(REGIME, sale("2026-05-01", "CN NZ", 10_00, currency="NZD", tax_class="reduced"))


def test_the_return_adds_up(book: Book) -> None:
    found = book.boxes(
        "nz_gst101",
        "2026-B3",
        sale("2026-05-01", "NZ NZ", 1000_00, currency="NZD", registered=["NZ local"]),
        sale("2026-06-30", "NZ AU", 200_00, currency="NZD", registered=["NZ local"]),
        sale("2026-05-02", "CN NZ", 10_00, currency="NZD", channel="marketplace"),
        input_tax=30_00,
    )

    assert (found["5"], found["6"], found["7"]) == (1350_00, 200_00, 1150_00)
    assert (found["8"], found["10"], found["12"], found["15"]) == (
        150_00,
        150_00,
        30_00,
        120_00,
    )
