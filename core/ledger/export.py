"""The journal for plain-text accounting: beancount, and ledger-cli or hledger.

An amount in a foreign currency is written with what it is in the company's, as a total price
(`100.00 EUR @@ 780.00 CNY`), so that these programs balance entries as the books do. Both kinds of
file end with an assertion for each account and currency, taken by one query over all postings: the
program proves entries and balances against each other.
Sources: the language syntax of beancount, the journal formats of ledger 3 and of hledger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from datetime import timedelta
from decimal import Decimal
from typing import TextIO

from sqlalchemy.orm import Session

from core.ledger.journaled import Books
from core.ledger.journaled import JournalEntry
from core.ledger.journaled import Line
from core.money import minor_digits
from core.money import to_text


@dataclass(frozen=True, slots=True)
class _Style:
    """What tells the two kinds of file apart where they write an entry."""

    indent: str
    said: str
    quote: Callable[[str], str]


def export_beancount(
    session: Session,
    company_id: int,
    stream: TextIO,
    start: date | None = None,
    end: date | None = None,
) -> int:
    """Write a company's journal as beancount text and return how many entries it has."""
    books = Books(session, company_id, start, end)
    home = books.company.currency
    stream.write(f'option "title" {_quoted(books.company.name)}\n')
    stream.write(f'option "operating_currency" "{home}"\n')
    # A price for a whole amount is kept as one for each unit, cut off after 28 digits.
    cut = Decimal(1).scaleb(-minor_digits(home) - 1)
    stream.write(f'option "inferred_tolerance_default" "{home}:{cut}"\n\n')
    span = books.span()
    if span is None:
        return 0
    for account_id, currencies in books.currencies().items():
        held = ",".join(sorted({home, *currencies}))
        stream.write(f"{span[0]} open {books.accounts[account_id].name} {held}\n")
    count = _write_entries(books, stream, _BEANCOUNT)
    after = span[1] + timedelta(days=1)
    for (name, currency), amount in _standing(books).items():
        stream.write(f"{after} balance {name}  {to_text(amount, currency)} {currency}\n")
    return count


def export_ledger(
    session: Session,
    company_id: int,
    stream: TextIO,
    start: date | None = None,
    end: date | None = None,
) -> int:
    """Write a company's journal for ledger-cli and hledger and return how many entries it has."""
    books = Books(session, company_id, start, end)
    stream.write(f"; {_line(books.company.name)}, in {books.company.currency}\n\n")
    span = books.span()
    if span is None:
        return 0
    for account_id in books.currencies():
        stream.write(f"account {books.accounts[account_id].name}\n")
    count = _write_entries(books, stream, _LEDGER)
    standing = _standing(books)
    if standing:
        stream.write(f"{span[1]} * Balances as the books have them\n")
        for (name, currency), amount in standing.items():
            zero, text = to_text(0, currency), to_text(amount, currency)
            stream.write(f"    {name}  {zero} {currency} = {text} {currency}\n")
    return count


def _write_entries(books: Books, stream: TextIO, style: _Style) -> int:
    """Write what stood before the span and the entries in it; return how many these are."""
    stream.write("\n")
    if (opening := books.opening()) is not None:
        _write_entry(books, opening, stream, style)
    count = 0
    for entry in books.entries():
        _write_entry(books, entry, stream, style)
        count += 1
    return count


def _write_entry(books: Books, entry: JournalEntry, stream: TextIO, style: _Style) -> None:
    said = style.indent + style.said
    stream.write(f"{entry.booked_on} * {style.quote(entry.narration)}\n")
    stream.write(f"{said}key: {style.quote(entry.natural_key)}\n")
    if entry.attributed_on is not None:
        stream.write(f"{said}attributed_on: {entry.attributed_on}\n")
    for line in entry.lines:
        name = books.accounts[line.account_id].name
        stream.write(f"{style.indent}{name}  {_amount(line, books.company.currency)}\n")
    stream.write("\n")


def _amount(line: Line, home: str) -> str:
    if not _is_priced(line, home):
        return f"{to_text(line.amount, home)} {home}"
    units = f"{to_text(line.own, line.currency)} {line.currency}"
    return f"{units} @@ {to_text(abs(line.amount), home)} {home}"


def _is_priced(line: Line, home: str) -> bool:
    """Say whether a posting is written in its own currency with a price.

    A revaluation changes the worth of an amount, not the amount: it is in the company's currency.
    """
    return line.currency != home and line.own != 0 and line.own * line.amount >= 0


def _standing(books: Books) -> Counter[tuple[str, str]]:
    """Return what stands on each account at the end, in each currency in which it is written."""
    home = books.company.currency
    found: Counter[tuple[str, str]] = Counter()
    unpriced = books.unpriced()
    for line in books.closing():
        name = books.accounts[line.account_id].name
        if line.currency == home:
            found[name, home] += line.amount
        else:
            worth, units = unpriced.get((line.account_id, line.currency), (0, 0))
            found[name, home] += worth
            found[name, line.currency] += line.own - units
    return found


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'


def _line(text: str) -> str:
    """Return text as a payee or a comment may hold it: no line end, no comment, no code."""
    plain = " ".join(text.replace(";", ",").replace("|", "/").split())
    return plain.replace("(", "[").replace(")", "]") or "-"


_BEANCOUNT = _Style("  ", "", _quoted)
_LEDGER = _Style("    ", "; ", _line)
