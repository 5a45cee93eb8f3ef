"""The rules, case by case, and the boxes of the return."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from addons.tax_sg.regime import SgGst
from core.api import InputError
from core.testkit.regimes import Book
from core.testkit.regimes import levies
from core.testkit.regimes import one
from core.testkit.regimes import sale

REGIME = SgGst()


@pytest.fixture
def book(database_url: str, tmp_path: Path) -> Iterator[Book]:
    """Return books of a company with the addon."""
    with Book.open("tax_sg", database_url, tmp_path) as opened:
        yield opened


def test_freight_is_outside_the_limit_and_inside_the_base() -> None:
    sold = sale(
        "2026-05-01", "CN SG", 395_00, currency="SGD", delivery=25_00, registered=["SG ovr"]
    )

    assert levies(REGIME, sold) == [
        ("GST", "low_value_goods", 395_00, 35_55),
        ("GST", "low_value_goods", 25_00, 2_25),
    ]


@pytest.mark.parametrize(
    ("price", "quantity", "scheme"),
    [
        (400_00, 1, "low_value_goods"),
        (400_01, 1, "import_high_value"),
        (1200_00, 3, "low_value_goods"),
        (1200_03, 3, "import_high_value"),
    ],
)
def test_each_item_is_judged_by_its_own_price(price: int, quantity: int, scheme: str) -> None:
    sold = sale(
        "2026-05-01", "CN SG", price, currency="SGD", quantity=quantity, registered=["SG ovr"]
    )

    assert one(REGIME, sold).scheme == scheme


@pytest.mark.parametrize(
    ("price", "delivery", "collector"),
    [(350_00, 50_00, "none"), (350_00, 50_01, "customs"), (390_00, 0, "none")],
)
def test_an_unregistered_sellers_parcel_is_relieved_up_to_400_with_freight(
    price: int, delivery: int, collector: str
) -> None:
    sold = sale("2026-05-01", "CN SG", price, currency="SGD", delivery=delivery)

    assert one(REGIME, sold).collector == collector


@pytest.mark.parametrize(
    ("when", "rate"), [("2022-12-31", 70_000), ("2023-01-01", 80_000), ("2024-01-01", 90_000)]
)
def test_the_rate_is_that_of_the_day(when: str, rate: int) -> None:
    sold = sale(when, "SG SG", 10_00, currency="SGD", registered=["SG local"])

    assert one(REGIME, sold).rate == rate


def test_low_value_goods_are_judged_from_2023_on() -> None:
    assert REGIME.decide(sale("2022-12-31", "CN SG", 10_00, currency="SGD").facts()) == [None]
    first = sale("2023-01-01", "CN SG", 10_00, currency="SGD", channel="marketplace")
    assert (one(REGIME, first).collector, one(REGIME, first).rate) == ("marketplace", 80_000)
    with pytest.raises(InputError, match="marketplace or the seller"):
        one(REGIME, sale("2026-05-01", "CN SG", 10_00, currency="SGD", channel=""))


def test_the_returns_add_up(book: Book) -> None:
    sales = [
        sale("2026-05-01", "SG SG", 1000_00, currency="SGD", registered=["SG local"]),
        sale("2026-05-01", "SG US", 100_00, currency="SGD", registered=["SG local"]),
        sale("2026-05-01", "CN SG", 200_00, currency="SGD", registered=["SG local"]),
        sale("2026-05-01", "CN SG", 300_00, currency="SGD", channel="marketplace"),
    ]

    found = book.boxes("sg_f5", "2026-Q2", *sales, input_tax=8_00)

    assert (found["1"], found["2"], found["4"]) == (1200_00, 100_00, 1300_00)
    assert (found["6"], found["7"], found["8"]) == (108_00, 8_00, 100_00)
    assert book.boxes("sg_ovr", "2026-Q2", *sales) == {"1": 200_00, "6": 18_00}
