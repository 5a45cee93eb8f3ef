"""Personal cells leave the row that is kept, and come with the line instead."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from addons.file_channel.personal import MASK
from addons.file_channel.personal import looks_personal
from addons.file_channel.tests.files import BASE
from addons.file_channel.tests.files import HEADER
from addons.file_channel.tests.files import ROW
from addons.file_channel.tests.files import csv_text
from addons.file_channel.tests.files import lines_of
from core.api import InputError
from core.api import RejectedLine
from core.api import SourceLine

WIDE = [*HEADER, "Ship to name", "Street 1", "Street 2", "Tel", "Hint"]
TOLD = [*ROW, "Ann Other", "1 High St", "Floor 2", "0123", "leave it at the door"]
ADDRESS = """
[address]
name = "Ship to name"
street = ["Street 1", "Street 2"]
phone = "Tel"
note = "Hint"
"""


def only(folder: Path, row: list[str], mapping: str) -> SourceLine | RejectedLine:
    (line,) = lines_of(folder, csv_text(row, header=WIDE), mapping)
    return line


def test_the_address_comes_with_the_line(tmp_path: Path) -> None:
    line = only(tmp_path, TOLD, BASE + ADDRESS)

    assert isinstance(line, SourceLine)
    assert dict(line.personal or ()) == {
        "name": "Ann Other",
        "street": "1 High St\nFloor 2",
        "phone": "0123",
        "note": "leave it at the door",
    }
    assert json.loads(line.payload) == [*ROW, *[MASK] * 5]
    assert "Ann Other" not in repr(line)


def test_a_line_is_the_same_whoever_bought(tmp_path: Path) -> None:
    line = only(tmp_path, TOLD, BASE + ADDRESS)
    other = only(tmp_path, [*ROW, "Bob", "", "", "", ""], BASE + ADDRESS)

    assert isinstance(line, SourceLine)
    assert isinstance(other, SourceLine)
    assert line.fingerprint == other.fingerprint


def test_a_rejected_line_tells_of_nobody(tmp_path: Path) -> None:
    line = only(tmp_path, ["1001", "MUG", "Mug", "many", *TOLD[4:]], BASE + ADDRESS)

    assert isinstance(line, RejectedLine)
    assert "Ann" not in f"{line.payload}{line.reason}"


def test_columns_that_sound_personal_are_masked_unless_they_are_kept(tmp_path: Path) -> None:
    masked = only(tmp_path, TOLD, BASE)
    kept = only(tmp_path, TOLD, BASE + '\n[personal]\nkeep = ["Street 1"]\ncolumns = ["Hint"]\n')

    assert json.loads(masked.payload)[8:] == [MASK, MASK, MASK, "0123", TOLD[12]]
    assert json.loads(kept.payload)[8:] == [MASK, "1 High St", MASK, "0123", MASK]
    assert isinstance(kept, SourceLine)
    assert dict(kept.personal or ())["column:Hint"] == "leave it at the door"


@pytest.mark.parametrize(
    "header",
    [
        "E-mail",
        "buyer-email",
        "recipient-name",
        "ship-address-1",
        "Phone number",
        "Customer name",
        "first_name",
        "Straße",
        "收件人",
        "买家姓名",
        "收货地址",
        "手机号",
    ],
)
def test_headers_that_sound_personal(header: str) -> None:
    assert looks_personal(header)


@pytest.mark.parametrize(
    "header",
    [
        "Invoice",
        "StockCode",
        "Description",
        "Quantity",
        "InvoiceDate",
        "Price",
        "Customer ID",
        "Country",
        "Product name",
        "Item title",
        "Order status",
        "Headphones",
        "商品名称",
        "订单号",
    ],
)
def test_headers_that_do_not(header: str) -> None:
    assert not looks_personal(header)


def test_a_person_is_no_customer_number(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must not be personal data"):
        lines_of(tmp_path, csv_text(ROW), BASE + '\n[address]\nemail = "Customer"\n')


def test_a_column_of_the_address_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="The column Nowhere is missing"):
        lines_of(tmp_path, csv_text(ROW), BASE + '\n[address]\ncity = "Nowhere"\n')
