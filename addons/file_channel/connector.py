"""The connector for files of orders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from addons.file_channel.mapping import BUNDLED
from addons.file_channel.mapping import Mapping
from addons.file_channel.mapping import bundled_names
from addons.file_channel.mapping import load_mapping
from addons.file_channel.reading import open_table
from addons.file_channel.rows import Line
from addons.file_channel.rows import RowReader
from addons.file_channel.suggesting import DATE_FORMATS
from addons.file_channel.suggesting import look_at
from addons.file_channel.table import Table
from addons.file_channel.writing import write_mapping
from core.api import ColumnChoice
from core.api import FileSeen
from core.api import InputError
from core.api import OrderFileFacts
from core.api import ShopFacts


class SalesFile:
    """An opened file of orders."""

    def __init__(self, table: Table, header: list[str], account: str) -> None:
        mapping = table.mapping
        self._table = table
        self._header = header
        self.facts = OrderFileFacts(
            mapping=mapping.name,
            header=tuple(header),
            shop=ShopFacts(
                mapping.marketplace,
                mapping.shop_name or account,
                mapping.currency,
                mapping.timezone,
            ),
            create_skus=mapping.create_skus,
            shipped=mapping.shipped,
            warehouse=mapping.warehouse,
        )

    def lines(self) -> Iterator[Line]:
        """Yield every row of the file in its order, in bounded memory.

        Raises: InputError naming the line, if the file as a whole cannot be trusted.
        """
        reader = RowReader(self._table, self._header)
        yield from reader.lines(self._table.rows(len(self._header)))


class OrderFiles:
    """Reads orders from CSV, TSV and XLSX files, plain or compressed."""

    platform = "file"
    date_formats = DATE_FORMATS

    def look_at_columns(self, path: Path) -> FileSeen:
        """Return the columns of a file and what they suggest.

        Raises: InputError if the file cannot be read.
        """
        return look_at(path)

    def write_mapping(self, choice: ColumnChoice) -> str:
        """Return the text of the mapping that reads a file as it was chosen.

        Raises: InputError naming what is missing or means nothing.
        """
        return write_mapping(choice)

    def open_orders(self, path: Path, *, mapping: Path | str | None, account: str) -> SalesFile:
        """Open a file of orders; without a mapping, by the bundled one that fits its header.

        Raises: InputError if the file or the mapping cannot be read.
        """
        if mapping is None:
            return self._open_by_header(path, account)
        table, header = open_table(path, load_mapping(mapping))
        _check_columns(table, header)
        return SalesFile(table, header, account)

    def _open_by_header(self, path: Path, account: str) -> SalesFile:
        for name in bundled_names():
            table, header = open_table(path, load_mapping(BUNDLED / f"{name}.toml"))
            if not _missing_columns(table.mapping, header):
                return SalesFile(table, header, account)
        raise InputError(
            f"No bundled mapping fits the columns {', '.join(header)}.",
            where=path.name,
            hint="Write a mapping file for it and name it.",
        )


def _check_columns(table: Table, header: list[str]) -> None:
    missing = _missing_columns(table.mapping, header)
    if missing:
        raise table.error(
            f"The column {', '.join(missing)} is missing; found are: {', '.join(header)}.",
            1,
            "Correct the columns of the mapping, or export the file with this column.",
        )
    twice = [name for name in _named(table.mapping) if header.count(name) > 1]
    if twice:
        raise table.error(
            f"The column {twice[0]} occurs more than once.", 1, "Rename or remove one of them."
        )


def _missing_columns(mapping: Mapping, header: list[str]) -> list[str]:
    return [name for name in _named(mapping) if name not in header]


def _named(mapping: Mapping) -> list[str]:
    named = [*mapping.columns.named().values(), *mapping.personal.named()]
    return list(dict.fromkeys([*named, *mapping.tax.columns.values()]))
