"""Leases: one holder at a time, and a former holder's writes are refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from core import clock
from core.db import Database
from core.errors import Conflict
from core.errors import LeaseLost
from core.kernel import leases
from core.kernel.models import Lease


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.dispose()


def run_out(db: Database, name: str) -> None:
    """Let a lease's time be up, as the database sees it."""
    with db.write() as session:
        session.execute(
            sa.update(Lease)
            .where(Lease.name == name)
            .values(expires_at=clock.now() - timedelta(seconds=1))
        )


def test_a_right_has_one_holder_until_he_lets_go(db: Database) -> None:
    assert leases.take(db, "tokens", "one", 30)
    assert leases.take(db, "tokens", "one", 30)
    assert not leases.take(db, "tokens", "two", 30)

    leases.release(db, "tokens", "two")
    assert not leases.take(db, "tokens", "two", 30)
    leases.release(db, "tokens", "one")
    assert leases.take(db, "tokens", "two", 30)


def test_the_write_of_a_former_holder_is_refused(db: Database) -> None:
    with leases.held(db, "tokens", 30) as zombie:
        run_out(db, "tokens")
        with leases.held(db, "tokens", 30) as heir:
            with pytest.raises(LeaseLost), db.write() as session:
                zombie.require(session)
            with pytest.raises(LeaseLost):
                zombie.renew()
            with db.write() as session:
                heir.require(session)
            heir.renew()

    assert heir.token > zombie.token


def test_the_token_rises_even_for_the_same_holder_once_his_time_was_up(db: Database) -> None:
    with leases.held(db, "tokens", 30, holder="one") as before:
        run_out(db, "tokens")
        with leases.held(db, "tokens", 30, holder="one") as after:
            assert after.token == before.token + 1
            with pytest.raises(LeaseLost), db.write() as session:
                before.require(session)


def test_held_says_who_is_at_work_or_waits(db: Database) -> None:
    assert leases.take(db, "tokens", "one", 30)
    with pytest.raises(Conflict, match="tokens"), leases.held(db, "tokens", 30):
        pass

    timer = threading.Timer(0.3, leases.release, (db, "tokens", "one"))
    timer.start()
    with leases.held(db, "tokens", 30, wait=10):
        assert not leases.take(db, "tokens", "one", 30)
    timer.join(60)


def test_a_clock_set_back_frees_what_was_taken_later_than_now(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    start = clock.now()
    with time_machine.travel(start, tick=False):
        assert leases.take(db, "tokens", "one", 30)
    with time_machine.travel(start - timedelta(hours=24), tick=False):
        assert leases.take(db, "tokens", "two", 30)
    db.dispose()


def test_of_many_takers_one_wins(db: Database) -> None:
    won: list[str] = []

    def compete(holder: str) -> None:
        if leases.take(db, "tokens", holder, 30):
            won.append(holder)

    threads = [threading.Thread(target=compete, args=(f"holder {n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(won) == 1
