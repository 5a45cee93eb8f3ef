"""The rules, case by case, and the boxes of the return."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from addons.tax_in.regime import InGst
from core.api import InputError
from core.testkit.regimes import Book
from core.testkit.regimes import Sale
from core.testkit.regimes import decisions
from core.testkit.regimes import levies
from core.testkit.regimes import one
from core.testkit.regimes import sale

REGIME = InGst()


@pytest.fixture
def book(database_url: str, tmp_path: Path) -> Iterator[Book]:
    """Return books of a company with the addon."""
    with Book.open("tax_in", database_url, tmp_path) as opened:
        yield opened


def inside(when: str = "2026-05-01", price: int = 100_000_00, **others: Any) -> Sale:
    told = {"currency": "INR", "region": "MH", "from_region": "MH", "seller_country": "IN"} | others
    return sale(when, "IN IN", price, **told)


def test_a_marketplace_withholds_from_a_sale_within_a_state() -> None:
    assert levies(REGIME, inside(channel="marketplace")) == [
        ("CGST", "domestic", 100_000_00, 9_000_00),
        ("SGST", "domestic", 100_000_00, 9_000_00),
        ("CGST_TCS", "TCS_sec52", 100_000_00, 250_00),
        ("SGST_TCS", "TCS_sec52", 100_000_00, 250_00),
        ("TDS", "TDS_194O", 100_000_00, 100_00),
    ]


def test_a_sale_to_another_state_bears_integrated_tax() -> None:
    sold = inside(channel="marketplace", region="KA")

    assert levies(REGIME, sold)[:2] == [
        ("IGST", "domestic", 100_000_00, 18_000_00),
        ("IGST_TCS", "TCS_sec52", 100_000_00, 500_00),
    ]


@pytest.mark.parametrize(
    ("when", "withheld"),
    [
        ("2018-09-30", []),
        ("2018-10-01", [1_000_00]),
        ("2020-10-01", [1_000_00, 1_000_00]),
        ("2024-07-09", [1_000_00, 1_000_00]),
        ("2024-07-10", [500_00, 1_000_00]),
        ("2024-09-30", [500_00, 1_000_00]),
        ("2024-10-01", [500_00, 100_00]),
    ],
)
def test_what_is_withheld_changed_by_day(when: str, withheld: list[int]) -> None:
    found = levies(REGIME, inside(when, channel="marketplace", region="KA"))

    assert [tax for _, _, _, tax in found[1:]] == withheld


@pytest.mark.parametrize(
    ("when", "tax_class", "tax"),
    [
        ("2025-09-21", "gst_28", 28_000_00),
        ("2025-09-21", "gst_12", 12_000_00),
        ("2025-09-22", "gst_40", 40_000_00),
        ("2025-09-22", "gst_5", 5_000_00),
    ],
)
def test_the_rates_were_reformed_in_september_2025(when: str, tax_class: str, tax: int) -> None:
    sold = inside(when, tax_class=tax_class, region="KA")

    assert levies(REGIME, sold)[0][3] == tax


@pytest.mark.parametrize(
    ("when", "tax_class"),
    [("2025-09-22", "gst_12"), ("2025-09-22", "gst_28"), ("2025-09-21", "gst_40")],
)
def test_a_rate_that_ended_or_has_not_begun_is_refused(when: str, tax_class: str) -> None:
    with pytest.raises(InputError, match=f"no {tax_class} rate"):
        levies(REGIME, inside(when, tax_class=tax_class, region="KA"))


def test_who_need_not_register_charges_nothing_on_his_own_site() -> None:
    assert one(REGIME, inside()).scheme == "below_registration_threshold"
    assert levies(REGIME, inside(registered=["IN local"]))[0][0] == "CGST"
    assert one(REGIME, inside(region="KA")).collector == "seller"


def test_states_must_be_known_and_imports_are_the_customs() -> None:
    with pytest.raises(InputError, match="the buyer has none"):
        levies(REGIME, inside(region=""))
    with pytest.raises(InputError, match="the warehouse has none"):
        levies(REGIME, inside(from_region=""))
    imported = sale("2026-05-01", "CN IN", 100_00, currency="INR")
    assert (one(REGIME, imported).collector, one(REGIME, imported).tax) == ("customs", "IGST")


def test_withheld_taxes_are_assets() -> None:
    _, _, *kept = decisions(REGIME, inside(channel="marketplace"))

    assert {(each.role, each.account, each.collector) for each in kept} == {
        ("withholding", "1520", "marketplace")
    }


def test_the_returns_add_up(book: Book) -> None:
    sales = [
        inside(channel="marketplace"),
        inside(channel="marketplace", region="KA", price=10_000_00),
        inside(registered=["IN local"], price=1_000_00, tax_class="zero"),
        sale("2026-05-01", "IN US", 500_00, currency="INR", registered=["IN local"]),
    ]

    found = book.boxes("in_gstr3b", "2026-05", *sales, input_tax=100_00)

    assert (found["3.1.a"], found["3.1.b"], found["3.1.c"]) == (110_000_00, 500_00, 1_000_00)
    assert (found["3.1.a.igst"], found["3.1.a.cgst"], found["3.1.a.sgst"]) == (
        1_800_00,
        9_000_00,
        9_000_00,
    )
    assert found["6.1"] == 19_800_00 - 100_00
    kept = book.boxes("in_withheld", "2026-05", *sales)
    assert (kept["net"], kept["tcs"], kept["tds"]) == (110_000_00, 550_00, 110_00)
    assert (kept["tcs.igst"], kept["tcs.cgst"], kept["tcs.sgst"]) == (50_00, 250_00, 250_00)
