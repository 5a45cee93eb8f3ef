"""The text of a report, whatever encoding the marketplace wrote it in."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from core.api import InputError

_BLOCK = 1 << 20


class Line(NamedTuple):
    """A line of a report with its number."""

    number: int
    cells: list[str]
    text: str


def encoding_of(path: Path) -> str:
    """Return the encoding that a whole file can be read in.

    Amazon writes UTF-8, with a mark or without; older reports are in the code page of Windows for
    Western Europe or Japan. Raises: InputError if it is none of them.
    """
    with path.open("rb") as stream:
        head = stream.read(4)
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if head.startswith(mark):
            return name
    for name in ("utf-8-sig", "cp932", "cp1252"):
        if _reads(path, name) and (name != "cp932" or _is_japanese(path)):
            return name
    raise InputError(
        "The file is no text that Amazon writes.", where=path.name, hint="Download it again."
    )


def _reads(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_japanese(path: Path) -> bool:
    """Say whether a file that could be Japanese has kana: Western letters rarely look like them."""
    with path.open(encoding="cp932", newline="") as stream:
        while block := stream.read(_BLOCK):
            if any("\u3041" <= c <= "\u30ff" for c in block):
                return True
    return False


def read_lines(path: Path, encoding: str) -> Iterator[Line]:
    """Yield the lines of a tab-separated report that hold anything, in bounded memory."""
    with path.open(encoding=encoding, newline="") as stream:
        reader = csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
        try:
            for cells in reader:
                stripped = [*map(str.strip, cells)]
                if any(stripped):
                    yield Line(reader.line_num, stripped, "\t".join(cells))
        except csv.Error as error:
            raise InputError(
                f"The line cannot be read: {error}.", where=f"line {reader.line_num + 1}"
            ) from None
