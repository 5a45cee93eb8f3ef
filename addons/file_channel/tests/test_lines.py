"""Rows become lines by the first rule that fits; a row that cannot be booked says why."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addons.file_channel.rules import matching_rule
from addons.file_channel.tests.files import BASE
from addons.file_channel.tests.files import HEADER
from addons.file_channel.tests.files import ROW
from addons.file_channel.tests.files import csv_text
from addons.file_channel.tests.files import lines_of
from addons.file_channel.tests.files import mapping_of
from addons.file_channel.tests.files import mapping_text
from core.api import LineKind
from core.api import RejectedLine
from core.api import SourceLine


def changed(**cells: str) -> list[str]:
    """Return a row with some cells of another text."""
    return [cells.get(name, cell) for name, cell in zip(HEADER, ROW, strict=True)]


def only_line(folder: Path, row: list[str], mapping: str = "") -> SourceLine:
    (line,) = lines_of(folder, csv_text(row), mapping)
    assert isinstance(line, SourceLine)
    return line


@pytest.mark.parametrize(
    ("condition", "fits", "differs"),
    [
        ('document_prefix = "CN"', ("x", "CN1", 1, 1, True), ("x", "C1", 1, 1, True)),
        ('codes = ["M", "POST"]', ("M", "", 1, 1, True), ("m", "", 1, 1, True)),
        ('code_patterns = ["gift_*"]', ("gift_1", "", 1, 1, True), ("Gift_1", "", 1, 1, True)),
        ('codes=["A"]\ncode_patterns=["B?"]', ("B1", "", 1, 1, True), ("B", "", 1, 1, True)),
        ('quantity = "negative"', ("x", "", -1, 1, True), ("x", "", 0, 1, True)),
        ('quantity = "zero"', ("x", "", 0, 1, True), ("x", "", 1, 1, True)),
        ('price = "zero"', ("x", "", 1, 0, True), ("x", "", 1, 1, True)),
        ('price = "positive"', ("x", "", 1, 1, True), ("x", "", 1, -1, True)),
        ('customer = "absent"', ("x", "", 1, 1, False), ("x", "", 1, 1, True)),
        ('customer = "present"', ("x", "", 1, 1, True), ("x", "", 1, 1, False)),
    ],
)
def test_rule_fits_when_its_condition_holds(
    condition: str,
    fits: tuple[str, str, int, int, bool],
    differs: tuple[str, str, int, int, bool],
) -> None:
    text = BASE.replace('kind = "return"\ndocument_prefix = "C"', f'kind = "fee"\n{condition}')
    rules = mapping_of(text).rules

    assert matching_rule(rules, fits) == rules[0]
    assert matching_rule(rules, differs) == rules[1]


def test_line_without_a_rule_is_rejected(tmp_path: Path) -> None:
    mapping = BASE.replace('kind = "sale"', 'kind = "sale"\ncodes = ["CUP"]')

    (line,) = lines_of(tmp_path, csv_text(ROW), mapping)

    assert isinstance(line, RejectedLine)
    assert line.reason == "no rule of the mapping says what 'MUG' is on such a line."
    assert (line.line_number, line.document_ref) == (2, "1001")


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"Qty": "two"}, "Qty: 'two' is not a number."),
        ({"Qty": ""}, "Qty: is empty."),
        ({"Price": "4,50"}, "Price: '4,50' is not a number."),
        ({"Date": "soon"}, "Date: 'soon' is not a date of the form %Y-%m-%d %H:%M:%S."),
        ({"Invoice": " "}, "Invoice: is empty."),
        ({"Code": ""}, "Code: is empty."),
        ({"Code": "x" * 201}, "has 201 characters, more than 200."),
        (
            {"Country": "Atlantis"},
            "Country: 'Atlantis' is not a country; add it to countries.names of the mapping.",
        ),
        (
            {"Qty": "1000000000", "Price": "1000000000"},
            "the amount of 1000000000 × 1,000,000,000.00 is too large.",
        ),
    ],
)
def test_row_that_cannot_be_booked_says_why(
    tmp_path: Path, cells: dict[str, str], reason: str
) -> None:
    quoted = {name: f'"{cell}"' for name, cell in cells.items()}

    good, line = lines_of(tmp_path, csv_text(ROW, changed(**quoted)))

    assert isinstance(good, SourceLine)
    assert isinstance(line, RejectedLine)
    assert line.reason == reason
    assert line.line_number == 3


@pytest.mark.parametrize(
    ("sign", "quantity", "price", "expected"),
    [
        ("as_is", "2", "-4.50", (2, -4_500_000, -900)),
        ("negative", "2", "4.50", (-2, 4_500_000, -900)),
        ("negative", "2", "-4.50", (-2, 4_500_000, -900)),
        ("positive", "-2", "4.50", (2, 4_500_000, 900)),
    ],
)
def test_sign_of_the_rule_holds(
    tmp_path: Path, sign: str, quantity: str, price: str, expected: tuple[int, int, int]
) -> None:
    mapping = BASE.replace('kind = "sale"', f'kind = "fee"\naccount = "6000"\nsign = "{sign}"')

    line = only_line(tmp_path, changed(Qty=quantity, Price=price), mapping)

    assert (line.quantity, line.unit_price, line.net_amount) == expected
    assert (line.kind, line.account) == (LineKind.FEE, "6000")


@pytest.mark.parametrize(
    ("quantity", "price", "sign", "expected"),
    [
        ("3", "10.00", "as_is", (3, 3_333_333, 1000)),
        ("-3", "-10.00", "as_is", (-3, 3_333_333, -1000)),
        ("3", "-10.00", "as_is", (3, -3_333_333, -1000)),
        ("3", "10.00", "negative", (-3, 3_333_333, -1000)),
        ("-3", "-10.00", "positive", (3, 3_333_333, 1000)),
    ],
)
def test_price_of_the_line_is_shared_among_its_units(
    tmp_path: Path, quantity: str, price: str, sign: str, expected: tuple[int, int, int]
) -> None:
    mapping = mapping_text().replace("[prices]", '[prices]\nbasis = "line"')
    mapping = mapping.replace('kind = "sale"', f'kind = "sale"\nsign = "{sign}"')

    line = only_line(tmp_path, changed(Qty=quantity, Price=price), mapping)

    assert (line.quantity, line.unit_price, line.net_amount) == expected


def test_amount_is_rounded_once_in_the_currency_of_the_line(tmp_path: Path) -> None:
    mapping = mapping_text().replace("[columns]", '[columns]\ncurrency = "Cur"')
    row = changed(Qty="3", Price="0.335")

    lines = lines_of(
        tmp_path,
        csv_text(*([*row, code] for code in ("GBP", "JPY", "BHD")), header=[*HEADER, "Cur"]),
        mapping,
    )

    assert [line.net_amount for line in lines if isinstance(line, SourceLine)] == [101, 1, 1005]


@pytest.mark.parametrize(
    "cells",
    [
        {"Qty": "2.0"},
        {"Qty": " +2 "},
        {"Price": "4.5"},
        {"Price": "4.500000"},
        {"Title": "  Blue mug "},
    ],
)
def test_fingerprint_is_that_of_the_values_not_of_their_spelling(
    tmp_path: Path, cells: dict[str, str]
) -> None:
    assert only_line(tmp_path, changed(**cells)).fingerprint == only_line(tmp_path, ROW).fingerprint


@pytest.mark.parametrize("name", HEADER)
def test_fingerprint_tells_every_value(tmp_path: Path, name: str) -> None:
    others = {"Qty": "3", "Price": "4.51", "Date": "2024-07-01 10:30:01", "Country": "France"}

    other = only_line(tmp_path, changed(**{name: others.get(name, "7")}))

    assert other.fingerprint != only_line(tmp_path, ROW).fingerprint


def test_fingerprint_is_the_same_in_every_process(tmp_path: Path) -> None:
    line = only_line(tmp_path, ROW)
    program = (
        "from pathlib import Path\n"
        "from addons.file_channel.connector import OrderFiles\n"
        f"orders = Path({str(tmp_path / 'o.csv')!r})\n"
        f"mapping = Path({str(tmp_path / 'map.toml')!r})\n"
        "file = OrderFiles().open_orders(orders, mapping=mapping, account='')\n"
        "print(next(file.lines()).fingerprint)\n"
    )

    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert int(answer.stdout) == line.fingerprint


@given(title=st.text(st.characters(exclude_characters="\0\r", codec="utf-8"), max_size=30))
def test_any_title_comes_through(tmp_path_factory: pytest.TempPathFactory, title: str) -> None:
    escaped = title.replace('"', '""')
    line = only_line(tmp_path_factory.getbasetemp(), changed(Title=f'"{escaped}"'))

    assert line.title == title.strip()
    assert json.loads(line.payload)[2] == title
