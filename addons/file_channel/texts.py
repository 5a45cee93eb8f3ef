"""Tables in text files: CSV, TSV and their kin, decoded strictly and read in bounded memory."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Generator
from collections.abc import Iterator
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import Any

from addons.file_channel.mapping import Mapping
from addons.file_channel.table import Row
from addons.file_channel.table import Table
from addons.file_channel.unpacking import unpacked
from core.api import InputError

_DELIMITERS = ",;\t|"


class TextTable(Table):
    """A text file as a table."""

    def __init__(self, path: Path, mapping: Mapping) -> None:
        super().__init__(path, mapping)
        self._delimiter = mapping.file.delimiter

    def read(self) -> Generator[Row, None, None]:
        """Yield the number of its first line and the cells of every row, the header included."""
        limits = self.mapping.limits
        # The limit belongs to the csv module as a whole; it is set again for every file.
        csv.field_size_limit(limits.cell_chars)
        lines = self._lines()
        first = next(lines, "")
        delimiter = self._delimiter or _likely_delimiter(first)
        yield from self._rows(chain((first,), lines), delimiter)

    def _rows(self, lines: Iterator[str], delimiter: str) -> Iterator[Row]:
        quote = self.mapping.file.quote
        options: dict[str, Any] = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}
        reader = csv.reader(lines, delimiter=delimiter, strict=True, **options)
        number = 1
        try:
            for cells in reader:
                if cells:
                    yield number, cells
                number = reader.line_num + 1
        except csv.Error as error:
            raise self._explained(error, number) from None

    def _explained(self, error: csv.Error, number: int) -> InputError:
        text = str(error)
        if "field limit" in text:
            limit = self.mapping.limits.cell_chars
            return self.error(
                f"A cell has more than {limit:,} characters.",
                number,
                "Shorten it, close the quote that opens it, or raise limits.cell_chars.",
            )
        if "unexpected end" in text:
            return self.error(
                "A quote is opened and never closed; the file is cut, or the quote is wrong.",
                number,
                "Export the file again, or correct the quote.",
            )
        return self.error(
            f"The cells cannot be told apart ({text}).",
            number,
            'Correct the quotes of this line; for a file without quoting set file.quote = "".',
        )

    def _lines(self) -> Iterator[str]:
        """Yield the lines with their ends, decoded."""
        limit = self.mapping.limits.line_chars
        rest, number = "", 1
        for text in self._decoded():
            if "\0" in text:
                at = number + text[: text.index("\0")].count("\n")
                raise self.error(
                    "The file holds a zero byte, so it is not a text file.",
                    at,
                    "Export it as CSV or XLSX; if it is UTF-16, set file.encoding in the mapping.",
                )
            # No other way of splitting leaves line ends and the rarer separators alone.
            lines = list(StringIO(rest + text, newline=""))
            # A carriage return at the end may be the first half of a line end.
            rest = "" if lines[-1].endswith("\n") else lines.pop()
            for line in lines:
                if len(line) > limit:
                    raise self._too_long(number)
                yield line
                number += 1
            if len(rest) > limit:
                raise self._too_long(number)
        if rest:
            yield rest

    def _too_long(self, number: int) -> InputError:
        return self.error(
            f"The line has more than {self.mapping.limits.line_chars:,} characters.",
            number,
            "Check that this is a table of lines; shorten the line or raise limits.line_chars.",
        )

    def _decoded(self) -> Iterator[str]:
        encoding = self.mapping.file.encoding
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        line, read = 1, 0
        pieces = unpacked(self.path, self.mapping.limits)
        for piece, final in _with_final(pieces):
            try:
                text = decoder.decode(piece, final)
            except UnicodeDecodeError as error:
                # The decoder may have kept some bytes of the piece before.
                offset = read - (len(error.object) - len(piece)) + error.start
                line += error.object[: error.start].decode(encoding, "ignore").count("\n")
                raise self._undecodable(error, offset, line) from None
            if text:
                yield text
            line += text.count("\n")
            read += len(piece)

    def _undecodable(self, error: UnicodeDecodeError, offset: int, line: int) -> InputError:
        encoding = self.mapping.file.encoding
        wrong = error.object[error.start : error.start + 1].hex()
        return self.error(
            f"Byte 0x{wrong} at offset {offset:,} is not {encoding}, the encoding that the mapping"
            " names.",
            line,
            f"Save the file as UTF-8, or set file.encoding in the mapping; {_advice(error)}.",
        )


def _advice(error: UnicodeDecodeError) -> str:
    """Say which encoding the bytes look like."""
    if error.start == 0 and error.object[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        return "it looks like utf-16"
    around = error.object[max(error.start - 40, 0) : error.start + 40]
    if sum(byte >= 0x80 for byte in around) > len(around) // 4:
        return "try gb18030, shift_jis or cp1251"
    return "try cp1252"


def _with_final(pieces: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield each piece, then an empty one that is the last."""
    for piece in pieces:
        yield piece, False
    yield b"", True


def _likely_delimiter(header: str) -> str:
    """Return the delimiter that the header uses most."""
    return max(_DELIMITERS, key=header.count)
