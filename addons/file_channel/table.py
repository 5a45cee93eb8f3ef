"""A file as a table: a header and rows of as many text cells."""

from __future__ import annotations

from abc import ABC
from abc import abstractmethod
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

from addons.file_channel.mapping import Mapping
from core.api import InputError

Row = tuple[int, list[str]]
"""The number of the line where a row begins, and its cells."""


class Table(ABC):
    """A file whose first row is its header."""

    rows_may_be_short = False
    """Whether the format leaves out empty cells at the end of a row."""

    def __init__(self, path: Path, mapping: Mapping) -> None:
        self.path = path
        self.mapping = mapping

    @abstractmethod
    def read(self) -> Generator[Row, None, None]:
        """Yield every row with its number, the header included, from the start of the file.

        Raises: InputError if the file cannot be trusted.
        """

    def header(self) -> list[str]:
        """Return the trimmed names of the columns.

        Raises: InputError if there are none, or too many.
        """
        with closing(self.read()) as rows:
            number, cells = next(rows, (0, []))
        if not number:
            raise self.error("The file is empty.", None, "Export it again, with its header.")
        if len(cells) > self.mapping.limits.columns:
            raise self.error(
                f"The header has {len(cells):,} columns.",
                number,
                "Remove those that are not needed, or raise limits.columns in the mapping.",
            )
        return _without_empty_end([cell.strip() for cell in cells])

    def rows(self, width: int) -> Generator[Row, None, None]:
        """Yield the rows below the header, each with as many cells as the header.

        Raises: InputError as `read` does, and for a row of another length.
        """
        rows = self.read()
        next(rows, None)
        short: tuple[int, int] | None = None
        for number, cells in rows:
            if short:
                raise self._misfit(*short, width)
            if len(cells) == width or self._fit(number, cells, width):
                yield number, cells
            elif any(cells):
                short = number, len(cells)
        if short:
            raise self.error(
                f"The last line has {short[1]} of {width} cells, so the file is probably cut.",
                short[0],
                "Export or download it again; it must end with a whole line.",
            )

    def _fit(self, number: int, cells: list[str], width: int) -> bool:
        """Bring a row to the width of the header where only empty cells differ."""
        if len(cells) < width:
            cells += [""] * (width - len(cells)) if self.rows_may_be_short else ()
            return self.rows_may_be_short
        if any(cells[width:]):
            raise self._misfit(number, len(cells), width)
        del cells[width:]
        return any(cells)

    def error(self, message: str, line: int | None, hint: str) -> InputError:
        """Return the error that names this file and the line."""
        where = self.path.name if line is None else f"{self.path.name}, line {line}"
        return InputError(message, where=where, hint=hint)

    def _misfit(self, number: int, found: int, width: int) -> InputError:
        return self.error(
            f"The line has {found} cells, the header has {width}.",
            number,
            "Look for a missing quote or a stray delimiter in it.",
        )


def _without_empty_end(names: list[str]) -> list[str]:
    while names and not names[-1]:
        names.pop()
    return names
