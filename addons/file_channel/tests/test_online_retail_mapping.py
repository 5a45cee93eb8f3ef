"""What stands only in the second half of the year, which the shared file does not have."""

from __future__ import annotations

from pathlib import Path

import pytest

from addons.file_channel.connector import OrderFiles
from core.api import LineKind
from core.api import SourceLine

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


def line_of(folder: Path, row: str) -> SourceLine:
    path = folder / "orders.csv"
    path.write_text(HEADER + row, encoding="utf-8")
    (line,) = OrderFiles().open_orders(path, mapping=Path("online_retail"), account="a").lines()
    assert isinstance(line, SourceLine)
    return line


@pytest.mark.parametrize(
    ("row", "kind", "account", "amount"),
    [
        ("A563185,B,Adjust bad debt,1,2011-08-12 14:50:00,11062.06,,{}", "fee", "8130", 1106206),
        ("A563186,B,Adjust bad debt,1,2011-08-12 14:51:00,-11062.06,,{}", "fee", "8130", -1106206),
        ("C574902,CRUK,Commission,-1,2011-11-07 16:42:00,507.68,14096,{}", "fee", "7020", -50768),
        ("C581499,M,Manual,-1,2011-12-09 10:28:00,224.69,15498,{}", "adjustment", None, -22469),
        ("C1,85123A,Heart,-1,2011-12-09 10:28:00,2.55,15498,{}", "return", None, -255),
        ("C1,gift_0001_20,Voucher,-1,2011-12-09 10:28:00,16.67,,{}", "voucher", None, -1667),
        ("1,85123a,Heart,1,2011-12-09 10:28:00,0,,{}", "stock_gain", None, 0),
        ("1,85123a,Heart,1,2011-12-09 10:28:00,0,15498,{}", "sale", None, 0),
        ("1,85123a,damaged,-9,2011-12-09 10:28:00,0,,{}", "write_off", None, 0),
    ],
)
def test_line_is_what_a_bookkeeper_would_say(
    tmp_path: Path, row: str, kind: str, account: str | None, amount: int
) -> None:
    line = line_of(tmp_path, row.format("United Kingdom"))

    assert (line.kind, line.account, line.net_amount) == (LineKind(kind), account, amount)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("RSA", "ZA"),
        ("EIRE", "IE"),
        ("Channel Islands", "JE"),
        ("European Community", "EU"),
        ("Unspecified", "ZZ"),
        ("USA", "US"),
    ],
)
def test_country_is_known_by_the_name_of_the_shop(tmp_path: Path, name: str, code: str) -> None:
    line = line_of(tmp_path, f"1,85123A,Heart,1,2011-12-09 10:28:00,2.55,,{name}")

    assert line.country == code
