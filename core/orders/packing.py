"""Lines on the spool: packed into bytes and back, as plain values that pack fast."""

from __future__ import annotations

import marshal
from datetime import date
from datetime import datetime
from functools import lru_cache
from typing import Any

from core.channels.connector import LineKind
from core.channels.connector import RejectedLine
from core.channels.connector import SourceLine
from core.channels.told_tax import TaxTold

_KINDS = {kind.value: kind for kind in LineKind}
_TAX = [*SourceLine.__dataclass_fields__].index("tax")
_REJECTED_FIELDS = len(RejectedLine.__dataclass_fields__)


def pack(line: SourceLine | RejectedLine) -> bytes:
    """Return a line as bytes for a file of this very process."""
    if isinstance(line, RejectedLine):
        return marshal.dumps(
            (line.line_number, line.payload, line.fingerprint, line.document_ref, line.reason)
        )
    return marshal.dumps(
        (
            line.line_number,
            line.payload,
            line.fingerprint,
            line.document_ref,
            line.kind.value,
            line.code,
            line.title,
            line.quantity,
            line.unit_price,
            line.net_amount,
            line.currency,
            _text(line.occurred_at),
            _text(line.occurred_on),
            line.country,
            line.customer_ref,
            line.account,
            line.personal,
            line.service,
            None if line.tax is None else _told(line.tax),
            line.platform_tax,
        )
    )


def unpack(record: bytes) -> SourceLine | RejectedLine:
    """Return the line that was packed."""
    # Our own spool, in an unnamed file of this process: nobody else can have written it.
    fields: tuple[Any, ...] = marshal.loads(record)  # noqa: S302
    if len(fields) == _REJECTED_FIELDS:
        return RejectedLine(*fields)
    plain = [*fields]
    plain[4] = _KINDS[fields[4]]
    plain[11], plain[12] = _moment(fields[11]), _day(fields[12])
    if fields[_TAX] is not None:
        plain[_TAX] = _retold(fields[_TAX])
    return SourceLine(*plain)


# What is told of one buyer stands on each of his lines.
@lru_cache(maxsize=8192)
def _told(tax: TaxTold) -> tuple[Any, ...]:
    told = (getattr(tax, name) for name in TaxTold.__dataclass_fields__)
    return tuple(each.isoformat() if isinstance(each, date) else each for each in told)


@lru_cache(maxsize=8192)
def _retold(plain: tuple[Any, ...]) -> TaxTold:
    told = dict(zip(TaxTold.__dataclass_fields__, plain, strict=True))
    days = {name: told[name] and _day(told[name]) for name in ("paid_on", "invoiced_on")}
    return TaxTold(**told | days)


# The lines of a document share their moment, and those of a day their day.
@lru_cache(maxsize=8192)
def _text(moment: date) -> str:
    return moment.isoformat()


@lru_cache(maxsize=8192)
def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@lru_cache(maxsize=8192)
def _day(text: str) -> date:
    return date.fromisoformat(text)
