"""From a change of stock to the platform: collected, reckoned, put into the outbox, followed up.

A change is a row written with the stock itself; a job takes the rows, decides, and puts what
differs into the outbox in the same transaction. So nothing is told that did not happen, and what
happened is told at least once, the newest number last.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import any_of
from core.kernel import hooks
from core.kernel.connections import PAUSED
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import list_connections
from core.kernel.jobs import enqueue
from core.kernel.kernel import Kernel
from core.outbox.declaring import effects_of
from core.outbox.models import Effect
from core.outbox.putting import CONFIRMED
from core.outbox.putting import FAILED
from core.outbox.putting import SENT
from core.outbox.putting import SUPERSEDED
from core.outbox.putting import put_many
from core.publishing.models import Push
from core.publishing.models import Target
from core.publishing.targets import Told
from core.publishing.targets import make_targets
from core.publishing.targets import refresh
from core.publishing.targets import told_of
from core.stock.changes import take_changes

OPERATION = "stock.push"
PUSH_TASK = "publishing.push"
BATCH = 1000
SETTLED = (SENT, CONFIRMED, FAILED, SUPERSEDED)


@dataclass(slots=True)
class Published:
    """What a run did."""

    changes: int = 0
    told: int = 0
    settled: int = 0


def publish_changes(kernel: Kernel, company_id: int, *, full: bool = False) -> Published:
    """Tell the platforms what changed since the last run; with `full` look at every target."""
    done = Published()
    with kernel.db.read() as session:
        accounts = {
            *connections_by_account(session, company_id),
            *connectors_by_account(session, company_id),
        }
    if not accounts:
        return done
    with kernel.db.write() as session:
        done.settled = settle(session, company_id)
        make_targets(session, company_id, accounts)
        if full:
            refresh(session, company_id)
            done.told += tell(session, company_id, _untold(session, company_id))
        else:
            done.told += tell(session, company_id, _new_targets(session, company_id))
    while True:
        with kernel.db.write() as session:
            changed = take_changes(session, company_id, BATCH)
            if not changed:
                return done
            done.changes += len(changed)
            done.told += tell(session, company_id, refresh(session, company_id, changed))


def tell(session: Session, company_id: int, told: Sequence[Told]) -> int:
    """Put quantities into the outbox of the accounts' connections, and return how many went in.

    Accounts whose connector is asked in batches have their push enqueued instead.
    """
    if not told:
        return 0
    connections = connections_by_account(session, company_id)
    direct = connectors_by_account(session, company_id)
    by_account: dict[tuple[str, str], list[tuple[str, Mapping[str, Any], int]]] = {}
    for each in told:
        payload: dict[str, Any] = {"seller_sku": each.seller_sku, "location": each.location}
        payload |= {"quantity": each.quantity, "expected": each.expected}
        by_account.setdefault((each.platform, each.account), []).append(
            (name_of(each.seller_sku, each.location), payload, each.version)
        )
    for account in by_account.keys() & direct.keys():
        wake_push(session, direct[account])
    return sum(
        put_many(session, connections[account], OPERATION, effects)
        for account, effects in by_account.items()
        if account in connections
    ) + sum(len(by_account[account]) for account in by_account.keys() & direct.keys())


def wake_push(session: Session, connection: ConnectionInfo, wait_seconds: int = 0) -> None:
    """Have a connection's connector tell what is due, after the caller's commit."""
    run_at = clock.now() + timedelta(seconds=wait_seconds) if wait_seconds else None
    enqueue(
        session,
        PUSH_TASK,
        {},
        unique=f"{PUSH_TASK}:{connection.id}",
        run_at=run_at,
        connection_id=connection.id,
        company_id=connection.company_id,
    )


def settle(session: Session, company_id: int) -> int:
    """Follow up what the outbox sent: what each target was told, when, and how long it took."""
    query = (
        sa.select(Push, Target, Effect)
        .join(Target, (Target.company_id == Push.company_id) & (Target.id == Push.target_id))
        .join(
            Effect,
            (Effect.company_id == Push.company_id)
            & (Effect.operation == OPERATION)
            & (Effect.target == _name_column())
            & (Effect.version == Push.version),
        )
        .where(Push.company_id == company_id, Push.outcome.is_(None), Effect.state.in_(SETTLED))
        .order_by(Push.target_id, Push.version)
    )
    accounts = {
        info.id: account for account, info in connections_by_account(session, company_id).items()
    }
    rows = session.execute(query).all()
    settled = 0
    for push, target, effect in rows:
        if accounts.get(effect.connection_id) == (target.platform, target.account):
            _settle(push, target, effect)
            settled += 1
    session.flush()
    return settled


def connections_by_account(
    session: Session, company_id: int
) -> dict[tuple[str, str], ConnectionInfo]:
    """Return the connections through which accounts are told of stock; paused ones are not."""
    kernel: Kernel = session.info["kernel"]
    platforms = {
        addon: connector.platform
        for addon, connector in hooks.collect(session, "connectors")
        if OPERATION in effects_of(kernel, addon)
    }
    return {
        (platforms[info.addon], info.account): info
        for info in list_connections(session, company_id=company_id)
        if info.addon in platforms and info.state != PAUSED
    }


def connectors_by_account(
    session: Session, company_id: int
) -> dict[tuple[str, str], ConnectionInfo]:
    """Return the connections whose connectors are told of stock themselves, in batches."""
    kernel: Kernel = session.info["kernel"]
    platforms = {
        addon: connector.platform
        for addon, connector in hooks.collect(session, "connectors")
        if callable(getattr(connector, "push_stock", None))
        and OPERATION not in effects_of(kernel, addon)
    }
    return {
        (platforms[info.addon], info.account): info
        for info in list_connections(session, company_id=company_id)
        if info.addon in platforms and info.state != PAUSED
    }


def name_of(seller_sku: str, location: str) -> str:
    """Return the name of a target in the outbox."""
    return f"{location}/{seller_sku}"


def _name_column() -> Any:
    return Target.location + sa.literal("/") + Target.seller_sku


def _untold(session: Session, company_id: int) -> list[Told]:
    """Return what no connection was there for when it was decided."""
    known = sa.select(Effect.id).where(
        Effect.company_id == Target.company_id,
        Effect.operation == OPERATION,
        Effect.target == _name_column(),
        Effect.version == Target.version,
    )
    query = sa.select(Target).where(
        Target.company_id == company_id,
        Target.version > Target.sent_version,
        ~sa.exists(known),
    )
    return [told_of(target) for target in session.scalars(query)]


def _new_targets(session: Session, company_id: int) -> list[Told]:
    query = sa.select(Target.sku_id).where(Target.company_id == company_id, Target.version == 0)
    skus = set(session.scalars(query))
    return refresh(session, company_id, dict.fromkeys(skus, clock.now())) if skus else []


def _settle(push: Push, target: Target, effect: Effect) -> None:
    push.outcome = effect.state
    if effect.state == FAILED:
        target.error = effect.last_error
    if effect.state not in (SENT, CONFIRMED) or effect.sent_at is None:
        return
    push.sent_at = effect.sent_at
    push.milliseconds = max(int((effect.sent_at - push.changed_at).total_seconds() * 1000), 0)
    if push.version > target.sent_version:
        target.sent, target.sent_version = push.quantity, push.version
        target.sent_at, target.error = effect.sent_at, ""
        if effect.state == CONFIRMED:
            target.confirmed, target.confirmed_at = push.quantity, effect.confirmed_at


def latency(session: Session, company_id: int, limit: int = 1000) -> dict[str, int | None]:
    """Return how long the last pushes took from the change of stock, in milliseconds."""
    query = (
        sa.select(Push.milliseconds)
        .where(Push.company_id == company_id, Push.milliseconds.is_not(None))
        .order_by(Push.sent_at.desc())
        .limit(limit)
    )
    taken = sorted(each or 0 for each in session.scalars(query))
    if not taken:
        return {"pushes": 0, "p50": None, "p95": None, "longest": None}
    return {
        "pushes": len(taken),
        "p50": taken[(len(taken) - 1) // 2],
        "p95": taken[(len(taken) - 1) * 95 // 100],
        "longest": taken[-1],
    }


def note_seen(
    session: Session, company_id: int, account: tuple[str, str], seen: Mapping[str, int]
) -> list[Target]:
    """Keep what a platform says it shows, and return the targets that drifted from what was sent.

    A target with a push still under way is not judged: the platform may not have it yet.
    """
    query = sa.select(Target).where(
        Target.company_id == company_id,
        Target.platform == account[0],
        Target.account == account[1],
        any_of(session, _name_column(), sorted(seen)),
    )
    drifted = []
    for target in session.scalars(query.with_for_update()):
        target.seen = seen[name_of(target.seller_sku, target.location)]
        target.seen_at = clock.now()
        if target.sent_version == target.version and target.seen != target.desired:
            drifted.append(target)
        elif target.seen == target.desired:
            target.confirmed, target.confirmed_at = target.seen, target.seen_at
    session.flush()
    return drifted
