"""Effects from the transaction that decides them to the platform."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from core import clock
from core.errors import AuthFailed
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.errors import OutcomeUnknown
from core.errors import RateLimited
from core.errors import RequestRefused
from core.errors import Unavailable
from core.kernel import connection_states
from core.kernel.connections import connection_by_id
from core.kernel.jobs import JobContext
from core.kernel.leases import held
from core.outbox.declaring import OutboxItem
from core.outbox.jobs import send
from core.outbox.jobs import sweep
from core.outbox.putting import backlog
from core.outbox.putting import confirm
from core.outbox.putting import put
from core.outbox.putting import send_again
from tests.outbox.conftest import Outbox


def raising(error: Exception, times: int = 1):
    left = [times]

    def act(_item: OutboxItem) -> None:
        if left[0]:
            left[0] -= 1
            raise error

    return act


def test_an_effect_is_sent_with_a_key_that_never_changes(outbox: Outbox) -> None:
    outbox.put("stock.push", "SKU-1", 1, quantity=7)

    done = outbox.send()

    ((operation, target, version, key),) = outbox.platform.lines()
    (row,) = outbox.rows()
    assert (operation, target, version) == ("stock.push", "SKU-1", "1")
    assert (row.state, row.vendor_ref, row.idempotency_key) == ("sent", "V-1", key)
    assert (done.sent, done.failed, done.next_in) == (1, 0, None)
    assert outbox.send().sent == 0


def test_a_transaction_that_is_undone_sends_nothing(outbox: Outbox) -> None:
    with suppress(ZeroDivisionError), outbox.kernel.db.write() as session:
        put(session, outbox.connection, "stock.push", "SKU-1", {}, 1)
        raise ZeroDivisionError

    assert outbox.send().sent == 0
    assert outbox.rows() == []


def test_the_newest_version_wins(outbox: Outbox) -> None:
    made = [outbox.put("stock.push", "SKU-1", version) for version in (1, 3, 2, 3)]
    other = outbox.put("stock.push", "SKU-2", 1)

    outbox.send()

    assert made[2:] == [None, None]
    assert other is not None
    assert outbox.states() == ["superseded", "sent", "sent"]
    assert [line[1:3] for line in outbox.platform.lines()] == [["SKU-1", "3"], ["SKU-2", "1"]]


def test_a_version_that_comes_while_an_older_one_is_on_its_way_is_sent_after_it(
    outbox: Outbox,
) -> None:
    outbox.put("stock.push", "SKU-1", 1)
    outbox.platform.after = lambda item: (
        outbox.put("stock.push", "SKU-1", 2) if item.version == 1 else None
    )

    outbox.send()

    assert outbox.states() == ["sent", "sent"]
    assert [line[2] for line in outbox.platform.lines()] == ["1", "2"]


def test_a_late_older_version_is_not_sent_after_a_newer_one(outbox: Outbox) -> None:
    """Two transactions at once may each not see the other one's version."""
    outbox.put("stock.push", "SKU-1", 2)
    outbox.send()
    outbox.change(
        "INSERT INTO outbox_effect SELECT connection_id, operation, target, 1, 'k', payload,"
        " 'waiting', 0, due_at, created_at, NULL, NULL, '', '', company_id, id + 1000000"
        " FROM outbox_effect"
    )

    outbox.send()

    assert outbox.states() == ["sent", "superseded"]


@pytest.mark.parametrize(
    ("error", "state", "attempts"),
    [
        (Unavailable("down"), "waiting", 1),
        (AuthFailed("no"), "waiting", 1),
        (RateLimited("slow", retry_after=90), "waiting", 0),
        (RequestRefused("never", status=422), "failed", 1),
        (OutcomeUnknown("cut"), "unknown", 1),
        (ZeroDivisionError(), "unknown", 1),
    ],
)
def test_each_failure_leads_to_its_state(
    outbox: Outbox, error: Exception, state: str, attempts: int
) -> None:
    outbox.put("label.buy", "P-1", 1)
    outbox.platform.before = raising(error)

    done = outbox.send()

    (row,) = outbox.rows()
    assert (row.state, row.attempts, done.failed) == (state, attempts, 1)
    assert row.due_at > clock.now() + timedelta(seconds=20)
    assert outbox.send().sent == 0


