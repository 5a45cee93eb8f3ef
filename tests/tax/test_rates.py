"""Tables of rates: by day and class, with their sources, and what is wrong is refused."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest

from core.errors import InputError
from core.tax.rates import RateTable
from core.tax.rates import percent_of

TABLE = """
[[FI.standard]]
from = 2013-01-01
percent = "24"
source = "law A"

[[FI.standard]]
from = 2024-09-01
percent = "25.5"
source = "law B"

[[FI.holiday]]
from = 2020-01-01
until = 2020-12-31
percent = "9.975"
source = "law C"
"""


def table(text: str = TABLE) -> RateTable:
    return RateTable(tomllib.loads(text), "sample")


@pytest.mark.parametrize(
    ("day", "rate"), [("2013-01-01", 240_000), ("2024-08-31", 240_000), ("2024-09-01", 255_000)]
)
def test_the_rate_is_that_of_the_day(day: str, rate: int) -> None:
    found = table().on("FI", "standard", date.fromisoformat(day))
    assert found.rate == rate
    assert found.source.startswith("law")


@pytest.mark.parametrize(
    ("jurisdiction", "tax_class", "day", "sentence"),
    [
        ("FI", "standard", "2012-12-31", "no standard rate on 2012-12-31"),
        ("FI", "holiday", "2021-01-01", "no holiday rate on 2021-01-01"),
        ("FI", "books", "2020-01-01", "no tax class 'books'. It has holiday, standard"),
        ("SE", "standard", "2020-01-01", "It has none"),
    ],
)
def test_what_has_no_rate_is_never_zero(
    jurisdiction: str, tax_class: str, day: str, sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        table().on(jurisdiction, tax_class, date.fromisoformat(day))


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ('from = 2020-01-01\npercent = "much"\nsource = "x"', "'much' is no percentage"),
        ('from = 2020-01-01\npercent = "101"\nsource = "x"', "'101' is no percentage"),
        ('from = 2020-01-01\npercent = "1.00001"\nsource = "x"', "four decimals"),
        ('from = 2020-01-01\npercent = 19\nsource = "x"', "percentage as text"),
        ('from = "2020-01-01"\npercent = "19"\nsource = "x"', "needs a day"),
        ('from = 2020-01-01\npercent = "19"\nsource = ""', "and a source"),
        ('from = 2020-01-01\npercent = "19"', "lacks 'source'"),
        (
            'from = 2020-01-01\npercent = "1"\nsource = "x"\n[[X.standard]]\n'
            'from = 2020-01-01\npercent = "2"\nsource = "x"',
            "Two rates begin on one day",
        ),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(row: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        table(f"[[X.standard]]\n{row}")


def test_rates_are_spoken_as_people_do() -> None:
    spoken = [percent_of(rate) for rate in (0, 50_000, 99_750, 175_000, 1_000_000)]
    assert spoken == ["0 %", "5 %", "9.975 %", "17.5 %", "100 %"]
