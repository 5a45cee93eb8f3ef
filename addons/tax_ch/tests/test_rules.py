"""The rules, case by case, and the boxes of the return."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from addons.tax_ch.regime import ChVat
from core.api import InputError
from core.testkit.regimes import Book
from core.testkit.regimes import levies
from core.testkit.regimes import one
from core.testkit.regimes import sale

REGIME = ChVat()


@pytest.fixture
def book(database_url: str, tmp_path: Path) -> Iterator[Book]:
    """Return books of a company with the addon."""
    with Book.open("tax_ch", database_url, tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(
    ("price", "delivery", "tax_class", "scheme", "rate"),
    [
        (61_00, 0, "standard", "import_tax_not_over_CHF5", 0),
        (62_00, 0, "standard", "import", 81_000),
        # 5.00 by its freight: 8.1 % of 61.75.
        (50_00, 11_75, "standard", "import_tax_not_over_CHF5", 0),
        (50_00, 12_00, "standard", "import", 81_000),
        (192_00, 0, "reduced", "import_tax_not_over_CHF5", 0),
        (193_00, 0, "reduced", "import", 26_000),
    ],
)
def test_import_tax_up_to_five_francs_is_not_collected(
    price: int, delivery: int, tax_class: str, scheme: str, rate: int
) -> None:
    sold = sale(
        "2026-05-01", "CN CH", price, currency="CHF", delivery=delivery, tax_class=tax_class
    )

    decision = one(REGIME, sold)

    assert (decision.scheme, decision.rate) == (scheme, rate)
    assert decision.collector == ("customs" if rate else "none")


def test_a_mail_order_seller_charges_on_every_parcel() -> None:
    sold = sale("2026-05-01", "CN CH", 20_00, 900_00, currency="CHF", registered=["CH mail_order"])

    assert levies(REGIME, sold) == [
        ("VAT", "mail_order_100k", 20_00, 1_62),
        ("VAT", "mail_order_100k", 900_00, 72_90),
    ]


@pytest.mark.parametrize(
    ("when", "collector"), [("2024-12-31", "none"), ("2025-01-01", "marketplace")]
)
def test_platforms_are_the_supplier_from_2025_on(when: str, collector: str) -> None:
    sold = sale(when, "CN CH", 20_00, currency="CHF", channel="marketplace")

    assert one(REGIME, sold).collector == collector


def test_goods_in_switzerland_are_the_platforms_too() -> None:
    sold = sale(
        "2026-05-01", "CH CH", 20_00, currency="CHF", channel="marketplace", registered=["CH local"]
    )

    assert (one(REGIME, sold).scheme, one(REGIME, sold).supply) == ("platform_20a", "zero_rated")
    with pytest.raises(InputError, match="marketplace or the seller"):
        one(REGIME, sale("2026-05-01", "CH CH", 20_00, currency="CHF", channel=""))


@pytest.mark.parametrize(
    ("when", "rate"),
    [
        ("2017-12-31", 80_000),
        ("2018-01-01", 77_000),
        ("2023-12-31", 77_000),
        ("2024-01-01", 81_000),
    ],
)
def test_the_rate_is_that_of_the_day(when: str, rate: int) -> None:
    sold = sale(when, "CH CH", 10_00, currency="CHF", registered=["CH local"])

    assert one(REGIME, sold).rate == rate


def test_the_return_adds_up(book: Book) -> None:
    found = book.boxes(
        "ch_mwst",
        "2026-Q2",
        sale("2026-05-01", "CN CH", 20_00, currency="CHF", registered=["CH mail_order"]),
        sale(
            "2026-05-01",
            "CH CH",
            100_00,
            currency="CHF",
            tax_class="reduced",
            registered=["CH local"],
        ),
        sale("2026-05-01", "CH DE", 50_00, currency="CHF", registered=["CH local"]),
        sale(
            "2026-05-01",
            "CH CH",
            30_00,
            currency="CHF",
            channel="marketplace",
            registered=["CH local"],
        ),
        input_tax=1_00,
    )

    assert (found["200"], found["220"], found["299"]) == (200_00, 80_00, 120_00)
    assert (found["303.base"], found["303.tax"]) == (20_00, 1_62)
    assert (found["313.base"], found["313.tax"]) == (100_00, 2_60)
    assert (found["399"], found["400"], found["500"]) == (4_22, 1_00, 3_22)
