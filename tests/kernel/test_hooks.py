"""The error policy of each kind of hook."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import event
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db import Database
from core.errors import AddonFailed
from core.errors import AmbiguousHook
from core.errors import Unresolved
from core.errors import Veto
from core.kernel import hooks
from core.kernel import lifecycle
from core.kernel import quarantine
from core.kernel import states
from core.kernel.context import current_addon
from core.kernel.faults import recorded
from core.kernel.kernel import Kernel

Run = Callable[..., Kernel]


def write_note(session: Session, note: str) -> None:
    session.execute(text("INSERT INTO alpha__note VALUES (:note)"), {"note": note})


def notes(kernel: Kernel) -> list[str]:
    with kernel.db.read() as session:
        return list(session.execute(text("SELECT text FROM alpha__note ORDER BY text")).scalars())


def fails(*_: object) -> None:
    raise ValueError("broken on purpose")


def exits(*_: object) -> None:
    sys.exit(3)


def test_observe_tells_every_enabled_addon_dependencies_first(running: Run) -> None:
    kernel = running("alpha", "beta")
    order: list[str | None] = []
    for name in ("alpha", "beta"):
        kernel.addon(name).act = lambda _session: order.append(current_addon())

    with kernel.db.write() as session:
        hooks.observe(session, "orders_imported", orders=[1, 2], connection=None)

    assert order == ["alpha", "beta"]
    assert kernel.addon("beta").told[-1] == ("orders_imported", [1, 2])
    assert current_addon() is None


@pytest.mark.parametrize("failure", [fails, exits])
def test_observe_undoes_only_the_failing_addon(running: Run, failure: Callable[..., None]) -> None:
    kernel = running("alpha", "beta")

    def write_and_fail(session: Session) -> None:
        write_note(session, "of alpha")
        failure()

    kernel.addon("alpha").act = write_and_fail
    kernel.addon("beta").act = lambda session: write_note(session, "of beta")

    with kernel.db.write() as session:
        write_note(session, "of the core, before")
        hooks.observe(session, "orders_imported", orders=[], connection=None)
        write_note(session, "of the core, after")

    assert notes(kernel) == ["of beta", "of the core, after", "of the core, before"]


def test_observe_survives_an_error_of_the_database(running: Run) -> None:
    kernel = running("alpha")
    kernel.addon("alpha").act = lambda session: write_note(session, "twice")

    with kernel.db.write() as session:
        write_note(session, "twice")
        hooks.observe(session, "orders_imported", orders=[], connection=None)
        write_note(session, "afterwards")

    assert notes(kernel) == ["afterwards", "twice"]


def test_a_fault_outlives_the_rollback_of_the_caller(running: Run) -> None:
    kernel = running("alpha")
    kernel.addon("alpha").act = fails

    def import_and_stop() -> None:
        with kernel.db.write() as session:
            hooks.observe(session, "orders_imported", orders=[], connection=None)
            raise KeyError("the caller's own error")

    for _ in range(2):
        with pytest.raises(KeyError):
            import_and_stop()

    with kernel.db.read() as session:
        [fault] = recorded(session, "alpha")
        assert (fault.place, fault.error, fault.count) == (
            "hook:orders_imported",
            "ValueError",
            2,
        )
        assert fault.message == "broken on purpose"
        assert fault.first_at < fault.last_at
        assert "in fails" in fault.traceback


def test_a_fault_waits_for_the_outermost_transaction(running: Run) -> None:
    kernel = running("alpha")
    kernel.addon("alpha").act = fails

    with kernel.db.write() as session:
        write_note(session, "holds the only right to write")
        with kernel.db.read() as within:
            hooks.collect(within, "reports")

    with kernel.db.read() as session:
        assert [fault.place for fault in recorded(session)] == ["hook:reports"]


def test_a_fault_does_not_show_the_values_of_a_row(running: Run) -> None:
    kernel = running("alpha")
    kernel.addon("alpha").act = lambda session: session.execute(
        text("INSERT INTO no_such_table VALUES (:email)"), {"email": "jane@example.org"}
    )

    with kernel.db.write() as session:
        hooks.observe(session, "orders_imported", orders=[], connection=None)

    with kernel.db.read() as session:
        [fault] = recorded(session, "alpha")
        assert "no_such_table" in fault.message
        assert "jane" not in fault.message + fault.traceback


@pytest.mark.parametrize("verb", ["commit", "rollback", "close"])
def test_an_addon_cannot_end_the_transaction_of_its_caller(running: Run, verb: str) -> None:
    kernel = running("alpha")
    kernel.addon("alpha").act = lambda session: getattr(session, verb)()

    def act_and_stop() -> None:
        with kernel.db.write() as session:
            write_note(session, "must not stay")
            hooks.observe(session, "orders_imported", orders=[], connection=None)
            raise KeyError("the caller's own error")

    with pytest.raises(KeyError):
        act_and_stop()

    assert notes(kernel) == []
    with kernel.db.read() as session:
        [fault] = recorded(session)
        assert f"may not {verb}" in fault.message


def test_an_addon_cannot_commit_through_the_connection(running: Run) -> None:
    kernel = running("alpha")
    kernel.addon("alpha").act = lambda session: session.connection().commit()

    with kernel.db.write() as session:
        with pytest.raises(AddonFailed, match="may not commit"):
            hooks.check(session, "entries_before_post", entries=[])
        session.rollback()


def test_the_caller_may_commit_after_an_addon_ran(running: Run) -> None:
    kernel = running("alpha")
    kernel.addon("alpha").act = lambda session: session.begin_nested().commit()

    with kernel.db.write() as session:
        hooks.observe(session, "orders_imported", orders=[], connection=None)
        write_note(session, "kept")
        session.commit()

    assert notes(kernel) == ["kept"]


def test_check_passes_a_veto_on_and_names_the_addon(running: Run) -> None:
    kernel = running("alpha")

    def object_to(_session: Session) -> None:
        raise Veto("the period is closed", field="booked_on")

    kernel.addon("alpha").act = object_to

    with (
        kernel.db.write() as session,
        pytest.raises(Veto, match="alpha: the period is closed") as caught,
    ):
        hooks.check(session, "entries_before_post", entries=[])

    assert caught.value.field == "booked_on"


@pytest.mark.parametrize(("failure", "name"), [(fails, "ValueError"), (exits, "SystemExit")])
def test_check_and_resolve_fail_closed(
    running: Run, failure: Callable[..., None], name: str
) -> None:
    kernel = running("alpha")
    kernel.addon("alpha").act = failure

    with kernel.db.write() as session:
        with pytest.raises(AddonFailed, match=f"alpha failed in entries_before_post: {name}"):
            hooks.check(session, "entries_before_post", entries=[])
        with pytest.raises(AddonFailed, match="alpha failed in warehouse_for_orders"):
            hooks.resolve(session, "warehouse_for_orders", orders=[], default={})

    with kernel.db.read() as session:
        assert {fault.place for fault in recorded(session)} == {
            "hook:entries_before_post",
            "hook:warehouse_for_orders",
        }


def test_resolve_takes_the_only_answer(running: Run) -> None:
    kernel = running("alpha", "beta")
    kernel.addon("beta").act = lambda _session: {7: 1}

    with kernel.db.read() as session:
        assert hooks.resolve(session, "warehouse_for_orders", orders=[]) == {7: 1}


def test_resolve_without_an_answer_takes_the_default_or_stops(running: Run) -> None:
    kernel = running("alpha")

    with kernel.db.read() as session:
        assert hooks.resolve(session, "warehouse_for_orders", orders=[], default={}) == {}
        with pytest.raises(Unresolved, match="warehouse_for_orders"):
            hooks.resolve(session, "warehouse_for_orders", orders=[])


def test_resolve_with_two_answers_names_both(running: Run) -> None:
    kernel = running("alpha", "beta")
    for name in ("alpha", "beta"):
        # Two answers are one too many even where they agree.
        kernel.addon(name).act = lambda _session: {7: 1}

    with kernel.db.read() as session, pytest.raises(AmbiguousHook, match="alpha and beta"):
        hooks.resolve(session, "warehouse_for_orders", orders=[])


@pytest.mark.parametrize("failure", [fails, exits])
def test_collect_leaves_out_the_failing_addon(running: Run, failure: Callable[..., None]) -> None:
    kernel = running("alpha", "beta")
    kernel.addon("alpha").act = failure
    kernel.addon("beta").act = lambda: ["one", "two"]

    assert hooks.collect(kernel, "reports") == [("beta", "one"), ("beta", "two")]
    with kernel.db.write() as session:
        assert hooks.collect(session, "reports") == [("beta", "one"), ("beta", "two")]

    with kernel.db.read() as session:
        [fault] = recorded(session)
        assert (fault.addon, fault.count) == ("alpha", 2)


def test_collect_undoes_what_a_failing_addon_wrote(running: Run) -> None:
    kernel = running("alpha", "beta")

    def write_and_fail(session: Session) -> None:
        write_note(session, "of alpha")
        session.execute(text("SELECT nothing FROM nowhere"))

    kernel.addon("alpha").act = write_and_fail
    kernel.addon("beta").act = lambda _session: ["one"]

    with kernel.db.write() as session:
        assert hooks.collect(session, "tax_regimes") == [("beta", "one")]

    assert notes(kernel) == []


def test_a_call_without_an_argument_is_not_the_addons_fault(running: Run) -> None:
    kernel = running("alpha")

    with pytest.raises(TypeError, match="tax_regimes is called without session"):
        hooks.collect(kernel, "tax_regimes")
    with kernel.db.read() as session:
        with pytest.raises(TypeError, match="export_row is called without report"):
            hooks.transform(session, "export_row", {})
        assert recorded(session) == []


def test_collect_leaves_out_an_addon_whose_items_fail_while_they_are_read(running: Run) -> None:
    kernel = running("alpha")

    def items():
        yield "one"
        raise ValueError("no second item")

    kernel.addon("alpha").act = items

    assert hooks.collect(kernel, "reports") == []


@pytest.mark.parametrize("failure", [fails, exits])
def test_transform_passes_the_value_through_and_skips_the_failing_addon(
    running: Run, failure: Callable[..., None]
) -> None:
    kernel = running("alpha", "beta")
    kernel.addon("alpha").act = lambda _session, row: {**row, "a": 1}
    kernel.addon("beta").act = lambda _session, row: {**row, "b": row["a"] + 1}

    with kernel.db.read() as session:
        assert hooks.transform(session, "export_row", {"x": 0}, report="r") == {
            "x": 0,
            "a": 1,
            "b": 2,
        }
        kernel.addon("beta").act = failure
        assert hooks.transform(session, "export_row", {"x": 0}, report="r") == {"x": 0, "a": 1}


def test_a_disabled_addon_takes_no_part(running: Run) -> None:
    kernel = running("alpha")
    lifecycle.disable(kernel, "alpha")
    kernel.addon("alpha").told.clear()

    with kernel.db.write() as session:
        hooks.observe(session, "orders_imported", orders=[], connection=None)
        assert not hooks.wanted(session, "observe", "orders_imported")

    assert kernel.addon("alpha").told == []


def test_without_a_kernel_there_are_no_addons(database_url: str) -> None:
    database = Database(database_url)

    with database.write() as session:
        hooks.observe(session, "orders_imported", orders=[], connection=None)
        hooks.check(session, "entries_before_post", entries=[])
        assert hooks.resolve(session, "warehouse_for_orders", orders=[], default=5) == 5
        assert hooks.collect(session, "reports") == []
        assert hooks.transform(session, "export_row", {"x": 0}, report="r") == {"x": 0}
    database.dispose()


def test_a_hook_is_called_by_its_own_kind_only(running: Run) -> None:
    kernel = running("alpha")

    with kernel.db.read() as session:
        with pytest.raises(TypeError, match="kind check"):
            hooks.observe(session, "entries_before_post", entries=[])
        with pytest.raises(TypeError, match="there is no hook"):
            hooks.observe(session, "orders_imporded", orders=[])


def test_an_answer_of_a_wrong_type_is_the_addons_fault_not_the_cores(running: Run) -> None:
    kernel = running("alpha")
    kernel.addon("alpha").act = lambda *_: 42

    with kernel.db.write() as session:
        with pytest.raises(AddonFailed, match=r"alpha failed in warehouse_for_orders.*Mapping"):
            hooks.resolve(session, "warehouse_for_orders", orders=[])
        assert hooks.transform(session, "export_row", {"x": 0}, report="r") == {"x": 0}

    with kernel.db.read() as session:
        places = {fault.place for fault in recorded(session, "alpha")}
    assert places == {"hook:warehouse_for_orders", "hook:export_row"}


@pytest.mark.parametrize("budget", [0, 0.02, 60])
def test_a_hook_over_its_budget_is_a_fault_and_goes_on(running: Run, budget: float) -> None:
    kernel = running("alpha")
    kernel.config = replace(kernel.config, slow_hook=budget)

    def wait(session: Session) -> None:
        time.sleep(0.05)
        write_note(session, f"of alpha {len(notes_of(session))}")

    kernel.addon("alpha").act = wait
    with kernel.db.write() as session:
        for _ in range(quarantine.FAULTS + 1 if budget == 0.02 else 1):
            hooks.observe(session, "orders_imported", orders=[], connection=None)
        hooks.check(session, "entries_before_post", entries=[])

    with kernel.db.read() as session:
        faults = {fault.place: fault for fault in recorded(session, "alpha")}
    if budget != 0.02:
        assert faults == {}
        assert len(notes(kernel)) == 2
        return
    assert set(faults) == {"hook:orders_imported", "hook:entries_before_post"}
    slow = faults["hook:orders_imported"]
    assert (slow.error, slow.count) == ("SlowHook", quarantine.FAULTS + 1)
    assert "0.02 are its budget" in slow.message
    # What it did counts, and it is as enabled as before.
    assert len(notes(kernel)) == quarantine.FAULTS + 2
    assert kernel.rows["alpha"].state == states.ENABLED


def notes_of(session: Session) -> list[str]:
    return list(session.execute(text("SELECT text FROM alpha__note")).scalars())


def test_a_savepoint_is_made_only_for_an_addon_that_asks_the_database(running: Run) -> None:
    kernel = running("alpha", "beta")
    kernel.addon("alpha").act = lambda _session: None
    kernel.addon("beta").act = lambda session: write_note(session, "of beta")
    said: list[str] = []

    with kernel.db.write() as session:
        write_note(session, "of the core")
        event.listen(
            session.connection(),
            "before_cursor_execute",
            lambda _c, _cursor, statement, *_: said.append(statement.split()[0]),
        )
        hooks.observe(session, "orders_imported", orders=[], connection=None)

    assert said == ["SAVEPOINT", "INSERT", "RELEASE"]
    assert notes(kernel) == ["of beta", "of the core"]


def test_an_addon_that_fails_before_it_asks_undoes_nothing_of_the_core(running: Run) -> None:
    kernel = running("alpha")
    kernel.addon("alpha").act = fails

    with kernel.db.write() as session:
        write_note(session, "before")
        hooks.observe(session, "orders_imported", orders=[], connection=None)
        write_note(session, "after")

    assert notes(kernel) == ["after", "before"]
