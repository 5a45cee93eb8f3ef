"""Taking an addon out of service that fails too often."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from core import clock
from core.errors import Conflict
from core.errors import MigrationFailed
from core.errors import NotFound
from core.errors import Veto
from core.kernel import faults
from core.kernel import hooks
from core.kernel import lifecycle
from core.kernel.faults import recorded
from core.kernel.gate import guard
from core.kernel.kernel import Kernel
from core.kernel.models import Addon
from core.kernel.quarantine import FAULTS
from core.kernel.quarantine import Tally

Boot = Callable[[], Kernel]
Run = Callable[..., Kernel]


def fails(*_: object) -> None:
    raise ValueError("broken on purpose")


def tell(kernel: Kernel, times: int = 1) -> None:
    for _ in range(times):
        with kernel.db.write() as session:
            hooks.observe(session, "orders_imported", orders=[], connection=None)


def shown(kernel: Kernel, name: str) -> tuple[str, str]:
    return next((info.state, info.reason) for info in kernel.overview() if info.name == name)


def test_twenty_failures_in_a_row_are_enough_and_the_others_go_on(running: Run, boot: Boot) -> None:
    kernel = running("alpha", "faulty")
    other = boot()
    kernel.addon("faulty").act = fails

    tell(kernel, FAULTS - 1)
    assert kernel.enabled == {"alpha", "faulty"}

    tell(kernel)
    assert kernel.enabled == {"alpha"}
    state, reason = shown(kernel, "faulty")
    assert state == "quarantined"
    assert "20 of 20 calls" in reason
    assert other.refresh() == {"alpha"}
    tell(kernel)
    with kernel.db.read() as session:
        assert [fault.count for fault in recorded(session, "faulty")] == [FAULTS]


def test_twenty_failures_of_many_calls_are_not_enough(running: Run) -> None:
    kernel = running("faulty")
    tell(kernel, 2 * FAULTS)

    kernel.addon("faulty").act = fails
    tell(kernel, FAULTS)
    assert kernel.enabled == {"faulty"}

    tell(kernel, FAULTS)
    assert kernel.enabled == frozenset()


def test_what_an_addon_refuses_is_no_failure(running: Run) -> None:
    kernel = running("gamma")

    def refuse(*_: object) -> None:
        raise Veto("not now")

    kernel.addon("gamma").act = refuse
    for _ in range(FAULTS):
        with kernel.db.write() as session, pytest.raises(Veto):
            hooks.check(session, "entries_before_post", entries=[])

    assert kernel.tally.verdict("gamma") is None


def test_its_pages_are_gone_like_those_of_a_disabled_addon(running: Run) -> None:
    kernel = running("faulty")
    app = Flask(__name__)
    app.config.update(API_TITLE="Test", API_VERSION="v1", OPENAPI_VERSION="3.1.0")
    guard(app, kernel)
    client = app.test_client()
    assert client.get("/x/faulty/page").status_code == 200

    kernel.addon("faulty").act = fails
    tell(kernel, FAULTS)

    assert client.get("/x/faulty/page").status_code == 404


def test_an_addon_that_decides_taxes_is_never_taken_away(running: Run) -> None:
    kernel = running("alpha")
    kernel.addon("alpha").act = fails

    tell(kernel, 3 * FAULTS)

    assert kernel.tally.verdict("alpha") is not None
    assert kernel.enabled == {"alpha"}


def test_retry_enables_it_and_counts_anew(running: Run) -> None:
    kernel = running("faulty")
    kernel.addon("faulty").act = fails
    tell(kernel, FAULTS)

    with pytest.raises(Conflict, match=r"faulty is quarantined\. 20 of 20.*addons retry faulty"):
        lifecycle.enable(kernel, "faulty")
    lifecycle.retry(kernel, "faulty")

    assert kernel.enabled == {"faulty"}
    assert shown(kernel, "faulty") == ("enabled", "")
    tell(kernel, FAULTS - 1)
    assert kernel.enabled == {"faulty"}
    with pytest.raises(Conflict, match="faulty is not quarantined"):
        lifecycle.retry(kernel, "faulty")


def test_a_quarantined_addon_may_be_disabled(running: Run) -> None:
    kernel = running("faulty")
    kernel.addon("faulty").act = fails
    tell(kernel, FAULTS)

    assert lifecycle.disable(kernel, "faulty") == ["faulty"]
    assert shown(kernel, "faulty") == ("disabled", "")


def test_one_failed_import_of_an_enabled_addon_is_enough(kernel: Kernel, boot: Boot) -> None:
    with kernel.db.write() as session:
        session.add(
            Addon(
                name="raises_at_import",
                state="enabled",
                version="1.0",
                tables=[],
                changed_at=clock.now(),
            )
        )

    booted = boot()

    assert booted.rows["raises_at_import"].state == "quarantined"
    with booted.db.read() as session:
        [fault] = recorded(session, "raises_at_import")
        assert (fault.place, fault.error, fault.count) == (faults.IMPORT, "RuntimeError", 1)
        assert "raises_at_import" in fault.traceback
    # What is shown is what is wrong now; the files may be corrected meanwhile.
    assert shown(booted, "raises_at_import")[0] == "broken"
    with pytest.raises(NotFound, match="RuntimeError: no licence key"):
        lifecycle.retry(booted, "raises_at_import")
    boot()
    with booted.db.read() as session:
        assert recorded(session, "raises_at_import")[0].count == 1


def test_one_failed_migration_is_enough(running: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = running("bad_migration")
    with kernel.db.write() as session:
        session.get_one(Addon, "bad_migration").version = "0.9"

    monkeypatch.setattr("core.kernel.migrations._run", fails_to_migrate)
    with pytest.raises(MigrationFailed):
        lifecycle.install(kernel, "bad_migration")

    assert kernel.rows["bad_migration"].state == "quarantined"
    with kernel.db.read() as session:
        assert [fault.place for fault in recorded(session)] == [faults.MIGRATION]


def fails_to_migrate(*_: object) -> None:
    raise MigrationFailed("half-way")


def test_counts_are_of_the_last_five_minutes() -> None:
    seconds = [0.0]
    tally = Tally(now=lambda: seconds[0])
    for _ in range(FAULTS):
        tally.failed("faulty")

    seconds[0] = 4 * 60
    tally.called("faulty")
    assert tally.verdict("faulty") is not None

    seconds[0] = 5 * 60
    tally.called("faulty")
    assert tally.verdict("faulty") is None