@pytest.mark.parametrize(
    ("operation", "looked", "states"),
    [
        ("stock.push", [], ["superseded", "sent"]),
        ("label.buy", ["P-1"], ["superseded", "sent"]),
        ("mail.send", [], ["unknown", "sent"]),
    ],
)
def test_an_older_version_of_unknown_outcome_is_not_sent_after_a_newer_one(
    outbox: Outbox, operation: str, looked: list[str], states: list[str]
) -> None:
    outbox.put(operation, "P-1", 1)
    outbox.platform.before = raising(OutcomeUnknown("cut"))
    outbox.send()
    outbox.put(operation, "P-1", 2)
    outbox.send()
    outbox.change("UPDATE outbox_effect SET due_at = created_at")

    outbox.send()

    assert [line[2] for line in outbox.platform.lines()] == ["2"]
    assert outbox.platform.looked == looked
    assert outbox.states() == states


def test_after_refused_credentials_nothing_else_is_tried(outbox: Outbox) -> None:
    for number in range(3):
        outbox.put("stock.push", f"SKU-{number}", 1)
    outbox.platform.before = raising(AuthFailed("The token is old."), times=9)

    done = outbox.send()

    assert (done.failed, done.next_in) == (1, None)
    assert [row.attempts for row in outbox.rows()] == [1, 0, 0]


def test_refused_credentials_are_told_by_the_connection(outbox: Outbox) -> None:
    outbox.put("stock.push", "SKU-1", 1)
    outbox.platform.before = raising(AuthFailed("The token is old."))

    outbox.send()

    with outbox.kernel.db.read() as session:
        now = connection_by_id(
            session, outbox.connection.id, company_id=outbox.connection.company_id
        )
    assert now.state == "needs_credentials"


@pytest.mark.parametrize(
    ("operation", "done", "looked", "state", "lines"),
    [
        ("label.buy", True, ["P-1"], "confirmed", 1),
        ("label.buy", False, ["P-1"], "sent", 1),
        ("stock.push", True, [], "sent", 2),
        ("stock.push", False, [], "sent", 1),
        ("mail.send", True, [], "unknown", 1),
        ("mail.send", False, [], "unknown", 0),
    ],
)
def test_an_unknown_outcome_is_looked_at_before_it_is_sent_again(
    outbox: Outbox, operation: str, done: bool, looked: list[str], state: str, lines: int
) -> None:
    outbox.put(operation, "P-1", 1)
    failing = raising(OutcomeUnknown("cut"))
    if done:
        outbox.platform.after = failing
    else:
        outbox.platform.before = failing
    outbox.send()
    outbox.change("UPDATE outbox_effect SET due_at = created_at")

    outbox.send()

    (row,) = outbox.rows()
    assert outbox.platform.looked == looked
    assert (row.state, len(outbox.platform.lines())) == (state, lines)


def test_a_person_may_send_again_what_nobody_can_look_at(outbox: Outbox) -> None:
    made = outbox.put("mail.send", "M-1", 1)
    outbox.platform.after = raising(OutcomeUnknown("cut"))
    outbox.send()

    with outbox.kernel.db.write() as session:
        assert backlog(session, outbox.connection) == {"unknown": 1}
        send_again(session, outbox.connection, made)
        with pytest.raises(NotFound):
            send_again(session, outbox.connection, made)
    outbox.send()

    assert outbox.states() == ["sent"]


def test_what_was_left_half_way_is_looked_at(outbox: Outbox) -> None:
    outbox.put("label.buy", "P-1", 1)
    outbox.send()
    outbox.change("UPDATE outbox_effect SET state = 'sending'")

    outbox.send()

    assert outbox.states() == ["confirmed"]
    assert len(outbox.platform.lines()) == 1


