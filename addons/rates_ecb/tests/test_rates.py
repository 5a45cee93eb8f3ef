"""The rates against the ECB's file and against what is known of it."""

from __future__ import annotations

import csv
import io
import json
import os
from datetime import date
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import zstandard

from addons.rates_ecb.source import EcbRates
from addons.rates_ecb.table import Table
from addons.rates_ecb.table import packaged
from addons.rates_ecb.table import read_zip
from core.api import InputError
from core.api import RateSource

SHARED = Path(os.environ.get("ENTREPOT_SHARED") or Path(__file__).resolve().parents[4] / "shared")
DATA = SHARED / "data"
LAST = "last_known_rate_checks(date asked->[rate date, units per EUR])"
SMALL = "Date,USD,JPY,\n2026-10-30,1.1172,175.68,\n2026-10-29,1.1130,N/A,\n"


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / "truth_fx.json").read_text())
    return found


def points(currency: str, since: str, until: str) -> list[tuple[date, str]]:
    source: RateSource = EcbRates()
    return list(source.points(currency, date.fromisoformat(since), date.fromisoformat(until)))


def test_every_rate_is_the_text_that_the_ecb_wrote(truth: dict[str, Any]) -> None:
    table = packaged()
    with zstandard.open(DATA / "eurofxref-hist.csv.zst", "rt", encoding="ascii") as stream:
        rows = list(csv.DictReader(stream))
    assert (len(rows), set(truth["currencies"]) <= table.currencies) == (truth["rows"], True)
    empty = 0
    for currency in truth["currencies"]:
        known = [
            (date.fromisoformat(row["Date"]), row[currency])
            for row in reversed(rows)
            if row[currency] != "N/A"
        ]
        empty += len(rows) - len(known)
        found = points(currency, truth["first"], truth["last"])
        assert found == known, currency
    assert empty == truth["text_NA_cells"]


def test_the_last_rate_before_a_day_is_within_the_days_of_the_source(truth: dict[str, Any]) -> None:
    for asked, currencies in truth[LAST].items():
        for currency, (day, value) in currencies.items():
            since = date.fromisoformat(asked) - timedelta(days=EcbRates.days)
            last, text = points(currency, since.isoformat(), asked)[-1]
            assert (last.isoformat(), Decimal(text)) == (day, Decimal(str(value)))
    assert EcbRates.days > truth["max_gap_days"]


def test_ended_currencies_end_and_unknown_ones_have_no_rate(truth: dict[str, Any]) -> None:
    for currency, ended in truth["ended"].items():
        assert points(currency, "1999-01-01", truth["last"])[-1][0].isoformat() == ended
    for currency, began in truth["began_late"].items():
        assert points(currency, "1999-01-01", truth["last"])[0][0].isoformat() == began
    assert points("TWD", "1999-01-01", truth["last"]) == []
    assert points("Date", "1999-01-01", truth["last"]) == []


def test_no_digit_is_lost_and_both_ends_are_included() -> None:
    table = read_zip(packed(SMALL))
    assert table.series("USD") == (
        [date(2026, 10, 29), date(2026, 10, 30)],
        ["1.1130", "1.1172"],
    )
    assert table.series("JPY") == ([date(2026, 10, 30)], ["175.68"])
    assert table.currencies == {"USD", "JPY"}
    assert points("USD", "2026-10-29", "2026-10-30") == [
        (date(2026, 10, 29), "1.113"),
        (date(2026, 10, 30), "1.1172"),
    ]
    assert points("USD", "2026-10-24", "2026-10-25") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must start with Date"),
        ("Day,USD\n", "must start with Date"),
        ("Date,USD\n2026-10-30\n", "ends too early"),
        ("Date,USD\n30.10.2026,1.1\n", "'30.10.2026' is not a day"),
        ("Date,USD\n2026-10-30,one\n", "'one' is no rate"),
        ("Date,USD\n2026-10-30,0\n", "'0' is no rate"),
        ("Date,USD\n2026-10-30,-1.1\n", "'-1.1' is no rate"),
        ("Date,USD\n2026-10-30,NaN\n", "'NaN' is no rate"),
        ("Date,USD\n2026-10-30,Infinity\n", "'Infinity' is no rate"),
    ],
)
def test_a_damaged_file_says_where(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as seen:
        Table(text).series("USD")
    assert str(seen.value.where).startswith("line ")


def packed(text: str) -> bytes:
    stream = io.BytesIO()
    with ZipFile(stream, "w") as archive:
        archive.writestr("eurofxref-hist.csv", text)
    return stream.getvalue()
