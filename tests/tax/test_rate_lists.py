"""The rates of places beside the member states against a public list, its known faults named."""

from __future__ import annotations

import csv
import os
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
        for country in row["territory_codes"].split():
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


@pytest.mark.skipif(not HISTORY.exists(), reason="the shared data is not here")
def test_every_row_is_reproduced_or_its_fault_is_known() -> None:
    states = {*member_states(), "EL", "MC"}
    day, compared, faults = date(2026, 6, 1), 0, set()
    for row in rows():
        codes = row["territory_codes"].split()
        if states & set(codes) or set(codes) & (REGIMES.keys() | NOT_OURS):
            continue
        if PASSED & set(codes):
            assert row["stop_date"] < "2021-07-01"
            continue
        compared += 1
        rate = round(float(row["rate"]) * 1_000_000)
        for code in codes:
            if (code, row["start_date"]) in FAULTS:
                faults.add((code, row["start_date"]))
            elif code in AREAS:
                assert decide(*AREAS[code], day).rate == rate, code
            elif len(code) == 2:
                # Places with a code of their own are no part of the VAT area: exports, whatever
                # their own tax is.
                decision = decide(code, "", day)
                assert (decision.role, decision.rate) == ("export", 0), code
    assert compared > 40
    assert faults == FAULTS.keys()


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
