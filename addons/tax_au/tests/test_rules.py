"""The rules, case by case, and the boxes of the return."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from addons.tax_au.regime import AuGst
from core.api import InputError
from core.testkit.regimes import Book
from core.testkit.regimes import levies
from core.testkit.regimes import one
from core.testkit.regimes import sale

REGIME = AuGst()


@pytest.fixture
def book(database_url: str, tmp_path: Path) -> Iterator[Book]:
    """Return books of a company with the addon."""
    with Book.open("tax_au", database_url, tmp_path) as opened:
        yield opened


def test_goods_up_to_1000_bear_gst_at_the_sale_with_their_freight() -> None:
    sold = sale(
        "2026-05-01", "CN AU", 1000_00, currency="AUD", delivery=5_00, channel="marketplace"
    )

    assert levies(REGIME, sold) == [
        ("GST", "low_value_goods", 1000_00, 100_00),
        ("GST", "low_value_goods", 5_00, 50),
    ]
    assert one(REGIME, sold).collector == "marketplace"
    assert one(REGIME, sold).account == "2310"


@pytest.mark.parametrize(
    ("prices", "scheme", "collector"),
    [
        ([1000_00], "low_value_goods", "seller"),
        ([1000_01], "import_high_value", "customs"),
        # Together they are a taxable importation, however little each costs.
        ([600_00, 600_00], "import_high_value", "customs"),
        ([500_00, 500_00], "low_value_goods", "seller"),
    ],
)
def test_the_limit_is_that_of_a_consignment(prices: list[int], scheme: str, collector: str) -> None:
    sold = sale("2026-05-01", "CN AU", *prices, currency="AUD", registered=["AU local"])

    decision = one(REGIME, sold)

    assert (decision.scheme, decision.collector, decision.rate) == (scheme, collector, 100_000)


def test_who_is_not_registered_charges_nothing_and_a_business_accounts_itself() -> None:
    plain = sale("2026-05-01", "CN AU", 80_00, currency="AUD")
    business = sale(
        "2026-05-01", "CN AU", 80_00, currency="AUD", buyer="business", buyer_number="valid"
    )
    unchecked = sale(
        "2026-05-01",
        "CN AU",
        80_00,
        currency="AUD",
        buyer="business",
        buyer_number="invalid",
        registered=["AU local"],
    )

    assert one(REGIME, plain).scheme == "below_registration_threshold"
    assert "AUD 75000.00" in one(REGIME, plain).evidence
    assert one(REGIME, business).scheme == "B2B_excluded"
    assert one(REGIME, business).collector == "buyer"
    assert one(REGIME, unchecked).collector == "seller"


def test_goods_in_australia_are_taxed_by_the_seller_on_a_marketplace_too() -> None:
    sold = sale(
        "2026-05-01", "AU AU", 50_00, currency="AUD", channel="marketplace", registered=["AU local"]
    )

    assert (one(REGIME, sold).scheme, one(REGIME, sold).collector) == ("domestic", "seller")


def test_imports_before_the_reform_are_left_to_others_and_the_channel_must_be_known() -> None:
    assert REGIME.decide(sale("2018-06-30", "CN AU", 80_00, currency="AUD").facts()) == [None]
    assert one(REGIME, sale("2018-07-01", "CN AU", 80_00, currency="AUD")).rate == 0
    with pytest.raises(InputError, match="entrepot tax channel|marketplace or the seller"):
        one(REGIME, sale("2026-05-01", "CN AU", 80_00, currency="AUD", channel=""))


def test_a_limit_in_another_currency_needs_a_rate() -> None:
    with pytest.raises(InputError, match="no rate from USD to AUD"):
        one(REGIME, sale("2026-05-01", "CN AU", 80_00, currency="USD"))


def test_the_activity_statement_adds_up(book: Book) -> None:
    here = sale("2026-05-01", "AU AU", 10_000_00, currency="AUD", registered=["AU local"])
    found = book.boxes(
        "au_bas",
        "2026-Q2",
        here,
        sale("2026-05-02", "AU US", 300_00, currency="AUD", registered=["AU local"]),
        sale(
            "2026-05-03",
            "AU AU",
            70_00,
            currency="AUD",
            tax_class="zero",
            registered=["AU local"],
        ),
        sale("2026-05-04", "CN AU", 80_00, currency="AUD", channel="marketplace"),
        sale("2026-07-01", "AU AU", 999_00, currency="AUD", registered=["AU local"]),
        input_tax=200_00,
    )

    # 11,000 with GST as in the worked example, beside an export and GST-free goods.
    assert found["G1"] == 11_370_00
    assert (found["G2"], found["G3"]) == (300_00, 70_00)
    assert (found["1A"], found["1B"], found["9"]) == (1000_00, 200_00, 800_00)
    assert found["G11"] is None


def test_the_rate_has_a_first_day() -> None:
    registered = ["AU local"]
    first = sale("2000-07-01", "AU AU", 1_00, currency="AUD", registered=registered)

    assert one(REGIME, first).rate == 100_000
    with pytest.raises(InputError, match="no standard rate on 2000-06-30"):
        one(REGIME, sale("2000-06-30", "AU AU", 1_00, currency="AUD", registered=registered))
