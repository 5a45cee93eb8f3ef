"""Telling platforms what is for sale: desired, sent and confirmed for each listing.

What is desired follows the stock; only what differs from what was sent goes out, newest value
first and last. A value that was sent and not confirmed is sent again under the same key.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass

import httpx2
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.catalog.models import Listing
from core.channels.calling import as_addon
from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.calling import noting_failure
from core.channels.external import PushResult
from core.channels.external import StockUpdate
from core.channels.models import Publication
from core.db import any_of
from core.db import next_ids
from core.db import table_of
from core.db import upsert_missing
from core.errors import ConnectorError
from core.kernel.connection_states import note_success
from core.kernel.connections import ConnectionInfo
from core.kernel.kernel import Kernel
from core.publishing.availability import Availability
from core.publishing.reckoning import reckon
from core.publishing.rules import Rules
from core.publishing.rules import Scope

BATCH = 25


@dataclass(slots=True)
class PushOutcome:
    """What became of the updates of a run."""

    due: int = 0
    taken: int = 0
    refused: int = 0

    def as_json(self) -> dict[str, int]:
        """Return it as the command line shows it."""
        return asdict(self)


def push_stock(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    transport: httpx2.BaseTransport | None = None,
) -> PushOutcome:
    """Send the quantity of every listing whose platform does not have it yet.

    Raises: ConnectorError as the connector raised it, AddonFailed; what was taken is kept.
    """
    connector = connector_with(kernel, connection, "push_stock", "has no stock to tell")
    outcome = PushOutcome()
    with (
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
    ):
        with kernel.db.write() as session:
            set_desired(session, connection, connector.platform)
            due = due_updates(session, connection)
        outcome.due = len(due)
        for at in range(0, len(due), BATCH):
            batch = due[at : at + BATCH]
            with as_addon(kernel, connection.addon, "connector:push_stock", "Run it again."):
                answers = matched(batch, connector.push_stock(call, batch))
            with kernel.db.write() as session:
                record_answers(session, connection, answers)
            outcome.taken += sum(answer.taken for answer in answers.values())
            outcome.refused += sum(not answer.taken for answer in answers.values())
    with kernel.db.write() as session:
        note_success(session, connection)
    return outcome


def set_desired(session: Session, connection: ConnectionInfo, platform: str) -> None:
    """Bring what is desired of each mapped listing of the account to what the stock allows."""
    wanted = _available(session, connection, platform)
    _make_missing(session, connection, wanted)
    rows = session.scalars(
        sa.select(Publication)
        .where(*_of(connection), any_of(session, Publication.listing_id, sorted(wanted)))
        .with_for_update()
    )
    for row in rows:
        if row.desired != wanted[row.listing_id]:
            row.desired, row.desired_at = wanted[row.listing_id], clock.now()
            row.version += 1
    session.flush()


def due_updates(session: Session, connection: ConnectionInfo) -> list[StockUpdate]:
    """Return what the platform does not have yet, and note that it is being sent."""
    query = (
        sa.select(Publication, Listing.external_ref)
        .join(
            Listing,
            (Listing.company_id == Publication.company_id) & (Listing.id == Publication.listing_id),
        )
        .where(
            *_of(connection),
            # What was sent without an answer may have been done or not: its key tells.
            sa.or_(
                Publication.sent_version < Publication.version,
                Publication.confirmed.is_distinct_from(Publication.desired),
            ),
        )
        .order_by(Publication.desired_at.desc(), Publication.id)
    )
    updates = []
    for row, ref in session.execute(query).all():
        updates.append(stock_update(row, ref))
        row.sent, row.sent_version, row.sent_at = row.desired, row.version, clock.now()
    session.flush()
    return updates


def stock_update(row: Publication, ref: str) -> StockUpdate:
    """Return the update of a listing; a negative quantity is never told to anybody."""
    return StockUpdate(ref, max(row.desired, 0), f"{row.id}.{row.version}")


def matched(updates: Sequence[StockUpdate], answers: Sequence[PushResult]) -> dict[str, PushResult]:
    """Return the answer to each update by its key.

    Raises: ConnectorError when a connector answers another question, or leaves one out.
    """
    found = {answer.key: answer for answer in answers}
    if found.keys() != {update.key for update in updates} or len(found) != len(answers):
        raise ConnectorError("The connector did not answer every update exactly once.")
    return found


def record_answers(
    session: Session, connection: ConnectionInfo, answers: Mapping[str, PushResult]
) -> None:
    """Keep what the platform holds now; an answer to an older version changes nothing."""
    versions = {int(id_): int(v) for id_, v in (key.split(".") for key in answers)}
    query = sa.select(Publication).where(
        *_of(connection), any_of(session, Publication.id, sorted(versions))
    )
    for row in session.scalars(query.with_for_update()):
        answer = answers[f"{row.id}.{versions[row.id]}"]
        if versions[row.id] != row.version:
            continue
        if answer.taken:
            row.confirmed = row.sent if answer.confirmed is None else answer.confirmed
            row.error = None
        else:
            row.error = answer.reason[:2000]
    session.flush()


def _available(session: Session, connection: ConnectionInfo, platform: str) -> dict[int, int]:
    """Return how much of each mapped listing is for sale by the rules of its shop and SKU."""
    query = sa.select(Listing.id, Listing.sku_id).where(
        Listing.company_id == connection.company_id,
        Listing.platform == platform,
        Listing.account == connection.account,
        Listing.sku_id.is_not(None),
    )
    listings = {row.id: row.sku_id or 0 for row in session.execute(query)}
    availability = Availability(session, connection.company_id, set(listings.values()))
    rules = Rules(session, connection.company_id)
    wanted = {}
    for listing_id, sku_id in listings.items():
        terms = rules.terms(Scope(platform, connection.account, sku_id))
        figures = availability.figures(terms.pool_id, sku_id, terms.fast_minutes)
        wanted[listing_id] = reckon(figures, terms).quantity
    return wanted


def _make_missing(session: Session, connection: ConnectionInfo, wanted: Mapping[int, int]) -> None:
    query = sa.select(Publication.listing_id).where(*_of(connection))
    missing = sorted(wanted.keys() - set(session.scalars(query)))
    now = clock.now()
    rows = [
        {"company_id": connection.company_id, "id": new_id, "connection_id": connection.id}
        | {"listing_id": listing_id, "desired": wanted[listing_id], "desired_at": now}
        | {"version": 1, "sent_version": 0}
        for new_id, listing_id in zip(next_ids(session, len(missing)), missing, strict=True)
    ]
    if rows:
        upsert_missing(session, table_of(Publication), rows)


def _of(connection: ConnectionInfo) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Publication.company_id == connection.company_id,
        Publication.connection_id == connection.id,
    )
