"""What a company says that a rate is: by hand or from a file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from typing import TextIO

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.errors import InputError
from core.identity.audit import audit
from core.ids import next_ids
from core.money import minor_digits
from core.paging import PAGE_SIZE
from core.paging import Cursor
from core.paging import Page
from core.paging import fetch_page
from core.rates.keeping import book_what_waited
from core.rates.models import OwnRate
from core.rates.rate import check_value

COLUMNS = ("date", "base", "quote", "rate")


@dataclass(frozen=True, slots=True)
class RateDraft:
    """What one unit of `base` is worth in `quote` from a day on; `value` is decimal text."""

    base: str
    quote: str
    since: date
    value: str


def say_rates(
    session: Session, company_id: int, drafts: Sequence[RateDraft], *, origin: str, actor: str
) -> int:
    """Keep rates of a company and return how many are new or another than before.

    Raises: InputError for a code that is no currency, or a rate that is none.
    """
    wanted = {_key(draft): check_value(draft.value) for draft in map(_checked, drafts)}
    known = _known(session, company_id, wanted)
    changed = {
        key: value for key, value in wanted.items() if key not in known or known[key].value != value
    }
    now = clock.now()
    for key, new_id in zip(changed, next_ids(session, len(changed)), strict=True):
        if (found := known.get(key)) is not None:
            found.value, found.origin, found.made_by, found.made_at = (
                changed[key],
                origin,
                actor,
                now,
            )
            found.row_version += 1
        else:
            session.add(
                OwnRate(
                    company_id=company_id,
                    id=new_id,
                    base=key[0],
                    quote=key[1],
                    since=key[2],
                    value=changed[key],
                    origin=origin,
                    made_by=actor,
                    made_at=now,
                    row_version=1,
                )  # fmt: skip
            )
    session.flush()
    if changed:
        book_what_waited(session)
        shown = {f"{b}/{q} {day}": value for (b, q, day), value in sorted(changed.items())[:20]}
        audit(
            session, "rates.said", f"rates:{origin}", after={"rates": len(changed), **shown},
            company_id=company_id,
        )  # fmt: skip
    return len(changed)


def read_rates(path: Path) -> Iterator[RateDraft]:
    """Yield the rates of a CSV file with the columns date, base, quote and rate.

    Raises: InputError naming the line that cannot be understood.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            yield from read_rates_text(stream, path.name)
    except UnicodeDecodeError as error:
        raise InputError(f"The file cannot be read: {error}.", where=path.name) from None
    except OSError as error:
        raise InputError(f"The file cannot be opened: {error.strerror}.", where=path.name) from None


def read_rates_text(stream: TextIO, name: str) -> Iterator[RateDraft]:
    """Yield the rates of a CSV text.

    Raises: InputError naming the line that cannot be understood.
    """
    rows = csv.DictReader(stream, strict=True)
    try:
        if missing := [column for column in COLUMNS if column not in (rows.fieldnames or ())]:
            raise InputError(
                f"The column {missing[0]} is missing.",
                where=name,
                hint=f"A file of rates starts with: {','.join(COLUMNS)}.",
            )
        for row in rows:
            yield read_draft(row, f"line {rows.line_num}")
    except csv.Error as error:
        raise InputError(f"The file cannot be read: {error}.", where=name) from None


def read_draft(row: Mapping[str, str | None], where: str) -> RateDraft:
    """Return a rate from texts, as a file or a form tells them.

    Raises: InputError for what cannot be understood.
    """
    said = {name: (row.get(name) or "").strip() for name in COLUMNS}
    try:
        since = date.fromisoformat(said["date"])
    except ValueError:
        raise InputError(
            f"{said['date']!r} is not a day.", where=where, hint="Write it as 2026-09-30."
        ) from None
    draft = RateDraft(said["base"].upper(), said["quote"].upper(), since, said["rate"])
    try:
        check_value(draft.value)
        return _checked(draft)
    except InputError as error:
        raise InputError(error.message, where=where) from None


def list_rates(
    session: Session,
    company_id: int,
    cursor: Cursor | None,
    *,
    base: str = "",
    quote: str = "",
    limit: int = PAGE_SIZE,
) -> Page[Any]:
    """Return a company's own rates, the latest first."""
    query = sa.select(
        OwnRate.since,
        OwnRate.id,
        OwnRate.base,
        OwnRate.quote,
        OwnRate.value,
        OwnRate.origin,
        OwnRate.made_by,
        OwnRate.made_at,
    ).where(OwnRate.company_id == company_id)
    if base:
        query = query.where(OwnRate.base == base)
    if quote:
        query = query.where(OwnRate.quote == quote)
    key = (OwnRate.since, OwnRate.id)
    return fetch_page(session, query, key, cursor, descending=True, limit=limit)


def rate_document(row: Any) -> dict[str, Any]:
    """Return a rate as commands and the API show it."""
    return {
        "base": row.base,
        "quote": row.quote,
        "since": row.since.isoformat(),
        "rate": row.value,
        "origin": row.origin,
        "made_by": row.made_by,
        "made_at": row.made_at.isoformat(),
    }


def _checked(draft: RateDraft) -> RateDraft:
    for code, where in ((draft.base, "base"), (draft.quote, "quote")):
        try:
            minor_digits(code)
        except InputError as error:
            raise InputError(error.message, where=where, hint=error.hint) from None
    if draft.base == draft.quote:
        raise InputError(f"{draft.base} is always worth one {draft.quote}.", where="quote")
    return draft


def _key(draft: RateDraft) -> tuple[str, str, date]:
    return draft.base, draft.quote, draft.since


def _known(
    session: Session, company_id: int, wanted: dict[tuple[str, str, date], str]
) -> dict[tuple[str, str, date], OwnRate]:
    days = {day for _, _, day in wanted}
    if not days:
        return {}
    query = sa.select(OwnRate).where(
        OwnRate.company_id == company_id, OwnRate.since.between(min(days), max(days))
    )
    return {(rate.base, rate.quote, rate.since): rate for rate in session.scalars(query)}
