"""Putting jobs into the queue: with the caller's commit, and only then."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core import clock
from core.errors import InputError
from core.errors import NotFound
from core.kernel import lifecycle
from core.kernel import removal
from core.kernel.job_models import Job
from core.kernel.jobs import enqueue
from core.kernel.jobs import enqueue_many
from core.kernel.jobs.enqueueing import announce_again
from core.kernel.kernel import Kernel


@pytest.fixture
def postgres_kernel(kernel: Kernel) -> Kernel:
    """Give a kernel on PostgreSQL, where tickets have an order of their own."""
    if kernel.db.dialect == "sqlite":
        pytest.skip("workers on SQLite look for jobs themselves")
    return kernel


def waiting(kernel: Kernel) -> list[int]:
    """Return the jobs that wait, and see that on PostgreSQL each has one ticket."""
    with kernel.db.read() as session:
        ids = list(session.scalars(sa.select(Job.id).order_by(Job.id)))
        if kernel.db.dialect == "postgresql":
            tickets = "SELECT CAST(args->>'job' AS bigint) FROM procrastinate_jobs ORDER BY 1"
            assert list(session.scalars(sa.text(tickets))) == ids
    return ids


def test_a_job_is_there_with_the_commit(kernel: Kernel) -> None:
    with kernel.db.write() as session:
        job = enqueue(session, "workshop.answer", {"order": 1})

    assert waiting(kernel) == [job]


def test_a_rollback_leaves_no_job(kernel: Kernel) -> None:
    def fail_late() -> None:
        with kernel.db.write() as session:
            enqueue(session, "workshop.answer", {})
            enqueue_many(session, "workshop.answer", [{}, {}])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_late()

    assert waiting(kernel) == []


def test_a_savepoint_undone_leaves_no_job(kernel: Kernel) -> None:
    with kernel.db.write() as session:
        kept = enqueue(session, "workshop.answer", {})
        savepoint = session.begin_nested()
        enqueue(session, "workshop.answer", {})
        savepoint.rollback()

    assert waiting(kernel) == [kept]


def test_a_second_one_of_the_same_is_not_taken_while_the_first_waits(kernel: Kernel) -> None:
    with kernel.db.write() as session:
        first = enqueue(session, "workshop.answer", {}, unique="order:1")
        assert enqueue(session, "workshop.answer", {}, unique="order:1") is None
        other = enqueue(session, "workshop.answer", {}, unique="order:2")
        # Another task's key of the same text is another key.
        another = enqueue(session, "workshop.fail", {}, unique="order:1")
    assert waiting(kernel) == [first, other, another]

    with kernel.db.write() as session:
        session.execute(sa.update(Job).where(Job.id == first).values(state="running"))
        assert enqueue(session, "workshop.answer", {}, unique="order:1") is not None


def test_unique_while_running_waits_for_the_end(kernel: Kernel) -> None:
    with kernel.db.write() as session:
        first = enqueue(session, "workshop.poll", {}, unique="1")
        session.execute(sa.update(Job).where(Job.id == first).values(state="running"))
        assert enqueue(session, "workshop.poll", {}, unique="1") is None
        session.execute(sa.update(Job).where(Job.id == first).values(state="done"))
        assert enqueue(session, "workshop.poll", {}, unique="1") is not None


def test_a_job_may_be_due_later(kernel: Kernel) -> None:
    due = clock.now() + timedelta(hours=1)
    with kernel.db.write() as session:
        job = enqueue(session, "workshop.answer", {}, run_at=due)

    with kernel.db.read() as session:
        assert session.get_one(Job, job).due_at == due


@pytest.mark.parametrize("args", [{"what": object()}, {"data": "x" * 70_000}])
def test_args_are_a_small_document(kernel: Kernel, args: dict[str, object]) -> None:
    with kernel.db.write() as session, pytest.raises(InputError, match=r"workshop\.answer"):
        enqueue(session, "workshop.answer", args)


def test_an_unknown_task_is_refused(kernel: Kernel) -> None:
    with kernel.db.write() as session, pytest.raises(NotFound, match=r"workshop\.absent"):
        enqueue(session, "workshop.absent", {})


def test_many_at_once(kernel: Kernel) -> None:
    with kernel.db.write() as session:
        ids = enqueue_many(session, "workshop.effect", [{"key": n} for n in range(2500)])

    assert waiting(kernel) == sorted(ids)
    assert len(ids) == 2500


def test_a_job_that_runs_again_goes_before_younger_ones(postgres_kernel: Kernel) -> None:
    with postgres_kernel.db.write() as session:
        first, second = enqueue_many(session, "workshop.answer", [{}, {}])
        urgent = enqueue(session, "workshop.urgent", {})
        announce_again(session, [(second, 0, None)])

    with postgres_kernel.db.read() as session:
        order = "SELECT CAST(args->>'job' AS bigint) FROM procrastinate_jobs"
        served = list(session.scalars(sa.text(f"{order} ORDER BY priority DESC, id")))
    assert served == [urgent, second, first]


def test_a_purged_addon_leaves_no_job(kernel: Kernel) -> None:
    with kernel.db.write() as session:
        enqueue(session, "workshop.answer", {})
        theirs = enqueue(session, "http.purge", {})
    lifecycle.disable(kernel, "workshop")
    removal.uninstall(kernel, "workshop")
    removal.purge(kernel, "workshop")

    with kernel.db.read() as session:
        assert list(session.scalars(sa.select(Job.id))) == [theirs]
