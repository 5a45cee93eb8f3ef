"""The journal as tables: vouchers for Chinese bookkeeping programs, a general journal.

Text that a spreadsheet would run as a formula is written as text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from decimal import localcontext
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import InputError
from core.ledger.journaled import Books
from core.ledger.journaled import JournalEntry
from core.ledger.journaled import Line
from core.ledger.report_files import EXCEL_ROWS
from core.ledger.report_files import ReportFile
from core.ledger.report_files import csv_cell
from core.ledger.report_files import write_xlsx
from core.money import minor_digits
from core.money import scaled_text

VOUCHER_COLUMNS = (
    "日期", "凭证字", "凭证号", "分录号", "摘要", "科目代码", "科目名称", "借方金额", "贷方金额",
    "币种", "原币金额", "汇率", "店铺", "订单", "SKU", "国家", "凭证键",
)  # fmt: skip
"""Date, word, number, line, text, account, its name, debit, credit, currency, its amount, rate."""

VOUCHER_WORD = "记"

JOURNAL_COLUMNS = (
    "date", "entry", "kind", "narration", "account", "title", "debit", "credit", "currency",
    "amount", "tag", "shop", "order", "sku", "country", "attributed_on",
)  # fmt: skip

Names = Mapping[str, Mapping[int, str]]
AccountMap = Mapping[str, tuple[str, str]]


def read_account_map(path: Path) -> AccountMap:
    """Read how another program names our accounts: CSV with code, their_code, their_title.

    Raises: InputError naming the line that cannot be understood.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictReader(stream)
        wanted = {"code", "their_code", "their_title"}
        if missing := sorted(wanted - set(rows.fieldnames or ())):
            raise InputError(
                f"the column {missing[0]} is missing.",
                where=f"{path.name}, line 1",
                hint="The first line names code, their_code and their_title.",
            )
        found: dict[str, tuple[str, str]] = {}
        for row in rows:
            code, theirs, title = ((row[name] or "").strip() for name in sorted(wanted))
            if not code or not theirs or code in found:
                raise InputError(
                    "name each account once, and theirs.", where=f"{path.name}, {rows.line_num}"
                )
            found[code] = (theirs, title)
    return found


def export_vouchers(
    session: Session,
    company_id: int,
    stream: BinaryIO,
    start: date | None = None,
    end: date | None = None,
    *,
    accounts: AccountMap | None = None,
    encoding: str = "utf-8-sig",
) -> int:
    """Write the journal as vouchers (凭证), numbered anew each month; return how many.

    Raises: InputError naming our accounts that the map of accounts lacks, before anything is
    written.
    """
    books = Books(session, company_id, start, end)
    _require_mapped(books, accounts)
    _require_encoding(encoding)
    text = io.TextIOWrapper(stream, encoding=encoding, newline="", errors="replace")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(VOUCHER_COLUMNS)
    names = _names(books)
    month, number, count = "", 0, 0
    for entry in books.entries():
        number = number + 1 if month == f"{entry.booked_on:%Y-%m}" else 1
        month, count = f"{entry.booked_on:%Y-%m}", count + 1
        for place, line in enumerate(entry.lines, 1):
            row = _voucher(books, entry, line, accounts, names)
            cells = [entry.booked_on.isoformat(), VOUCHER_WORD, number, place, *row]
            writer.writerow([csv_cell(cell) for cell in cells])
    text.flush()
    text.detach()
    return count


def export_general_csv(
    session: Session,
    company_id: int,
    stream: BinaryIO,
    start: date | None = None,
    end: date | None = None,
) -> int:
    """Write the general journal as CSV, a row for each posting; return how many entries."""
    books = Books(session, company_id, start, end)
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(JOURNAL_COLUMNS)
    count = 0
    names = _names(books)
    for entry in books.entries():
        count += 1
        writer.writerows([csv_cell(cell) for cell in row] for row in _general(books, entry, names))
    text.flush()
    text.detach()
    return count


