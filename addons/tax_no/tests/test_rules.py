"""The rules, case by case, and the boxes of the return."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from addons.tax_no.regime import NoVat
from core.api import InputError
from core.testkit.regimes import Book
from core.testkit.regimes import levies
from core.testkit.regimes import one
from core.testkit.regimes import sale

REGIME = NoVat()


@pytest.fixture
def book(database_url: str, tmp_path: Path) -> Iterator[Book]:
    """Return books of a company with the addon."""
    with Book.open("tax_no", database_url, tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(
    ("price", "quantity", "scheme", "collector"),
    [
        (2999_99, 1, "low_value_goods", "seller"),
        (3000_00, 1, "import_high_value", "customs"),
        (4000_00, 2, "low_value_goods", "seller"),
        (6000_00, 2, "import_high_value", "customs"),
    ],
)
def test_voec_is_for_items_below_3000(
    price: int, quantity: int, scheme: str, collector: str
) -> None:
    sold = sale(
        "2026-05-01", "CN NO", price, currency="NOK", quantity=quantity, registered=["NO voec"]
    )

    assert (one(REGIME, sold).scheme, one(REGIME, sold).collector) == (scheme, collector)


def test_a_mixed_parcel_shares_its_freight() -> None:
    sold = sale(
        "2026-05-01",
        "CN NO",
        1600_00,
        3200_00,
        currency="NOK",
        delivery=90_00,
        registered=["NO voec"],
    )

    assert levies(REGIME, sold) == [
        ("VAT", "low_value_goods", 1600_00, 400_00),
        ("VAT", "import_high_value", 3200_00, 800_00),
        ("VAT", "low_value_goods", 30_00, 7_50),
        ("VAT", "import_high_value", 60_00, 15_00),
    ]


def test_food_and_businesses_pay_at_the_border() -> None:
    food = sale(
        "2026-05-01", "CN NO", 100_00, currency="NOK", tax_class="food", registered=["NO voec"]
    )
    business = sale(
        "2026-05-01",
        "CN NO",
        100_00,
        currency="NOK",
        buyer="business",
        buyer_number="valid",
        registered=["NO voec"],
    )

    assert (one(REGIME, food).collector, one(REGIME, food).rate) == ("customs", 150_000)
    assert one(REGIME, business).collector == "customs"


@pytest.mark.parametrize(
    ("when", "price", "scheme"),
    [
        ("2023-12-31", 349_99, "import_relief_350"),
        ("2023-12-31", 350_00, "import"),
        ("2024-01-01", 349_99, "import"),
    ],
)
def test_the_relief_of_350_ended_with_2023(when: str, price: int, scheme: str) -> None:
    sold = sale(when, "CN NO", price, currency="NOK")

    assert one(REGIME, sold).scheme == scheme


def test_a_marketplace_charges_in_place_of_the_seller_from_april_2020() -> None:
    sold = sale("2020-04-01", "CN NO", 10_00, currency="NOK", channel="marketplace")

    assert (one(REGIME, sold).collector, one(REGIME, sold).supply) == (
        "marketplace",
        "outside_scope",
    )
    assert REGIME.decide(sale("2020-03-31", "CN NO", 10_00, currency="NOK").facts()) == [None]
    with pytest.raises(InputError, match="marketplace or the seller"):
        one(REGIME, sale("2026-05-01", "CN NO", 10_00, currency="NOK", channel=""))


def test_who_imports_himself_sells_in_norway() -> None:
    sold = sale("2026-05-01", "SE NO", 5000_00, currency="NOK", registered=["NO importer"])

    assert (one(REGIME, sold).scheme, one(REGIME, sold).collector) == ("domestic", "seller")


def test_the_returns_add_up(book: Book) -> None:
    sales = [
        sale("2026-01-10", "NO NO", 1000_00, currency="NOK", registered=["NO local"]),
        sale(
            "2026-02-10", "NO NO", 200_00, currency="NOK", tax_class="food", registered=["NO local"]
        ),
        sale("2026-02-11", "NO SE", 300_00, currency="NOK", registered=["NO local"]),
        sale("2026-02-12", "CN NO", 4000_00, currency="NOK", quantity=2, registered=["NO voec"]),
    ]

    found = book.boxes("no_mva", "2026-B1", *sales, input_tax=50_00)

    assert (found["3.base"], found["3.tax"]) == (1000_00, 250_00)
    assert (found["31.base"], found["31.tax"]) == (200_00, 30_00)
    assert (found["52"], found["1"], found["19"]) == (300_00, 50_00, 230_00)
    assert book.boxes("no_voec", "2026-Q1", *sales) == {
        "base 25 %": 4000_00,
        "tax 25 %": 1000_00,
        "total": 1000_00,
    }
