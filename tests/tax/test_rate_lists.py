"""The rates of places beside the member states against a public list, its known faults named."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterator
from datetime import date
from datetime import timedelta
from pathlib import Path

import pytest

from addons.tax_eu.places import member_states
from addons.tax_eu.regime import EuVat
from core.tax.decision import TaxDecision
from core.tax.facts import Registration
from core.tax.facts import Seller
from core.tax.facts import TaxFacts
from core.tax.rates import rate_table

SHARED = Path(os.environ.get("ENTREPOT_SHARED") or Path(__file__).resolve().parents[3] / "shared")
HISTORY = SHARED / "data" / "tax" / "vat_rates_history_kdeldycke.csv"

REGIMES = {"GB": "uk", "CH": "ch", "AU": "au", "NZ": "nz", "NO": "no", "JP": "jp"}

AREAS = {
    "AT-6691": ("AT", "6691"), "AT-6991": ("AT", "6991"), "DE-27498": ("DE", "27498"),
    "DE-78266": ("DE", "78266"), "ES-CN": ("ES", "35001"), "ES-ML": ("ES", "52001"),
    "FI-01": ("FI", "22100"), "GR-69": ("GR", "63086"), "IT-22060": ("IT", "22061"),
    "IT-23030": ("IT", "23041"), "PT-20": ("PT", "9500"), "PT-30": ("PT", "9000"),
}  # fmt: skip
"""Parts of member states that the list has, as an address tells them."""

FAULTS = {
    ("PT-20", "2011-01-01"): "18 % held from 2014 to June 2021 only: 16 % before and since",
    ("PT-30", "2011-01-01"): "22 % since April 2012, 16 % before",
    (
        "IT-22060",
        "2013-10-01",
    ): "Campione is in the customs territory since 2020, not in the VAT area",
}
"""Rows that the law contradicts, each with what is right."""

PASSED = frozenset("GR-34007 GR-37002 GR-64004 GR-68002 GR-81 GR-82 GR-83 GR-84 GR-85".split())
"""Greek islands, whose rates ended before the days of which distance sales are known."""

NOT_OURS = {"KR", "RU", "ZA", "AL", "CP"}
"""Places whose tax no shipped regime is the law of; Clipperton has no code in ISO 3166."""


def rows() -> Iterator[dict[str, str]]:
    with HISTORY.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def decide(ship_to: str, postcode: str, day: date) -> TaxDecision:
    """Return what a seller of the Union decides of goods that go from Germany to a place."""
    seller = Seller((Registration("EU", "oss"),), ("DE",))
    origin = "FR" if ship_to == "DE" else "DE"
    fact = TaxFacts(
        day, origin, ship_to, origin, "own", channel="own", postcode=postcode, seller=seller
    )
    (answer,) = EuVat().decide([fact])
    assert isinstance(answer, TaxDecision)
    return answer


@pytest.mark.skipif(not HISTORY.exists(), reason="the shared data is not here")
def test_the_rates_of_other_regimes_equal_the_public_history() -> None:
    compared = 0
    for row in rows():
        for country in row["territory_codes"].splitlines():
            if country not in REGIMES:
                continue
            compared += 1
            days = [date.fromisoformat(row["start_date"])]
            if row["stop_date"]:
                days.append(date.fromisoformat(row["stop_date"]) - timedelta(days=1))
            table = rate_table(f"addons.tax_{REGIMES[country]}")
            for day in days:
                found = table.on(country, "standard", day).rate
                assert found == round(float(row["rate"]) * 1_000_000), (country, day)
    assert compared == 15


def codes_of(row: dict[str, str]) -> list[str]:
    """Return the names that the list has for the place of a row, each on a line of its own."""
    return row["territory_codes"].splitlines()


def kind_of(row: dict[str, str]) -> str:
    """Return what a row is about: which test of it holds its rate against ours."""
    codes = set(codes_of(row))
    if codes & {*member_states(), "EL", "MC"}:
        return "member state"
    if codes & REGIMES.keys():
        return "regime"
    if codes & NOT_OURS:
        return "no regime of ours"
    if codes & PASSED:
        return "ended before distance sales were known"
    if any((code, row["start_date"]) in FAULTS for code in codes):
        return "fault"
    return "area" if codes & AREAS.keys() else "outside"


@pytest.mark.skipif(not HISTORY.exists(), reason="the shared data is not here")
def test_every_one_of_the_rows_is_accounted_for() -> None:
    """Those of member states are held against the table in the addon's own tests."""
    kinds = Counter(kind_of(row) for row in rows())
    assert kinds == {
        "member state": 168, "regime": 15, "no regime of ours": 5, "fault": 3, "area": 9,
        "ended before distance sales were known": 9, "outside": 32,
    }  # fmt: skip
    assert kinds.total() == 241


def rows_of_kind(kind: str) -> list[tuple[dict[str, str], int]]:
    """Return the rows about something, each with its rate."""
    return [(row, round(float(row["rate"]) * 1_000_000)) for row in rows() if kind_of(row) == kind]


@pytest.mark.skipif(not HISTORY.exists(), reason="the shared data is not here")
def test_places_of_their_own_bear_the_rate_of_the_list_or_its_fault_is_known() -> None:
    for row, rate in rows_of_kind("area"):
        # From the reform on, before which other members' regions are not known.
        for day in (date(2021, 7, 1), date(2026, 6, 1)):
            for code in AREAS.keys() & set(codes_of(row)):
                assert decide(*AREAS[code], day).rate == rate, (code, day)
    for row, _ in rows_of_kind("outside"):
        # They are no part of the VAT area: exports, whatever their own tax is.
        own = [code for code in codes_of(row) if len(code) == len("GF")]
        assert own, row
        for code in own:
            decision = decide(code, "", date(2026, 6, 1))
            assert (decision.role, decision.rate) == ("export", 0), code
    ended = rows_of_kind("ended before distance sales were known")
    assert {row["stop_date"] for row, _ in ended} == {"2016-06-01"}
    known = {
        (code, row["start_date"]) for row, _ in rows_of_kind("fault") for code in codes_of(row)
    }
    assert known >= FAULTS.keys()


@pytest.mark.parametrize(
    ("place", "day", "percent"),
    [
        (("PT", "9500-321"), date(2021, 7, 1), 16),
        (("PT", "9000"), date(2026, 6, 1), 22),
        (("PT", "1000"), date(2026, 6, 1), 23),
        (("AT", "6993"), date(2026, 6, 1), 19),
        (("AT", "6900"), date(2026, 6, 1), 20),
    ],
)
def test_parts_of_member_states_have_rates_of_their_own(
    place: tuple[str, str], day: date, percent: int
) -> None:
    decision = decide(*place, day)
    assert (decision.scheme, decision.rate) == ("union_OSS", percent * 10_000)
    assert decision.jurisdiction == place[0]
