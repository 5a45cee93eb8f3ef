"""Telling platforms through their connectors what listings cost, and looking what they show.

What was said last leaves, in batches, and none of it within a transaction. A version that left and
was not answered leaves again under its own key; one that was refused waits for a person. Where an
older version is answered after a newer one, the newer one is told once more, for nobody knows which
of them the platform worked off last.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass

import httpx2
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.channels.calling import as_addon
from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.calling import noting_failure
from core.channels.cursors import Place
from core.channels.external import ExternalListing
from core.channels.external import PriceUpdate
from core.channels.external import PushResult
from core.channels.external import Window
from core.channels.walking import fetcher
from core.channels.walking import walk
from core.db import any_of
from core.errors import ConnectorError
from core.kernel import hooks
from core.kernel.connection_states import note_success
from core.kernel.connections import PAUSED
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import list_connections
from core.kernel.jobs import enqueue
from core.kernel.kernel import Kernel
from core.outbox.putting import CONFIRMED
from core.outbox.putting import FAILED
from core.outbox.putting import SUPERSEDED
from core.publishing.models import PriceTarget
from core.publishing.models import PriceTold

PRICES_TASK = "publishing.prices"
BATCH = 25


@dataclass(slots=True)
class PricesOutcome:
    """What became of the prices of a run."""

    due: int = 0
    taken: int = 0
    refused: int = 0

    def as_json(self) -> dict[str, int]:
        """Return it as the command line shows it."""
        return asdict(self)


def push_prices(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    transport: httpx2.BaseTransport | None = None,
    on_batch: Callable[[int, int], None] = lambda _done, _due: None,
) -> PricesOutcome:
    """Tell every price that the platform has not answered yet, what was said last first.

    Raises: ConnectorError as the connector raised it, AddonFailed; what was taken is kept.
    """
    connector = connector_with(kernel, connection, "push_prices", "cannot be told prices")
    account, outcome = (connector.platform, connection.account), PricesOutcome()
    with kernel.db.read() as session:
        due = due_prices(session, connection.company_id, account)
    outcome.due = len(due)
    if not due:
        return outcome
    size = int(getattr(connector, "price_batch", BATCH))
    with (
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
    ):
        for at in range(0, len(due), size):
            with kernel.db.write() as session:
                batch = _begin(session, connection.company_id, due[at : at + size])
            with as_addon(kernel, connection.addon, "connector:push_prices", "Run it again."):
                answers = _matched(batch, connector.push_prices(call, batch))
            with kernel.db.write() as session:
                record_answers(session, connection.company_id, answers)
            outcome.taken += sum(answer.taken for answer in answers.values())
            outcome.refused += sum(not answer.taken for answer in answers.values())
            on_batch(min(at + size, len(due)), len(due))
    with kernel.db.write() as session:
        note_success(session, connection)
    return outcome


def wake_prices(session: Session, company_id: int, accounts: set[tuple[str, str]]) -> int:
    """Have the prices of some accounts told after the caller's commit; return to how many."""
    platforms = {
        addon: connector.platform
        for addon, connector in hooks.collect(session, "connectors")
        if callable(getattr(connector, "push_prices", None))
    }
    woken = 0
    for info in list_connections(session, company_id=company_id):
        if info.state == PAUSED or (platforms.get(info.addon, ""), info.account) not in accounts:
            continue
        enqueue(
            session,
            PRICES_TASK,
            {},
            unique=f"{PRICES_TASK}:{info.id}",
            connection_id=info.id,
            company_id=company_id,
        )
        woken += 1
    return woken


def due_prices(session: Session, company_id: int, account: tuple[str, str]) -> list[int]:
    """Return the prices of an account that the platform did not answer, the last said first."""
    query = (
        sa.select(PriceTarget.id)
        .where(
            PriceTarget.company_id == company_id,
            PriceTarget.platform == account[0],
            PriceTarget.account == account[1],
            PriceTarget.answered_version < PriceTarget.version,
        )
        .order_by(PriceTarget.desired_at.desc(), PriceTarget.id)
    )
    return list(session.scalars(query))


