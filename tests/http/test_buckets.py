"""Rates that several processes keep together."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.config import Config
from core.errors import RateLimited
from core.http import buckets
from core.http.calls import Operation
from core.http.calls import Rate
from core.http.models import Bucket
from core.kernel.connections import connection_by_id
from core.kernel.kernel import Kernel
from tests.http.conftest import ADDONS
from tests.http.conftest import connect_vendor
from tests.kernel.platforms import make_company

PROCESSES = 4
RATE = Rate(per_second=40, burst=5)
ASK = Operation("ask", "GET", "/", rate=RATE)
SECONDS = 1.5


def ask_for_a_while(url: str, folder: str, company_id: int, connection_id: int, pipe) -> None:
    """Take turns until the time is over, and send the moments of the requests."""
    kernel = Kernel.boot(Config(Path(folder), url, (ADDONS,)))
    with kernel.db.read() as session:
        connection = connection_by_id(session, connection_id, company_id=company_id)
    pipe.send("ready")
    pipe.recv()
    moments = []
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        wait = buckets.take_turn(kernel.db, connection, ASK, patience=60)
        time.sleep(wait)
        moments.append(time.monotonic())
    pipe.send(moments)
    kernel.db.dispose()


def test_four_processes_together_stay_within_the_rate(
    vendor: Callable[..., Kernel], database_url: str, tmp_path: Path
) -> None:
    kernel = vendor()
    connection = connect_vendor(kernel, make_company(kernel))
    kernel.db.dispose()
    context = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for _ in range(PROCESSES):
        ours, theirs = context.Pipe()
        arguments = (database_url, str(tmp_path), connection.company_id, connection.id, theirs)
        processes.append(context.Process(target=ask_for_a_while, args=arguments))
        processes[-1].start()
        pipes.append(ours)

    for pipe in pipes:
        assert pipe.recv() == "ready"
    began = time.monotonic()
    for pipe in pipes:
        pipe.send("go")
    by_process = [pipe.recv() for pipe in pipes]
    for process in processes:
        process.join(60)

    moments = sorted(moment for each in by_process for moment in each)
    assert all(len(each) > 3 for each in by_process)
    assert len(moments) > 0.7 * RATE.per_second * SECONDS
    # No turn lies before the start, and none comes early: so the n-th request may not leave before
    # the rate allows n of them. A request that leaves late tells nothing of the next one.
    for place, moment in enumerate(moments):
        turn = began + max(0, place - RATE.burst + 1) / RATE.per_second
        assert moment >= turn - 0.001, place


def test_a_turn_too_far_off_is_not_taken(vendor: Callable[..., Kernel]) -> None:
    kernel = vendor()
    connection = connect_vendor(kernel, make_company(kernel))
    slow = Operation("slow", "GET", "/", rate=Rate(per_second=0.1, burst=2))

    waits = [buckets.take_turn(kernel.db, connection, slow, patience=15) for _ in range(3)]
    for _ in range(3):
        with pytest.raises(RateLimited) as told:
            buckets.take_turn(kernel.db, connection, slow, patience=15)

    assert waits[:2] == [0, 0]
    assert 9 < waits[2] <= 10
    assert 19 < told.value.retry_after <= 20


def test_accounts_and_operations_have_rates_of_their_own(vendor: Callable[..., Kernel]) -> None:
    kernel = vendor()
    company = make_company(kernel)
    first, second = (connect_vendor(kernel, company, label) for label in ("A", "B"))
    one, other = (Operation(n, "GET", "/", rate=Rate(0.01)) for n in ("one", "other"))

    assert buckets.take_turn(kernel.db, first, one, patience=0) == 0
    assert buckets.take_turn(kernel.db, first, other, patience=0) == 0
    assert buckets.take_turn(kernel.db, second, one, patience=0) == 0
    with pytest.raises(RateLimited):
        buckets.take_turn(kernel.db, first, one, patience=0)


def test_a_rate_declared_anew_holds_unless_the_platform_told_one(
    vendor: Callable[..., Kernel],
) -> None:
    kernel = vendor()
    connection = connect_vendor(kernel, make_company(kernel))

    def turn(per_second: float) -> int:
        operation = Operation("ask", "GET", "/", rate=Rate(per_second, burst=9))
        buckets.take_turn(kernel.db, connection, operation, patience=60)
        with kernel.db.read() as session:
            return session.scalars(sa.select(Bucket.interval_us)).one()

    assert (turn(2), turn(4)) == (500_000, 250_000)
    buckets.learn_rate(kernel.db, connection, ASK, 8)
    assert turn(2) == 125_000


def test_an_idle_bucket_gives_no_more_than_its_burst(vendor: Callable[..., Kernel]) -> None:
    kernel = vendor()
    connection = connect_vendor(kernel, make_company(kernel))
    operation = Operation("ask", "GET", "/", rate=Rate(0.5, burst=3))

    waits = [buckets.take_turn(kernel.db, connection, operation, patience=60) for _ in range(5)]

    assert waits[:3] == [0, 0, 0]
    assert 1.5 < waits[3] <= 2
    assert 3.5 < waits[4] <= 4


@pytest.mark.parametrize(("per_second", "burst"), [(0, 1), (-1, 1), (2e6, 1), (1, 0)])
def test_a_rate_must_make_sense(per_second: float, burst: int) -> None:
    with pytest.raises(ValueError, match="a rate is more than 0"):
        Rate(per_second, burst)


def test_an_interval_is_rounded_up() -> None:
    assert Rate(3).interval_us == 333_334
    assert Rate(0.0167).interval_us == 59_880_240


def test_a_faster_rate_that_is_told_holds_at_once(vendor: Callable[..., Kernel]) -> None:
    kernel = vendor()
    connection = connect_vendor(kernel, make_company(kernel))
    slow = Operation("slow", "GET", "/slow", Rate(0.001, 3))
    for _ in range(3):
        assert buckets.take_turn(kernel.db, connection, slow, patience=1) == 0
    with pytest.raises(RateLimited):
        buckets.take_turn(kernel.db, connection, slow, patience=1)

    buckets.learn_rate(kernel.db, connection, slow, 10.0)

    assert 0 < buckets.take_turn(kernel.db, connection, slow, patience=1) <= 0.1
