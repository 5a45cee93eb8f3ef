"""Orders as platforms told them: every version once, with what became of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.channels.external import ExternalOrder
from core.channels.external import Rejected
from core.channels.external import write_json
from core.channels.models import RawOrder
from core.channels.shops import AccountFacts
from core.config import Config
from core.db import any_of
from core.db import rows_of
from core.db import table_of
from core.db import utc_text
from core.ids import next_ids
from core.kernel.sealing import seal
from core.kernel.sealing import unseal
from core.rows import bulk_insert

PERSONAL_DAYS = 30
"""Amazon's limit for data of buyers after the shipment; nobody allows less."""

APPLIED = "applied"
WAITING = "waiting"
SUPERSEDED = "superseded"
QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Received:
    """A record of a page on its way into the raw store."""

    record: ExternalOrder | Rejected
    outcome: str
    reason: str | None = None

    @property
    def version_at(self) -> datetime:
        """Return when the platform changed it; what cannot be read has no such moment."""
        if isinstance(self.record, ExternalOrder):
            return self.record.updated_at
        return datetime.fromtimestamp(0, UTC)


def newest_versions(
    session: Session, account: AccountFacts, refs: Sequence[str]
) -> dict[str, datetime]:
    """Return the newest version of each order that was taken."""
    query = (
        sa.select(RawOrder.external_ref, sa.func.max(RawOrder.version_at))
        .where(*_of(account), any_of(session, RawOrder.external_ref, refs))
        .where(RawOrder.outcome.in_((APPLIED, WAITING)))
        .group_by(RawOrder.external_ref)
    )
    return {ref: _moment(at) for ref, at in rows_of(session, query)}


def known_hashes(
    session: Session, account: AccountFacts, refs: Sequence[str]
) -> frozenset[tuple[str, str]]:
    """Return which contents of which orders were received before."""
    query = sa.select(RawOrder.external_ref, RawOrder.sha256).where(
        *_of(account), any_of(session, RawOrder.external_ref, refs)
    )
    return frozenset((row[0], row[1]) for row in rows_of(session, query))


def hash_of(record: ExternalOrder | Rejected) -> str:
    """Return the hash of all that a platform told, personal data included."""
    told = [record.external_id, record.payload]
    if isinstance(record, ExternalOrder):
        told += [record.updated_at.isoformat(), record.status, *_personal(record)]
        # The buyer's tax number is no part of the payload.
        told += [record.tax.buyer_number] if record.tax and record.tax.buyer_number else []
    return hashlib.sha256("\x1f".join(told).encode()).hexdigest()


def store(
    session: Session,
    account: AccountFacts,
    import_id: int,
    received: Sequence[Received],
    config: Config,
) -> None:
    """Write versions of orders, personal data sealed."""
    now = clock.now()
    until = (now + timedelta(days=PERSONAL_DAYS)).date().isoformat()
    rows = []
    for new_id, each in zip(next_ids(session, len(received)), received, strict=True):
        record = each.record
        sealed = _seal(config, account, record)
        status = str(record.status) if isinstance(record, ExternalOrder) else ""
        rows.append(
            (account.company_id, new_id, import_id, account.platform, account.account)
            + (record.external_id, utc_text(each.version_at), hash_of(record), status)
            + (each.outcome, each.reason, record.payload)
            + ((*sealed, until) if sealed else (None, None, None))
            + (utc_text(now),)
        )
    bulk_insert(session, table_of(RawOrder), _COLUMNS, rows)


def personal_of(row: RawOrder, config: Config) -> str:
    """Return what an order tells of a person, as JSON text; empty once it was forgotten.

    Raises: KernelError when its key is missing.
    """
    if row.personal is None or row.personal_key is None:
        return ""
    owner = _owner(row.company_id, row.platform, row.account, row.external_ref)
    return unseal(config, owner, row.personal_key, row.personal).decode()


def forget_personal(session: Session, company_id: int, today: date) -> int:
    """Delete the personal data whose time is over; return of how many versions."""
    return _forget(session, company_id, RawOrder.personal_until < today)


def forget_personal_of(session: Session, company_id: int, keys: sa.Select[str, str, str]) -> int:
    """Delete the personal data of orders by platform, account and number, whatever their date."""
    key = sa.tuple_(RawOrder.platform, RawOrder.account, RawOrder.external_ref)
    return _forget(session, company_id, key.in_(keys))


def _forget(session: Session, company_id: int, which: sa.ColumnElement[bool]) -> int:
    told = sa.update(RawOrder).where(
        RawOrder.company_id == company_id, RawOrder.personal.is_not(None), which
    )
    gone = told.values(personal=None, personal_key=None, personal_until=None)
    return len(session.connection().execute(gone.returning(RawOrder.id)).all())


def _seal(
    config: Config, account: AccountFacts, record: ExternalOrder | Rejected
) -> tuple[str, str] | None:
    if not isinstance(record, ExternalOrder) or not record.personal:
        return None
    owner = _owner(account.company_id, account.platform, account.account, record.external_id)
    key_id, sealed = seal(config, owner, write_json(dict(record.personal)).encode())
    return sealed, key_id


def _owner(company_id: int, platform: str, account: str, ref: str) -> str:
    return f"order {company_id}/{platform}/{account}/{ref}"


def _personal(order: ExternalOrder) -> list[str]:
    return [f"{key}={value}" for key, value in sorted(order.personal.items())]


def _of(account: AccountFacts) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        RawOrder.company_id == account.company_id,
        RawOrder.platform == account.platform,
        RawOrder.account == account.account,
    )


def _moment(value: datetime | str) -> datetime:
    """Read a moment that came out of an aggregate, which has lost its type on SQLite."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.astimezone(UTC)


_COLUMNS = (
    "company_id id import_id platform account external_ref version_at sha256 status outcome reason"
    " payload personal personal_key personal_until received_at"
).split()
