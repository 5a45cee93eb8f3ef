"""A file that cannot be trusted is refused whole, with its line and what to do."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
import zstandard

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

BOMB = 300 << 20
MOST_MEMORY = 100 << 20


def sentence(folder: Path, content: bytes | str, mapping: str = "") -> str:
    """Return the error that refuses a file, after a few good rows or at once."""
    with pytest.raises(InputError) as caught:
        lines_of(folder, content, mapping)
    return str(caught.value)


def test_wrong_encoding_names_line_offset_and_what_to_try(tmp_path: Path) -> None:
    good = csv_text(ROW).encode()

    said = sentence(tmp_path, good + csv_text([*ROW[:2], "Gerät"]).encode("cp1252"))

    offset = len(good) + len(",".join(HEADER)) + 1 + len("1001,MUG,Ger")
    assert said == (
        f"o.csv, line 4: Byte 0xe4 at offset {offset:,} is not utf-8-sig, the encoding that the"
        " mapping names. Save the file as UTF-8, or set file.encoding in the mapping;"
        " try cp1252."
    )


def test_wrong_encoding_is_located_far_into_a_file(tmp_path: Path) -> None:
    good = csv_text(*[ROW] * 5000).encode()

    assert f"line 5002: Byte 0xff at offset {len(good):,} " in sentence(tmp_path, good + b"\xff\n")


def test_character_cut_at_the_end_is_a_wrong_encoding(tmp_path: Path) -> None:
    good = csv_text(ROW).encode()

    assert f"line 3: Byte 0xe2 at offset {len(good):,} " in sentence(tmp_path, good + b"\xe2\x82")


def test_utf_16_is_recognised(tmp_path: Path) -> None:
    assert "it looks like utf-16" in sentence(tmp_path, csv_text(ROW).encode("utf-16"))


def test_missing_column_is_named_with_those_found(tmp_path: Path) -> None:
    said = sentence(tmp_path, csv_text(header=["Invoice", "Code", "Title", "Date", "Price"]))

    assert said.startswith(
        "o.csv, line 1: The column Qty, Customer, Country is missing;"
        " found are: Invoice, Code, Title, Date, Price."
    )


def test_column_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    said = sentence(tmp_path, csv_text(header=[*HEADER, "Price"]))

    assert "line 1: The column Price occurs more than once." in said


def test_no_bundled_mapping_fits(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")

    with pytest.raises(InputError, match=r"No bundled mapping fits the columns a, b\."):
        OrderFiles().open_orders(path, mapping=None, account="a")


def test_last_line_with_too_few_cells_is_a_cut(tmp_path: Path) -> None:
    said = sentence(tmp_path, csv_text(ROW, ROW)[:-20])

    assert said.startswith("o.csv, line 3: The last line has 5 of 8 cells, so the file is probably")


@pytest.mark.parametrize(("row", "cells"), [(ROW[:5], 5), ([*ROW, "x"], 9)])
def test_line_of_another_length_is_refused(tmp_path: Path, row: list[str], cells: int) -> None:
    said = sentence(tmp_path, csv_text(ROW, row, ROW))

    assert said.startswith(f"o.csv, line 3: The line has {cells} cells, the header has 8.")


def test_quote_that_is_never_closed_is_refused(tmp_path: Path) -> None:
    said = sentence(tmp_path, csv_text(ROW, ["1", "X", '"Mug', *ROW[3:]], ROW))

    assert said.startswith("o.csv, line 3: A quote is opened and never closed")


def test_stray_quote_is_refused(tmp_path: Path) -> None:
    said = sentence(tmp_path, csv_text(["1", "X", '"Mug" blue', *ROW[3:]]))

    assert said.startswith("o.csv, line 2: The cells cannot be told apart")


@pytest.mark.parametrize("packing", ["gz", "zst"])
def test_cut_compressed_file_is_refused_before_the_first_line(tmp_path: Path, packing: str) -> None:
    whole = packed(csv_text(*[[str(n), *ROW[1:]] for n in range(5000)]).encode(), packing)

    with pytest.raises(InputError, match="The compressed file is cut"):
        opened(tmp_path, whole[: len(whole) * 9 // 10])


@pytest.mark.parametrize("packing", ["gz", "zst"])
def test_damaged_compressed_file_is_refused(tmp_path: Path, packing: str) -> None:
    whole = bytearray(
        packed(csv_text(*[[str(n), *ROW[1:]] for n in range(5000)]).encode(), packing)
    )
    whole[len(whole) // 2] ^= 0xFF
    whole[len(whole) // 2 + 1] ^= 0xFF

    with pytest.raises(InputError, match="The compressed file is (damaged|cut)"):
        opened(tmp_path, bytes(whole))


@pytest.mark.parametrize("packing", ["gz", "zst", "xlsx"])
def test_bomb_is_refused_quickly_in_little_memory(tmp_path: Path, packing: str) -> None:
    (tmp_path / "o.csv").write_bytes(bomb(packing))
    (tmp_path / "map.toml").write_text(mapping_text(), encoding="utf-8")
    started = time.perf_counter()
    tracemalloc.start()

    with pytest.raises(InputError, match=r"unpacks to|bytes"):
        OrderFiles().open_orders(tmp_path / "o.csv", mapping=tmp_path / "map.toml", account="a")

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MOST_MEMORY
    assert time.perf_counter() - started < 10


def bomb(packing: str) -> bytes:
    """Return a small file that unpacks to 300 MB of good-looking rows."""
    rows = (csv_text(ROW).encode() * 10_000)[: 1 << 20]
    stream = BytesIO()
    if packing == "xlsx":
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("[Content_Types].xml", b"<Types/>")
            with archive.open("xl/worksheets/sheet1.xml", "w") as part:
                for _ in range(BOMB >> 20):
                    part.write(b"<c/>" * (1 << 18))
    elif packing == "gz":
        with gzip.GzipFile(fileobj=stream, mode="wb") as pipe:
            for _ in range(BOMB >> 20):
                pipe.write(b" " * (1 << 20))
    else:
        with zstandard.ZstdCompressor().stream_writer(stream, closefd=False) as pipe:
            for _ in range(BOMB >> 20):
                pipe.write(rows)
    return stream.getvalue()


def test_small_bomb_is_refused_by_the_limit_of_the_mapping(tmp_path: Path) -> None:
    content = packed(csv_text(*[ROW] * 30_000).encode(), "gz")

    said = sentence(tmp_path, content, mapping_text("limits.unpacked_bytes = 1048576\n"))

    assert said.startswith("o.csv: The compressed file unpacks to more than 1 MB.")
    assert "limits.unpacked_bytes" in said


def test_row_of_a_workbook_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    book = workbook(HEADER, [1.25] * 10_000)

    said = sentence(tmp_path, book, mapping_text("limits.line_chars = 100_000\n"))

    assert said.startswith("o.csv, line 2: The row takes more than 100,000 bytes.")


def test_cell_of_ten_megabytes_is_refused(tmp_path: Path) -> None:
    said = sentence(tmp_path, csv_text(ROW, [*ROW[:2], "x" * (10 << 20), *ROW[3:]]))

    assert said.startswith("o.csv, line 3: The line has more than 4,000,000 characters.")


@pytest.mark.parametrize("quoted", [True, False])
def test_cell_beyond_the_limit_is_refused(tmp_path: Path, *, quoted: bool) -> None:
    text = '"' + "x\n" * 600_000 + '"' if quoted else "x" * 1_200_000

    said = sentence(tmp_path, csv_text(ROW, [*ROW[:2], text, *ROW[3:]]))

    assert said.startswith("o.csv, line 3: A cell has more than 1,000,000 characters.")


def test_long_cell_of_a_workbook_is_refused_with_its_column(tmp_path: Path) -> None:
    book = workbook(HEADER, ROW, [*ROW[:2], "x" * 5000, *ROW[3:]])

    said = sentence(tmp_path, book, mapping_text("limits.cell_chars = 4000\n"))

    assert said.startswith("o.csv, line 3: The cell in column 3 has more than 4,000 characters.")


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    header = [*HEADER, *(f"c{n}" for n in range(1000))]

    assert "line 1: The header has 1,008 columns." in sentence(tmp_path, csv_text(header=header))
    assert "line 1: The row has 1,008 columns." in sentence(tmp_path, workbook(header))


def test_zero_byte_is_refused(tmp_path: Path) -> None:
    said = sentence(tmp_path, csv_text(ROW, [*ROW[:2], "a\0b", *ROW[3:]]))

    assert said.startswith("o.csv, line 3: The file holds a zero byte")


def test_endless_line_is_refused(tmp_path: Path) -> None:
    said = sentence(tmp_path, csv_text(ROW).encode() + b"x" * 5_000_000)

    assert said.startswith("o.csv, line 3: The line has more than 4,000,000 characters.")


@pytest.mark.parametrize("content", [b"", b"\n\n", gzip.compress(b"", mtime=0), workbook()])
def test_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    assert "The file is empty." in sentence(tmp_path, content)


@pytest.mark.parametrize("content", [csv_text(), workbook(HEADER)])
def test_header_without_rows_has_no_lines(tmp_path: Path, content: bytes | str) -> None:
    assert lines_of(tmp_path, content) == []


def test_unknown_currency_names_line_and_code(tmp_path: Path) -> None:
    header = [*HEADER, "Cur"]
    mapping = mapping_text().replace("[columns]", '[columns]\ncurrency = "Cur"')

    said = sentence(tmp_path, csv_text([*ROW, "JPY"], [*ROW, "GPB"], header=header), mapping)

    assert said.startswith("o.csv, line 3: Cur: 'GPB' is not an ISO 4217 currency.")


def test_file_that_no_line_of_can_be_read_is_refused(tmp_path: Path) -> None:
    row = [*ROW[:4], "01.07.2024", *ROW[5:]]

    said = sentence(tmp_path, csv_text(*[row] * 300))

    assert said.startswith(
        "o.csv: None of the first 200 lines can be read; the last because Date: '01.07.2024' is"
        " not a date of the form %Y-%m-%d %H:%M:%S."
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "an Excel file of the old kind"),
        (b"%PDF-1.7 ...", "a PDF"),
        (workbook(HEADER, ROW)[:-400], "The workbook is cut or damaged"),
        (b"PK\x03\x04 nothing of the kind", "The workbook is cut or damaged"),
    ],
)
def test_foreign_or_damaged_file_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    assert words in sentence(tmp_path, content)


def test_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("orders.csv", csv_text(ROW))

    assert "The workbook is cut or damaged" in sentence(tmp_path, stream.getvalue())


def test_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    files = OrderFiles()

    with pytest.raises(InputError, match=r"none\.csv: The file cannot be read: No such file"):
        files.open_orders(tmp_path / "none.csv", mapping=None, account="a")
    with pytest.raises(InputError, match="This is not a file"):
        files.open_orders(tmp_path, mapping=None, account="a")