def export_general_xlsx(
    session: Session,
    company_id: int,
    stream: BinaryIO,
    start: date | None = None,
    end: date | None = None,
) -> int:
    """Write the general journal as a workbook; return how many entries.

    Raises: InputError for more postings than a sheet can hold.
    """
    books = Books(session, company_id, start, end)
    if (number := books.count()) >= EXCEL_ROWS:
        raise InputError(
            f"{number} postings do not fit into a sheet.", hint="Export a period, or CSV."
        )
    names = _names(books)
    entries = list(books.entries())
    rows = [tuple(row) for entry in entries for row in _general(books, entry, names)]
    digits = minor_digits(books.company.currency)
    write_xlsx(ReportFile("Journal", JOURNAL_COLUMNS, rows, digits), stream)
    return len(entries)


def _voucher(
    books: Books, entry: JournalEntry, line: Line, accounts: AccountMap | None, names: Names
) -> list[object]:
    facts = books.accounts[line.account_id]
    code, title = (accounts or {}).get(facts.code, (facts.code, facts.title))
    digits = minor_digits(books.company.currency)
    return [
        entry.narration,
        code,
        title,
        Decimal(max(line.amount, 0)).scaleb(-digits) if line.amount > 0 else None,
        Decimal(-line.amount).scaleb(-digits) if line.amount < 0 else None,
        line.currency,
        Decimal(line.own).scaleb(-minor_digits(line.currency)),
        _rate(line, books.company.currency),
        names["shop"].get(line.shop_id or 0),
        names["order"].get(line.order_id or 0),
        names["sku"].get(line.sku_id or 0),
        line.country,
        entry.natural_key,
    ]


def _general(books: Books, entry: JournalEntry, names: Names) -> Iterator[list[object]]:
    digits = minor_digits(books.company.currency)
    for line in entry.lines:
        facts = books.accounts[line.account_id]
        yield [
            entry.booked_on.isoformat(),
            entry.natural_key,
            entry.kind,
            entry.narration,
            facts.code,
            facts.title,
            Decimal(line.amount).scaleb(-digits) if line.amount > 0 else None,
            Decimal(-line.amount).scaleb(-digits) if line.amount < 0 else None,
            line.currency,
            Decimal(line.own).scaleb(-minor_digits(line.currency)),
            line.tag,
            names["shop"].get(line.shop_id or 0),
            names["order"].get(line.order_id or 0),
            names["sku"].get(line.sku_id or 0),
            line.country,
            entry.attributed_on.isoformat() if entry.attributed_on else None,
        ]


def _rate(line: Line, home: str) -> str | None:
    """Return the rate that a posting was booked at, with six places; none for its own currency."""
    if line.currency == home or not line.own:
        return None
    with localcontext() as context:
        context.prec = 28
        own = Decimal(line.own).scaleb(-minor_digits(line.currency))
        rate = Decimal(line.amount).scaleb(-minor_digits(home)) / own
        return scaled_text(int((rate * 10**6).to_integral_value()), 6)


def _require_mapped(books: Books, accounts: AccountMap | None) -> None:
    if accounts is None:
        return
    used = [books.accounts[account_id].code for account_id in books.currencies()]
    if missing := [code for code in used if code not in accounts]:
        raise InputError(
            f"the map of accounts lacks {', '.join(missing)}.",
            where="accounts",
            hint="Add a line for each: code, their_code, their_title.",
        )


def _require_encoding(encoding: str) -> None:
    try:
        "凭证".encode(encoding)
    except (LookupError, UnicodeEncodeError):
        raise InputError(
            f"{encoding!r} cannot hold Chinese text.", where="encoding", hint="Take gb18030."
        ) from None


def _names(books: Books) -> Names:
    """Return what shops, orders and SKUs are called.

    The ledger knows their tables by name only, as its reports do.
    """
    tables = {
        "shop": "SELECT id, name FROM channels_shop",
        "order": "SELECT id, external_ref FROM orders_order",
        "sku": "SELECT id, code FROM catalog_sku",
    }
    found: dict[str, Mapping[int, str]] = {}
    for name, query in tables.items():
        text = sa.text(f"{query} WHERE company_id = :c").columns(
            sa.column("id", sa.BigInteger), sa.column("name", sa.Text)
        )
        rows = books.session.execute(text, {"c": books.company.id})
        found[name] = {row[0]: row[1] for row in rows}
    return found