def record_answers(session: Session, company_id: int, answers: Mapping[str, PushResult]) -> None:
    """Keep what the platform took and refused; after an answer to an old version the newest is due.

    Raises: nothing for a price that is gone.
    """
    versions = {int(id_): int(version) for id_, version in (key.split(".") for key in answers)}
    query = sa.select(PriceTarget).where(
        PriceTarget.company_id == company_id, any_of(session, PriceTarget.id, sorted(versions))
    )
    now = clock.now()
    for row in session.scalars(query.order_by(PriceTarget.id).with_for_update()):
        answer = answers[f"{row.id}.{versions[row.id]}"]
        if versions[row.id] != row.version:
            # The platform may have worked the older one off last.
            row.answered_version = min(row.answered_version, versions[row.id])
            continue
        row.answered_version = row.version
        row.error = "" if answer.taken else (answer.reason or "refused")[:2000]
        if answer.taken:
            row.confirmed = row.desired if answer.confirmed is None else answer.confirmed
            row.confirmed_at = now
    _record_told(session, company_id, answers, versions)


def _record_told(
    session: Session,
    company_id: int,
    answers: Mapping[str, PushResult],
    versions: Mapping[int, int],
) -> None:
    query = sa.select(PriceTold).where(
        PriceTold.company_id == company_id,
        any_of(session, PriceTold.price_id, sorted(versions)),
        PriceTold.outcome.is_(None),
    )
    for told in session.scalars(query):
        sent = versions[told.price_id]
        if told.version < sent:
            told.outcome = SUPERSEDED
        elif told.version == sent:
            answer = answers[f"{told.price_id}.{sent}"]
            told.outcome = CONFIRMED if answer.taken else FAILED
            told.reason = "" if answer.taken else (answer.reason or "refused")[:2000]
    session.flush()


def _begin(session: Session, company_id: int, ids: Sequence[int]) -> list[PriceUpdate]:
    """Note that prices leave as they are desired now, and return their updates."""
    now = clock.now()
    query = sa.select(PriceTarget).where(
        PriceTarget.company_id == company_id, any_of(session, PriceTarget.id, sorted(ids))
    )
    places = {price_id: place for place, price_id in enumerate(ids)}
    found = session.scalars(query.order_by(PriceTarget.id).with_for_update())
    updates, left = [], {}
    for row in sorted(found, key=lambda row: places[row.id]):
        key = f"{row.id}.{row.version}"
        updates.append(PriceUpdate(row.seller_sku, row.desired, row.currency, key))
        row.sent, row.sent_version, row.sent_at = row.desired, row.version, now
        left[row.id] = row.version
    told = sa.select(PriceTold).where(
        PriceTold.company_id == company_id,
        any_of(session, PriceTold.price_id, sorted(left)),
        PriceTold.sent_at.is_(None),
    )
    for each in session.scalars(told):
        if each.version == left[each.price_id]:
            each.sent_at = now
    session.flush()
    return updates


def _matched(
    updates: Sequence[PriceUpdate], answers: Sequence[PushResult]
) -> dict[str, PushResult]:
    """Return the answer to each update by its key.

    Raises: ConnectorError when a connector answers another question, or leaves one out.
    """
    told = list(answers)
    found = {answer.key: answer for answer in told}
    if found.keys() != {update.key for update in updates} or len(found) != len(told):
        raise ConnectorError("The connector did not answer every price exactly once.")
    return found


def see_prices(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    transport: httpx2.BaseTransport | None = None,
) -> dict[str, int]:
    """Keep what the platform's listings show of the prices that it was told.

    Raises: ConnectorError as the connector raised it, AddonFailed; what was read is kept.
    """
    connector = connector_with(kernel, connection, "pull_listings", "tells of no listings")
    account, done = (connector.platform, connection.account), {"seen": 0, "drifted": 0}
    mine = (
        PriceTarget.company_id == connection.company_id,
        PriceTarget.platform == account[0],
        PriceTarget.account == account[1],
    )
    with kernel.db.read() as session:
        if session.scalar(sa.select(PriceTarget.id).where(*mine).limit(1)) is None:
            return done
    start = Place(Window(None, clock.now()), None)
    with (
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
    ):
        for page, _ in walk(fetcher(kernel, connector, "pull_listings", call), start):
            shown = {
                each.external_ref: each
                for each in page.records
                if isinstance(each, ExternalListing) and each.price is not None
            }
            with kernel.db.write() as session:
                named = any_of(session, PriceTarget.seller_sku, sorted(shown))
                query = sa.select(PriceTarget).where(*mine, named).order_by(PriceTarget.id)
                for row in session.scalars(query.with_for_update()):
                    _see(row, shown[row.seller_sku], done)
    with kernel.db.write() as session:
        note_success(session, connection)
    return done


def _see(row: PriceTarget, shown: ExternalListing, done: dict[str, int]) -> None:
    if shown.currency != row.currency:
        return
    row.seen, row.seen_at = shown.price, clock.now()
    done["seen"] += 1
    done["drifted"] += row.answered_version == row.version and row.seen != row.desired
