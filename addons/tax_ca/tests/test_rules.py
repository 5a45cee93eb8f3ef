"""The rules, case by case, and the boxes of the return."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from addons.tax_ca.regime import CaGst
from core.api import InputError
from core.testkit.regimes import Book
from core.testkit.regimes import decisions
from core.testkit.regimes import levies
from core.testkit.regimes import one
from core.testkit.regimes import sale

REGIME = CaGst()


@pytest.fixture
def book(database_url: str, tmp_path: Path) -> Iterator[Book]:
    """Return books of a company with the addon."""
    with Book.open("tax_ca", database_url, tmp_path) as opened:
        yield opened


def to(
    province: str, when: str = "2026-05-01", **others: object
) -> list[tuple[str, str, int, int]]:
    sold = sale(when, "CA CA", 100_00, currency="CAD", region=province, **others)
    return levies(REGIME, sold)


@pytest.mark.parametrize(
    ("province", "taxes"),
    [
        ("AB", [("GST", "domestic", 100_00, 5_00)]),
        ("ON", [("HST", "domestic", 100_00, 13_00)]),
        ("NB", [("HST", "domestic", 100_00, 15_00)]),
        ("QC", [("GST", "domestic", 100_00, 5_00), ("QST", "domestic", 100_00, 9_98)]),
        ("BC", [("GST", "domestic", 100_00, 5_00), ("PST", "domestic", 100_00, 7_00)]),
        ("MB", [("GST", "domestic", 100_00, 5_00), ("RST", "domestic", 100_00, 7_00)]),
        ("SK", [("GST", "domestic", 100_00, 5_00), ("PST", "domestic", 100_00, 6_00)]),
    ],
)
def test_each_province_has_its_taxes(province: str, taxes: list[tuple[str, str, int, int]]) -> None:
    assert to(province, registered=["CA local", f"CA local {province}"]) == taxes


def test_a_province_is_charged_only_by_who_is_registered_there() -> None:
    assert to("QC", registered=["CA local"]) == [("GST", "domestic", 100_00, 5_00)]


@pytest.mark.parametrize(("when", "tax"), [("2025-03-31", 15_00), ("2025-04-01", 14_00)])
def test_nova_scotia_lowered_its_rate(when: str, tax: int) -> None:
    assert to("NS", when, registered=["CA local"])[0][3] == tax


def test_platforms_account_for_vendors_who_are_not_registered() -> None:
    market: dict[str, Any] = {"channel": "marketplace", "currency": "CAD", "region": "ON"}
    new = sale("2021-07-01", "CA CA", 100_00, **market)
    old = sale("2021-06-30", "CA CA", 100_00, **market)
    known = sale("2026-05-01", "CA CA", 100_00, registered=["CA local"], **market)

    assert (one(REGIME, new).collector, one(REGIME, new).scheme) == (
        "marketplace",
        "qualifying_goods",
    )
    assert one(REGIME, old).scheme == "below_registration_threshold"
    assert (one(REGIME, known).collector, one(REGIME, known).account) == ("seller", "2360")


@pytest.mark.parametrize(
    ("when", "collector"), [("2022-06-30", "seller"), ("2022-07-01", "marketplace")]
)
def test_british_columbia_makes_platforms_collect_from_all(when: str, collector: str) -> None:
    sold = sale(
        when,
        "CA CA",
        100_00,
        currency="CAD",
        region="BC",
        channel="marketplace",
        registered=["CA local", "CA local BC"],
    )

    gst, pst = decisions(REGIME, sold)

    assert gst.collector == "seller"
    assert (pst.tax, pst.collector) == ("PST", collector)


@pytest.mark.parametrize(("price", "scheme"), [(20_00, "import_remission_20"), (20_01, "import")])
def test_imports_over_twenty_dollars_are_taxed_at_the_border(price: int, scheme: str) -> None:
    sold = sale("2026-05-01", "CN CA", price, currency="CAD", region="ON")

    assert one(REGIME, sold).scheme == scheme


def test_a_sale_without_a_province_waits() -> None:
    with pytest.raises(InputError, match="no province"):
        to("")
    with pytest.raises(InputError, match="no tax class 'reduced'"):
        to("ON", tax_class="reduced")


def test_the_returns_add_up(book: Book) -> None:
    both = ["CA local", "CA local QC", "CA local BC"]
    sales = [
        sale("2026-05-01", "CA CA", 100_00, currency="CAD", region=province, registered=both)
        for province in ("ON", "QC", "BC")
    ]
    sales += [
        sale("2026-05-01", "CA US", 50_00, currency="CAD", registered=both),
        sale("2026-05-01", "CA CA", 70_00, currency="CAD", region="ON", channel="marketplace"),
    ]

    found = book.boxes("ca_gst34", "2026-Q2", *sales, input_tax=3_00)

    assert (found["101"], found["103"], found["105"]) == (350_00, 23_00, 23_00)
    assert (found["106"], found["108"], found["109"]) == (3_00, 3_00, 20_00)
    qst = book.boxes("ca_qst", "2026-Q2", *sales)
    assert (qst["201"], qst["203"], qst["209"]) == (100_00, 9_98, 9_98)
    pst = book.boxes("ca_pst_bc", "2026-Q2", *sales)
    assert (pst["sales"], pst["tax"]) == (100_00, 7_00)
