"""Importing stock that lies there already: the opening file of a warehouse."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from datetime import date
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.services import make_skus
from core.channels.importing import ImportResult
from core.channels.importing import begin_import
from core.channels.importing import file_digest
from core.channels.importing import finish_import
from core.channels.raw import Occurrences
from core.channels.raw import write_raw_rows
from core.errors import InputError
from core.ids import id_stream
from core.kernel.kernel import Kernel
from core.kernel.models import Company
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.ledger.periods import closed_months
from core.ledger.periods import open_day
from core.money import amount_of
from core.money import minor_digits
from core.money import parse_decimal
from core.money import to_micro
from core.stock.batch import StockBatch
from core.stock.covering import book_covers
from core.stock.models import Warehouse
from core.stock.states import Why

COLUMNS = ("sku", "warehouse", "quantity", "unit_cost", "currency", "received_on")
OPENING = "3000"
COMPANY_SCOPE = 0
BATCH_ROWS = 1000
LARGEST = 10**17
"""Units times millionths of a cost, beyond which a sum of lines might not fit the database."""


@dataclass(frozen=True, slots=True)
class StockLine:
    """A line of an opening file, or what is wrong with it."""

    number: int
    payload: str
    sku: str = ""
    warehouse: str = ""
    quantity: int = 0
    unit_cost: int = 0
    received_on: date = date.min
    problem: str | None = None

    @property
    def document_ref(self) -> str:
        """Return the receipt that the line belongs to."""
        return f"stock {self.received_on} {self.warehouse}"

    @property
    def fingerprint(self) -> int:
        """Return a 63-bit hash of what the line says."""
        said = self.payload if self.problem else f"{self.sku}|{self.quantity}|{self.unit_cost}"
        digest = hashlib.blake2b(said.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") >> 1


def import_stock_file(kernel: Kernel, company_id: int, path: Path) -> ImportResult:
    """Import a CSV file of stock with its cost; importing it again changes nothing.

    Columns: sku, warehouse, quantity, unit_cost (in `currency`, per unit), currency, received_on
    (YYYY-MM-DD).

    Raises: InputError naming file and line if the file cannot be read; then nothing was changed.
    """
    found = read_stock_file(kernel, company_id, path)
    company, warehouses, lines = found.company, found.warehouses, found.lines
    lines.sort(key=lambda line: (line.received_on, line.warehouse, line.number))
    with kernel.db.read() as session:
        closed = closed_months(session, company_id)
    result = ImportResult(received=len(lines), by_kind={"stock": len(lines)})
    with kernel.db.write() as session:
        import_id = begin_import(
            session, company_id, None, "stock", path.name, file_digest(path), "", COLUMNS
        )
    for start in range(0, len(lines), BATCH_ROWS):
        with kernel.db.write() as session:
            batch = _Batch(session, company, import_id, warehouses, closed, result)
            batch.apply(lines[start : start + BATCH_ROWS])
    with kernel.db.write() as session:
        finish_import(session, company_id, import_id, result)
    return result


@dataclass(frozen=True, slots=True)
class StockFile:
    """An opening file that was read, with what its lines were checked against."""

    company: Company
    warehouses: Mapping[str, Warehouse]
    lines: list[StockLine]


def read_stock_file(kernel: Kernel, company_id: int, path: Path) -> StockFile:
    """Read an opening file; its lines are in the order of the file.

    Raises: InputError naming file and line if the file cannot be read.
    """
    with kernel.db.read() as session:
        company = session.scalars(sa.select(Company).where(Company.id == company_id)).one()
        warehouses = {
            warehouse.code: warehouse
            for warehouse in session.scalars(
                sa.select(Warehouse).where(Warehouse.company_id == company_id)
            )
        }
    lines = [_checked(line, warehouses) for line in _read(path, company.currency)]
    return StockFile(company, warehouses, lines)


def _read(path: Path, currency: str) -> Iterator[StockLine]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(
                    f"the column {missing[0]} is missing.",
                    where=f"{path.name}, line 1",
                    hint=f"The first line must name {', '.join(COLUMNS)}.",
                )
            for row in reader:
                yield _line(path, reader.line_num, row, currency)
    except UnicodeDecodeError:
        raise InputError(
            "the file is not UTF-8.",
            where=f"{path.name}, line {_undecodable_line(path)}",
            hint="Save it as CSV in UTF-8 and import it again.",
        ) from None
    except csv.Error as error:
        raise InputError(
            f"the file is no sound CSV: {error}.",
            # DictReader's own count is that of the last sound line.
            where=f"{path.name}, line {reader.reader.line_num}",
            hint="Look for an open quote or a cut line.",
        ) from None
    except OSError as error:
        raise InputError(f"the file cannot be read: {error.strerror}.", where=str(path)) from None


def _undecodable_line(path: Path) -> int:
    sound = 0
    with path.open("rb") as stream:
        for line in stream:
            try:
                line.decode()
            except UnicodeDecodeError:
                break
            sound += 1
    return sound + 1


def _line(
    path: Path, number: int, row: Mapping[str | None, str | list[str] | None], currency: str
) -> StockLine:
    if None in row or None in row.values():
        raise InputError(
            f"the line has not the {len(row)} cells of the header.",
            where=f"{path.name}, line {number}",
            hint="The file may have been cut; fetch it again.",
        )
    cells = {name: str(row[name]).strip() for name in COLUMNS}
    payload = json.dumps(list(cells.values()), ensure_ascii=False)
    try:
        minor_digits(cells["currency"])
    except InputError as error:
        raise InputError(
            error.message, where=f"{path.name}, line {number}", hint=error.hint
        ) from None
    if cells["currency"] != currency:
        return StockLine(
            number,
            payload,
            problem=f"The cost is in {cells['currency']}, the company's books are in {currency}.",
        )
    try:
        return StockLine(
            number,
            payload,
            cells["sku"],
            cells["warehouse"],
            int(cells["quantity"]),
            to_micro(parse_decimal(cells["unit_cost"])),
            date.fromisoformat(cells["received_on"]),
        )
    except (ValueError, InputError):
        return StockLine(
            number,
            payload,
            problem="Quantity must be a whole number, unit_cost a number, received_on YYYY-MM-DD.",
        )


def _checked(line: StockLine, warehouses: Mapping[str, Warehouse]) -> StockLine:
    problem = line.problem
    if problem is None and not line.sku:
        problem = "The SKU is empty."
    elif problem is None and line.warehouse not in warehouses:
        problem = f"There is no warehouse {line.warehouse!r}; known: {', '.join(warehouses)}."
    elif problem is None and line.quantity <= 0:
        problem = f"The quantity must be positive, it is {line.quantity}."
    elif problem is None and line.unit_cost < 0:
        problem = "The unit cost must not be negative."
    elif problem is None and max(1, line.quantity) * max(1, line.unit_cost) > LARGEST:
        problem = "The quantity or the unit cost is too large to be true."
    return StockLine(line.number, line.payload, problem=problem) if problem else line


class _NewLine(NamedTuple):
    line: StockLine
    occurrence: int
    raw_row_id: int


class _Batch:
    def __init__(
        self,
        session: Session,
        company: Company,
        import_id: int,
        warehouses: Mapping[str, Warehouse],
        closed: frozenset[date],
        result: ImportResult,
    ) -> None:
        self.session = session
        self.company = company
        self.import_id = import_id
        self.warehouses = warehouses
        self.closed = closed
        self.result = result
        self.ids = id_stream(session)
        self.raw: list[tuple[object, ...]] = []

    def apply(self, lines: Sequence[StockLine]) -> None:
        refs = sorted({line.document_ref for line in lines})
        known = Occurrences(self.session, self.company.id, COMPANY_SCOPE, refs)
        fresh: list[_NewLine] = []
        for line in lines:
            occurrence = known.number_if_new(line.document_ref, line.fingerprint)
            self._count(line, occurrence)
            if occurrence is not None:
                raw_row_id = next(self.ids)
                self._keep_raw(line, raw_row_id, occurrence)
                if line.problem is None:
                    fresh.append(_NewLine(line, occurrence, raw_row_id))
        write_raw_rows(self.session, self.raw)
        for code, group in groupby(fresh, key=lambda new: new.line.warehouse):
            self._receive(self.warehouses[code], list(group))

    def _count(self, line: StockLine, occurrence: int | None) -> None:
        if line.problem is not None:
            self.result.quarantined += 1
            self.result.quarantine.append((line.number, line.problem))
        elif occurrence is None:
            self.result.unchanged += 1
        else:
            self.result.applied += 1

    def _keep_raw(self, line: StockLine, raw_row_id: int, occurrence: int) -> None:
        kind = "stock" if line.problem is None else "quarantined"
        self.raw.append(
            (self.company.id, raw_row_id, COMPANY_SCOPE, self.import_id, line.document_ref)
            + (line.fingerprint, occurrence, line.number, kind, line.payload, line.problem)
        )

    def _receive(self, warehouse: Warehouse, lines: list[_NewLine]) -> None:
        """Take the goods in, a receipt and an entry for each day."""
        company = self.company
        skus = make_skus(self.session, company.id, {new.line.sku: new.line.sku for new in lines})
        stock = StockBatch(self.session, company.id, company.currency, warehouse.id, self.ids)
        stock.lock(skus.values())
        journal = Journal(self.session, company.id, company.currency)
        for day, group in groupby(lines, key=lambda new: new.line.received_on):
            members = list(group)
            at = datetime.combine(day, datetime.min.time(), ZoneInfo(company.timezone))
            first = members[0]
            key = f"{first.line.document_ref}#{first.line.fingerprint:x}.{first.occurrence}"
            event = stock.document(next(self.ids), "receipt", key, at.astimezone(UTC), day)
            entry = journal.entry(
                next(self.ids),
                f"receipt:{key}",
                "goods_receipt",
                open_day(day, self.closed),
                happened_on=day,
                document_id=event.id,
                narration=f"Opening stock of {warehouse.name}",
            )
            for line, _, raw_row_id in members:
                where = Dimensions(sku_id=skus[line.sku], warehouse_id=warehouse.id)
                value = amount_of(line.quantity, line.unit_cost, company.currency)
                stock.receive(
                    event.id,
                    event.happened_at,
                    skus[line.sku],
                    line.quantity,
                    value,
                    Why("opening", raw_row_id, where),
                )
                entry.add(warehouse.inventory_account, value, where)
                entry.add(OPENING, -value, where)
        book_covers(journal, stock, warehouse.inventory_account, self.ids, self.closed)
        stock.write()
        journal.post()
