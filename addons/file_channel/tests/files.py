"""Files and mappings that the tests write for themselves."""

from __future__ import annotations

import gzip
import tomllib
from io import BytesIO
from pathlib import Path
from typing import Any

import zstandard
from openpyxl import Workbook

from addons.file_channel.connector import OrderFiles
from addons.file_channel.connector import SalesFile
from addons.file_channel.mapping import Mapping
from addons.file_channel.mapping import build_mapping
from addons.file_channel.rows import Line

HEADER = ["Invoice", "Code", "Title", "Qty", "Date", "Price", "Customer", "Country"]
ROW = ["1001", "MUG", "Blue mug", "2", "2024-07-01 10:30:00", "4.50", "77", "Germany"]

BASE = """
[columns]
document = "Invoice"
code = "Code"
title = "Title"
quantity = "Qty"
date = "Date"
price = "Price"
customer = "Customer"
country = "Country"

[dates]
formats = ["%Y-%m-%d %H:%M:%S"]

[prices]
tax = "excluded"
currency = "GBP"

[shop]
marketplace = "own"
timezone = "Europe/London"

[[rule]]
kind = "return"
document_prefix = "C"

[[rule]]
kind = "sale"
"""


def mapping_text(more: str = "") -> str:
    """Return the mapping that fits `HEADER`, with dotted keys in front."""
    return more + BASE


def mapping_of(text: str = BASE) -> Mapping:
    """Return a mapping from its text."""
    return build_mapping("test", tomllib.loads(text))


def csv_text(*rows: list[str], header: list[str] | None = None, delimiter: str = ",") -> str:
    """Return rows below a header as text; cells with a delimiter must bring their quotes."""
    return "".join(f"{delimiter.join(row)}\n" for row in [header or HEADER, *rows])


def opened(folder: Path, content: bytes | str, mapping: str = "", name: str = "o.csv") -> SalesFile:
    """Write a file and its mapping, and open it."""
    data = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(data)
    (folder / "map.toml").write_text(mapping or mapping_text(), encoding="utf-8")
    return OrderFiles().open_orders(folder / name, mapping=folder / "map.toml", account="shop-1")


def lines_of(
    folder: Path, content: bytes | str, mapping: str = "", name: str = "o.csv"
) -> list[Line]:
    """Write a file and its mapping, and read all lines."""
    return list(opened(folder, content, mapping, name).lines())


def workbook(*rows: list[Any], sheet: str = "Orders") -> bytes:
    """Return a workbook with one sheet."""
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(row)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def packed(content: bytes, packing: str) -> bytes:
    """Return content compressed with gzip, zstd or not at all."""
    if packing == "gz":
        return gzip.compress(content)
    return zstandard.ZstdCompressor().compress(content) if packing == "zst" else content
