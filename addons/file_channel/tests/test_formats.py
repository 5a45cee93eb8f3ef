"""Every format and packing gives the same lines."""

from __future__ import annotations

from datetime import UTC
from datetime import date
from datetime import datetime
from pathlib import Path

import pytest

from addons.file_channel.connector import OrderFiles
from addons.file_channel.tests.files import HEADER
from addons.file_channel.tests.files import ROW
from addons.file_channel.tests.files import csv_text
from addons.file_channel.tests.files import lines_of
from addons.file_channel.tests.files import mapping_text
from addons.file_channel.tests.files import opened
from addons.file_channel.tests.files import packed
from addons.file_channel.tests.files import workbook
from core.api import InputError
from core.api import LineKind
from core.api import SourceLine

SECOND = ["C1002", "MUG", "", "-1", "2024-07-02 00:10:00", "4.50", "", "France"]
TYPED = ["C1002", "MUG", None, -1, datetime(2024, 7, 2, 0, 10), 4.5, None, "France"]  # noqa: DTZ001
CONTENTS = {
    "csv": csv_text(ROW, SECOND).encode(),
    "semicolons": csv_text(ROW, SECOND, delimiter=";").encode(),
    "tsv": csv_text(ROW, SECOND, delimiter="\t").encode(),
    "carriage returns": csv_text(ROW, SECOND).replace("\n", "\r\n").encode(),
    "byte order mark": csv_text(ROW, SECOND).encode("utf-8-sig"),
    "no last line end": csv_text(ROW, SECOND).rstrip("\n").encode(),
    "blank lines": csv_text(ROW, SECOND).replace("\n", "\n\n").encode(),
    "texts in xlsx": workbook(HEADER, ROW, SECOND),
    "typed cells in xlsx": workbook(HEADER, ROW, TYPED),
}


@pytest.mark.parametrize("packing", ["plain", "gz", "zst"])
@pytest.mark.parametrize("content", CONTENTS)
def test_lines_are_the_same_in_every_format(tmp_path: Path, content: str, packing: str) -> None:
    # The name says nothing of use: what a file is, its content says.
    lines = lines_of(tmp_path, packed(CONTENTS[content], packing), name="orders.dat")

    sale, refund = lines
    assert isinstance(sale, SourceLine)
    assert isinstance(refund, SourceLine)
    assert (sale.kind, sale.quantity, sale.unit_price, sale.net_amount) == (
        LineKind.SALE,
        2,
        4_500_000,
        900,
    )
    assert sale.occurred_at == datetime(2024, 7, 1, 9, 30, tzinfo=UTC)
    assert (sale.country, sale.currency, sale.customer_ref, sale.account) == (
        "DE",
        "GBP",
        "77",
        None,
    )
    assert (refund.kind, refund.quantity, refund.net_amount) == (LineKind.RETURN, -1, -450)
    assert refund.customer_ref is None
    # Ten minutes past midnight in London is still the day before in UTC.
    assert refund.occurred_at == datetime(2024, 7, 1, 23, 10, tzinfo=UTC)
    assert refund.occurred_on == date(2024, 7, 2)


@pytest.mark.parametrize("content", CONTENTS)
def test_fingerprints_do_not_depend_on_the_format(tmp_path: Path, content: str) -> None:
    expected = [line.fingerprint for line in lines_of(tmp_path, CONTENTS["csv"])]

    assert [line.fingerprint for line in lines_of(tmp_path, CONTENTS[content])] == expected


@pytest.mark.parametrize("content", ["csv", "typed cells in xlsx"])
def test_lines_are_the_same_when_read_again(tmp_path: Path, content: str) -> None:
    file = opened(tmp_path, packed(CONTENTS[content], "zst"))

    assert list(file.lines()) == list(file.lines())


def test_payload_holds_the_cells_as_they_came(tmp_path: Path) -> None:
    row = ["1", "MUG", '"  5"" ø\nof\\ tin "', " 2 ", ROW[4], "4.50", "", "Germany"]

    (line,) = lines_of(tmp_path, csv_text(row))

    assert line.payload == (
        '["1","MUG","  5\\" ø\\nof\\\\ tin "," 2 ","2024-07-01 10:30:00","4.50","","Germany"]'
    )
    assert isinstance(line, SourceLine)
    assert line.title == '5" ø\nof\\ tin'


def test_line_number_is_where_the_row_begins(tmp_path: Path) -> None:
    tall = [*ROW[:2], '"a\nb\nc"', *ROW[3:]]

    lines = lines_of(tmp_path, csv_text(ROW, tall, ROW))

    assert [line.line_number for line in lines] == [2, 3, 6]


def test_encoding_is_the_one_of_the_mapping(tmp_path: Path) -> None:
    text = csv_text([*ROW[:2], "Gerät", *ROW[3:]])

    (line,) = lines_of(tmp_path, text.encode("cp1252"), mapping_text('file.encoding = "cp1252"\n'))

    assert isinstance(line, SourceLine)
    assert line.title == "Gerät"


def test_sheet_is_the_one_that_the_mapping_names(tmp_path: Path) -> None:
    content = workbook(HEADER, ROW, sheet="Juli")

    assert len(lines_of(tmp_path, content, mapping_text('file.sheet = "Juli"\n'))) == 1
    with pytest.raises(InputError, match="no sheet 'August', only Juli"):
        opened(tmp_path, content, mapping_text('file.sheet = "August"\n'))


def test_quotes_are_text_when_the_mapping_knows_none(tmp_path: Path) -> None:
    text = csv_text([*ROW[:2], '"half', *ROW[3:]])

    (line,) = lines_of(tmp_path, text, mapping_text('file.quote = ""\n'))

    assert isinstance(line, SourceLine)
    assert line.title == '"half'


def test_mapping_is_found_by_the_header_when_none_is_named(tmp_path: Path) -> None:
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    path = tmp_path / "sales.csv"
    path.write_text(header, encoding="utf-8")

    file = OrderFiles().open_orders(path, mapping=None, account="a")

    assert file.facts.mapping == "online_retail"
    assert list(file.lines()) == []


def test_shop_bears_the_name_of_the_account_when_the_mapping_gives_none(tmp_path: Path) -> None:
    facts = opened(tmp_path, csv_text()).facts

    assert (facts.shop.name, facts.shop.marketplace) == ("shop-1", "own")
    assert (facts.create_skus, facts.shipped) == (False, False)
    assert facts.header == tuple(HEADER)
