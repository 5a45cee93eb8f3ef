"""Jobs run in child processes: how they end, and what a broken one can do."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core import clock
from core.kernel import faults
from core.kernel import lifecycle
from core.kernel.companies import create_company
from core.kernel.connection_states import note_success
from core.kernel.connections import connection_by_id
from core.kernel.connections import create_connection
from core.kernel.job_models import Job
from core.kernel.jobs import claiming
from core.kernel.jobs import enqueue
from core.kernel.jobs.ending import Kind
from core.kernel.jobs.ending import Outcome
from core.kernel.jobs.ending import conclude
from core.kernel.jobs.enqueueing import announce_again
from core.kernel.jobs.managing import cancel
from core.kernel.jobs.managing import find_job
from core.kernel.kernel import Kernel
from tests.kernel.jobs.working import effects
from tests.kernel.jobs.working import ended
from tests.kernel.jobs.working import eventually
from tests.kernel.jobs.working import get
from tests.kernel.jobs.working import put
from tests.kernel.jobs.working import times
from tests.kernel.jobs.working import working


def hurry(kernel: Kernel, job: int) -> None:
    """Let a job that waits for its next attempt be due now."""
    with kernel.db.write() as session:
        waits = sa.update(Job).where(Job.id == job, Job.state == "waiting").values(due_at=None)
        if session.scalars(waits.returning(Job.id)).all():
            announce_again(session, [(job, 0, None)])


def test_jobs_run_and_their_results_and_failures_are_kept(kernel: Kernel) -> None:
    effects(kernel, 1)
    answered, counted = put(kernel, "answer", order=7), put(kernel, "effect", key=1)
    failing, leaving = put(kernel, "fail", what="stock"), put(kernel, "leave")
    hanging, throttled = put(kernel, "hang"), put(kernel, "throttled")

    with working(kernel, 2):
        good, once, hung = ended(kernel, answered, counted, hanging)
        assert eventually(lambda: get(kernel, throttled).error)
        for _ in range(2):
            assert eventually(
                lambda: get(kernel, failing).state == "waiting" and get(kernel, failing).error
            )
            before = get(kernel, failing).attempts
            hurry(kernel, failing)
            assert eventually(lambda n=before: get(kernel, failing).attempts > n)
        (dead,) = ended(kernel, failing)

    assert (good.state, good.result, good.attempts) == ("done", {"attempt": 1, "order": 7}, 1)
    assert (once.state, times(kernel)) == ("done", {1: 1})
    assert hung.state == "dead"
    assert "longer" in (hung.error or "")
    assert (dead.state, dead.attempts, dead.reason) == ("dead", 3, "It failed 3 times.")
    assert "no luck with stock" in (dead.error or "")
    assert "jobs.py" in (dead.traceback or "")
    left = get(kernel, leaving)
    assert "SystemExit" in (left.error or "")
    rested = get(kernel, throttled)
    assert (rested.state, rested.attempts) == ("waiting", 0)
    assert rested.due_at is not None
    assert rested.due_at > clock.now() + timedelta(seconds=60)
    with kernel.db.read() as session:
        places = {fault.place for fault in faults.recorded(session, "workshop")}
    assert places == {"job:fail", "job:hang", "job:leave"}


def test_a_poison_job_dies_and_does_not_block_the_queue(kernel: Kernel) -> None:
    poison = put(kernel, "poison")
    behind = put(kernel, "answer")
    with kernel.db.write() as session:
        session.execute(sa.update(Job).where(Job.id == poison).values(losses=3))

    with working(kernel):
        assert ended(kernel, behind)[0].state == "done"
        assert get(kernel, poison).losses == 4
        hurry(kernel, poison)
        (dead,) = ended(kernel, poison)

    assert (dead.state, dead.losses) == ("dead", 5)
    assert "without a word 5 times" in (dead.reason or "")
    assert "SIGKILL" in (dead.error or "")


def test_a_running_job_is_cancelled_politely_and_then_by_force(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.kernel.jobs.pool.STOP_SECONDS", 1.0)
    polite, stubborn = put(kernel, "polite"), put(kernel, "stubborn")

    with working(kernel, 2):
        assert eventually(lambda: get(kernel, polite).progress_done)
        assert eventually(lambda: get(kernel, stubborn).state == "running")
        with kernel.db.write() as session:
            session.execute(sa.update(Job).values(cancel_asked=True))
        first, second = ended(kernel, polite, stubborn)

    assert (first.state, first.result) == ("cancelled", None)
    assert (first.progress_total, first.progress_text) == (1000, "at it")
    assert second.state == "cancelled"


@pytest.mark.parametrize("kind", ["failed", "lost", "released", "rate_limited"])
def test_what_was_cancelled_does_not_run_again(kernel: Kernel, kind: Kind) -> None:
    """Its process may fail, or die, before it hears of it."""
    job = put(kernel, "answer")
    with kernel.db.write() as session:
        session.execute(sa.update(Job).where(Job.id == job).values(state="running", attempts=1))
        cancel(session, job)

    with kernel.db.write() as session:
        assert conclude(session, job, 0, Outcome(kind, error="no"))

    assert get(kernel, job).state == "cancelled"


def test_of_jobs_with_one_lock_one_runs_at_a_time(kernel: Kernel) -> None:
    jobs = [put(kernel, "locked") for _ in range(4)]

    with working(kernel, 2):
        runs = sorted((job.result["began"], job.result["ended"]) for job in ended(kernel, *jobs))

    assert all(later[0] >= earlier[1] for earlier, later in zip(runs, runs[1:], strict=False))


def test_jobs_of_a_disabled_addon_wait(kernel: Kernel) -> None:
    lifecycle.disable(kernel, "workshop")
    job = put(kernel, "answer")

    with working(kernel):
        assert not eventually(lambda: get(kernel, job).state != "waiting", 3)
        lifecycle.enable(kernel, "workshop")
        (done,) = ended(kernel, job)

    assert (done.state, done.attempts) == ("done", 1)


def test_a_retried_job_gives_way_to_another_of_the_same(kernel: Kernel) -> None:
    with kernel.db.write() as session:
        first = enqueue(session, "workshop.fail", {}, unique="same")
        assert first
        session.execute(
            sa.update(Job).where(Job.id == first).values(state="running", token=1, attempts=1)
        )
        second = enqueue(session, "workshop.fail", {}, unique="same")
    with kernel.db.write() as session:
        assert conclude(session, first, 1, Outcome("failed", error="no"))

    assert get(kernel, first).state == "cancelled"
    assert second
    assert get(kernel, second).state == "waiting"


def test_jobs_of_a_refused_connection_wait_for_a_person(kernel: Kernel) -> None:
    with kernel.db.write() as session:
        shop = create_company(session, "Shop", country="GB", currency="GBP", timezone="UTC")
        connection = create_connection(session, "workshop", "Main", {}, company_id=shop.id)
        refused = enqueue(session, "workshop.refused", {}, connection_id=connection.id)
        behind = enqueue(
            session,
            "workshop.answer",
            {},
            connection_id=connection.id,
            run_at=clock.now() + timedelta(hours=1),
        )
        other = enqueue(session, "workshop.answer", {})
    assert refused
    assert behind
    assert other

    with working(kernel):
        ended(kernel, other)
        assert eventually(lambda: get(kernel, refused).error)
        hurry(kernel, behind)
        assert not eventually(lambda: get(kernel, behind).state != "waiting", 3)
        with kernel.db.read() as session:
            shown = find_job(session, behind)
            stopped = connection_by_id(session, connection.id, company_id=shop.id)
        assert get(kernel, refused).attempts == 0
        with kernel.db.write() as session:
            # It would be refused again, and its connection be stopped again.
            cancel(session, refused)
            note_success(session, stopped)
        (done,) = ended(kernel, behind)

    assert stopped.state == "needs_credentials"
    assert (shown.state, shown.reason) == ("held", "The connection Main is needs_credentials.")
    assert (done.state, done.company_id) == ("done", shop.id)


def test_a_failed_job_waits_by_the_clock_of_the_database(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kernel.db.dialect == "sqlite":
        pytest.skip("its clock is ours")
    job = put(kernel, "answer")
    with kernel.db.write() as session:
        claim = claiming.claim(session, job, "one", kernel.enabled)
        assert claim is not None

    slow = clock.now() - timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: slow)
    with kernel.db.write() as session:
        assert conclude(session, job, claim.token, Outcome("failed", error="no luck"))
    monkeypatch.undo()

    due_at = get(kernel, job).due_at
    assert due_at is not None
    assert due_at > clock.now()
