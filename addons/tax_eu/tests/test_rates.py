"""The rates against lists that others keep, whose known faults are named here."""

from __future__ import annotations

import csv
import json
import os
from datetime import date
from datetime import timedelta
from pathlib import Path

import pytest

from addons.tax_eu.places import code_of
from addons.tax_eu.places import member_states
from core.api import rate_table

SHARED = Path(os.environ.get("ENTREPOT_SHARED") or Path(__file__).resolve().parents[4] / "shared")
HISTORY = SHARED / "data" / "tax" / "vat_rates_history_kdeldycke.csv"
CURRENT = SHARED / "data" / "tax" / "eu_vat_rates_vatnode_2026-09-29.json"

RATES = rate_table("addons.tax_eu")

# Poland's VAT began on 5 July 1993; the list has the month and the day changed about.
BEGINS = {("PL", "1993-01-08"): date(1993, 7, 5)}
# The last day of a rate, where the list otherwise has the first day of the next one.
LAST_DAYS = {("HR", "2022-12-31"), ("LU", "2022-12-31"), ("LU", "2023-12-31")}

STANDARD_2026 = """AT 20 BE 21 BG 20 HR 25 CY 19 CZ 21 DK 25 EE 24 FI 25.5 FR 20 DE 19 GR 24 HU 27
IE 23 IT 22 LV 21 LT 21 LU 17 MT 18 NL 21 PL 23 PT 23 RO 21 SK 23 SI 22 ES 21 SE 25""".split()


@pytest.mark.skipif(not HISTORY.exists(), reason="the shared data is not here")
def test_the_standard_rates_equal_the_public_history() -> None:
    with HISTORY.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    compared = 0
    for row in rows:
        for state in {code_of(code) for code in row["territory_codes"].splitlines()}:
            if state not in member_states():
                continue
            compared += 1
            first = BEGINS.get((state, row["start_date"]), date.fromisoformat(row["start_date"]))
            days = [first]
            if row["stop_date"]:
                stop = date.fromisoformat(row["stop_date"])
                inclusive = (state, row["stop_date"]) in LAST_DAYS
                days.append(stop if inclusive else stop - timedelta(days=1))
            for day in days:
                found = RATES.on(state, "standard", day)
                assert found.rate == round(float(row["rate"]) * 1_000_000), (state, day)
    # As many rows of the list as are about a member state.
    assert compared == 168


@pytest.mark.skipif(not CURRENT.exists(), reason="the shared data is not here")
def test_the_rates_of_2026_equal_the_public_table() -> None:
    table = json.loads(CURRENT.read_text(encoding="utf-8"))["rates"]
    day = date(2026, 9, 29)
    for state in member_states():
        row = table[state]
        listed = {*row["reduced"], row["super_reduced"], row["parking"]}
        assert RATES.on(state, "standard", day).rate == round(row["standard"] * 10_000)
        for name in RATES.classes(state):
            rate = RATES.on(state, name, day).rate / 10_000
            assert name == "standard" or rate in listed, (state, name)


def test_the_standard_rates_of_2026() -> None:
    for state, percent in zip(STANDARD_2026[::2], STANDARD_2026[1::2], strict=True):
        found = RATES.on(state, "standard", date(2026, 6, 1))
        assert found.rate == round(float(percent) * 10_000), state


def test_every_member_state_has_a_rate_since_the_reform() -> None:
    for state in member_states():
        assert RATES.on(state, "standard", date(2021, 7, 1)).rate > 0
        assert RATES.history(state)[-1].source
