"""Quantities that a platform takes in and decides on later: each waits for its answer by a ticket.

A newer quantity does not wait. It is sent at once, and once more when the ticket is answered: the
platform may have worked the older one off after it.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.channels.external import PushResult
from core.channels.external import StockUpdate
from core.db import any_of
from core.publishing.models import Target


def is_waiting() -> sa.ColumnElement[bool]:
    """Return what holds for a target whose present version a platform is working on."""
    return (Target.ticket != "") & (Target.ticket_version == Target.version)


def open_tickets(
    session: Session, company_id: int, account: tuple[str, str]
) -> dict[str, list[StockUpdate]]:
    """Return what an account was told and has not answered, by ticket."""
    query = (
        sa.select(Target)
        .where(
            Target.company_id == company_id,
            Target.platform == account[0],
            Target.account == account[1],
            Target.ticket != "",
        )
        .order_by(Target.id)
    )
    found: dict[str, list[StockUpdate]] = {}
    for row in session.scalars(query):
        key = f"{row.id}.{row.ticket_version}"
        update = StockUpdate(row.seller_sku, row.sent or 0, key, row.location)
        found.setdefault(row.ticket, []).append(update)
    return found


def note_tickets(
    session: Session, company_id: int, answers: Mapping[str, PushResult]
) -> dict[str, PushResult]:
    """Keep the tickets that a platform gave, and return the answers that are one already."""
    later = {key: answer.ticket for key, answer in answers.items() if answer.ticket}
    versions = dict(key.split(".") for key in later)
    for row in _targets(session, company_id, later):
        version = versions[str(row.id)]
        row.ticket, row.ticket_version = later[f"{row.id}.{version}"], int(version)
    session.flush()
    return {key: answer for key, answer in answers.items() if key not in later}


def close_tickets(session: Session, company_id: int, keys: Sequence[str]) -> None:
    """Forget the tickets of what was answered; what was told since is told once more."""
    for row in _targets(session, company_id, keys):
        if row.version != row.ticket_version:
            row.confirmed = None
        row.ticket, row.ticket_version = "", 0
    session.flush()


def _targets(session: Session, company_id: int, keys: Iterable[str]) -> list[Target]:
    ids = sorted({int(key.partition(".")[0]) for key in keys})
    query = sa.select(Target).where(
        Target.company_id == company_id, any_of(session, Target.id, ids)
    )
    return list(session.scalars(query.with_for_update())) if ids else []
