"""Numbers, dates and countries are read as the mapping says, or not at all."""

from __future__ import annotations

from datetime import UTC
from datetime import date
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addons.file_channel.tests.files import BASE
from addons.file_channel.tests.files import mapping_of
from addons.file_channel.tests.files import mapping_text
from addons.file_channel.values import BadValue
from addons.file_channel.values import Memo
from addons.file_channel.values import country_codes
from addons.file_channel.values import moments
from addons.file_channel.values import number_reader
from addons.file_channel.values import prices
from addons.file_channel.values import quantities

LOCALES = [(".", ""), (".", ","), (",", "."), (",", " "), (",", ""), (".", "'")]


def written(value: Decimal, decimal: str, thousands: str, style: str) -> str:
    """Write a number as a spreadsheet of some country would."""
    digits = f"{abs(value):,f}".replace(",", "t").replace(".", decimal).replace("t", thousands)
    if value >= 0:
        return digits
    return {"before": f"-{digits}", "after": f"{digits}-", "brackets": f"({digits})"}[style]


@pytest.mark.parametrize(("decimal", "thousands"), LOCALES)
@given(
    value=st.decimals(-(10**9), 10**9, places=4),
    style=st.sampled_from(["before", "after", "brackets"]),
)
def test_number_is_read_as_it_was_written(
    decimal: str, thousands: str, value: Decimal, style: str
) -> None:
    text = written(value, decimal, thousands, style)

    assert number_reader(decimal, thousands)(text) == value


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "value"),
    [
        ("1.234,56", ",", ".", "1234.56"),
        ("1,234.56", ".", ",", "1234.56"),
        ("1 234,56", ",", " ", "1234.56"),
        ("1\u202f234\u00a0567,5", ",", " ", "1234567.5"),
        ("1'234.56", ".", "'", "1234.56"),
        ("12,34,567.89", ".", ",", "1234567.89"),
        ("(4.50)", ".", "", "-4.50"),
        ("4.50-", ".", "", "-4.50"),
        ("\u22124.50", ".", "", "-4.50"),
        ("+4.50", ".", "", "4.50"),
        (".5", ".", "", "0.5"),
        ("5.", ".", "", "5"),
        ("0012", ".", ",", "12"),
    ],
)
def test_number_in_the_ways_of_the_world(
    text: str, decimal: str, thousands: str, value: str
) -> None:
    assert number_reader(decimal, thousands)(text) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "decimal", "thousands"),
    [
        ("1.23", ",", "."),
        ("1,234", ".", ""),
        ("1.234,56", ".", ","),
        ("1,2345", ".", ","),
        ("1,,234", ".", ","),
        (",234", ".", ","),
        ("--5", ".", ""),
        ("(-5)", ".", ""),
        ("5 6", ".", ""),
        ("1e5", ".", ""),
        ("nan", ".", ""),
        ("inf", ".", ""),
        ("£5", ".", ""),
        ("٥", ".", ""),
        (".", ".", ""),
        ("-", ".", ""),
        ("()", ".", ""),
        ("", ".", ""),
        ("1000000001", ".", ""),
    ],
)
def test_number_that_could_mean_something_else_is_refused(
    text: str, decimal: str, thousands: str
) -> None:
    with pytest.raises(BadValue):
        number_reader(decimal, thousands)(text)


def test_quantity_is_whole_and_price_is_in_millionths() -> None:
    mapping = mapping_of()

    assert quantities(mapping)["6.00"] == 6
    assert prices(mapping)["2.5500005"] == 2_550_001
    with pytest.raises(BadValue, match=r"^Qty: '1\.5' is not a whole number$"):
        quantities(mapping)["1.5"]
    with pytest.raises(BadValue, match="^Price: is empty$"):
        prices(mapping)[""]
    with pytest.raises(BadValue, match="^Price: has 5,000 characters, more than 200$"):
        prices(mapping)["0" * 5000]


FORMATS = '["%Y-%m-%d %H:%M:%S"]'


@pytest.mark.parametrize(
    ("text", "layout", "at", "on"),
    [
        ("1/2/2024 23:30", "%d/%m/%Y %H:%M", "2024-02-01 23:30", "2024-02-01"),
        ("1/7/2024 00:30", "%d/%m/%Y %H:%M", "2024-06-30 23:30", "2024-07-01"),
        ("2024-07-01T00:30-0500", "%Y-%m-%dT%H:%M%z", "2024-07-01 05:30", "2024-07-01"),
        ("20240701", "%Y%m%d", "2024-06-30 23:00", "2024-07-01"),
    ],
)
def test_moment_is_in_utc_and_its_day_in_the_shop(text: str, layout: str, at: str, on: str) -> None:
    mapping = mapping_of(BASE.replace(FORMATS, f'["%d.%m.%y", "{layout}"]'))

    moment = moments(mapping)[text]

    assert moment.at == datetime.fromisoformat(f"{at}Z")
    assert moment.on == date.fromisoformat(on)


def in_zone(name: str) -> str:
    """Return a mapping whose times are of another zone than its shop."""
    return BASE.replace(FORMATS, f'{FORMATS}\ntimezone = "{name}"')


def test_day_is_that_of_the_shop_when_times_are_of_another_zone() -> None:
    moment = moments(mapping_of(in_zone("America/Los_Angeles")))["2024-07-01 17:00:00"]

    assert moment.at == datetime(2024, 7, 2, 0, 0, tzinfo=UTC)
    assert moment.on == date(2024, 7, 2)


@pytest.mark.parametrize("text", ["", "2024-13-01 10:00:00", "yesterday", "0001-01-01 00:00:00"])
def test_date_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadValue, match="^Date: "):
        moments(mapping_of(in_zone("Asia/Tokyo")))[text]


def test_country_is_looked_up_in_the_mapping_then_by_code_then_by_name() -> None:
    read = country_codes(
        mapping_of(mapping_text('countries.names = { Perfidia = "GB", DE = "AT" }\n'))
    )

    assert [read[text] for text in ("perfidia", "DE", "fr", "New Zealand")] == [
        "GB",
        "AT",
        "FR",
        "NZ",
    ]
    with pytest.raises(BadValue, match="^Country: 'Atlantis' is not a country; add it to"):
        read["Atlantis"]
    with pytest.raises(BadValue, match="^Country: is empty$"):
        read[""]


def test_country_has_a_default_if_the_mapping_gives_one() -> None:
    read = country_codes(mapping_of(mapping_text('countries.default = "ZZ"\n')))

    assert (read["Atlantis"], read[""]) == ("ZZ", "ZZ")


def test_memory_of_values_is_bounded() -> None:
    memo = Memo(int)

    assert [memo[str(number)] for number in range(120_000)] == list(range(120_000))
    assert len(memo) <= 50_000