def test_it_gives_up_after_a_number_of_attempts(outbox: Outbox) -> None:
    outbox.put("stock.push", "SKU-1", 1)
    outbox.platform.before = raising(Unavailable("down"), times=99)

    for _ in range(12):
        outbox.change("UPDATE outbox_effect SET due_at = created_at")
        outbox.send()

    (row,) = outbox.rows()
    assert (row.state, row.attempts, row.last_error) == ("failed", 8, "down")


def test_a_paused_connection_sends_nothing(outbox: Outbox) -> None:
    outbox.put("stock.push", "SKU-1", 1)
    with outbox.kernel.db.write() as session:
        paused = connection_states.pause(session, outbox.connection)

    first = outbox.send()
    with outbox.kernel.db.write() as session:
        connection_states.resume(session, paused)

    assert (first.sent, first.next_in) == (0, None)
    assert outbox.send().sent == 1


def test_an_operation_that_nobody_sends_is_said(outbox: Outbox) -> None:
    outbox.put("price.push", "SKU-1", 1)

    outbox.send()

    (row,) = outbox.rows()
    assert (row.state, row.last_error.split(".")[0]) == ("failed", "vendor sends no price")


def test_one_sender_at_a_time(outbox: Outbox) -> None:
    name = f"outbox:{outbox.connection.id}"

    with held(outbox.kernel.db, name, 60), pytest.raises(Conflict):
        outbox.send()


def test_sent_effects_are_confirmed_by_what_is_read_back(outbox: Outbox) -> None:
    made = [outbox.put("stock.push", f"SKU-{n}", 1) for n in range(2)]
    outbox.send()

    with outbox.kernel.db.write() as session:
        confirm(session, outbox.connection, [each for each in made[:1] if each])

    assert outbox.states() == ["confirmed", "sent"]


@pytest.mark.parametrize(
    ("operation", "target", "version"), [("", "x", 1), ("x", "", 1), ("x", "y", -1)]
)
def test_an_effect_must_make_sense(
    outbox: Outbox, operation: str, target: str, version: int
) -> None:
    with pytest.raises(InputError):
        outbox.put(operation, target, version)


def job_of(outbox: Outbox, task: str) -> JobContext:
    return JobContext(
        outbox.kernel,
        1,
        task,
        {},
        company_id=outbox.connection.company_id,
        connection_id=outbox.connection.id,
    )


def jobs(outbox: Outbox) -> list[tuple[str, bool]]:
    import sqlalchemy as sa

    from core.kernel.job_models import Job

    with outbox.kernel.db.read() as session:
        rows = session.scalars(sa.select(Job).order_by(Job.id)).all()
    return [(row.task, row.due_at is not None) for row in rows]


def test_putting_enqueues_one_job_and_what_failed_another_one(outbox: Outbox) -> None:
    outbox.put("stock.push", "SKU-1", 1)
    outbox.put("stock.push", "SKU-2", 1)
    assert jobs(outbox) == [("outbox.send", False)]
    outbox.platform.before = raising(Unavailable("down"))

    result = send(job_of(outbox, "outbox.send"))

    assert result == {"sent": 1, "failed": 1}
    assert jobs(outbox) == [("outbox.send", False), ("outbox.send", True)]


def test_the_sweep_finds_what_was_forgotten(outbox: Outbox) -> None:
    outbox.put("stock.push", "SKU-1", 1)
    outbox.change("DELETE FROM kernel_job")

    assert sweep(job_of(outbox, "outbox.sweep")) == 0
    outbox.change("UPDATE outbox_effect SET due_at = '2020-01-01 00:00:00+00:00'")
    assert sweep(job_of(outbox, "outbox.sweep")) == 1
    assert jobs(outbox) == [("outbox.send", False)]
