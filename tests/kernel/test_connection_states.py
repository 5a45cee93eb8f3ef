"""Connections are tried before they are stored, and tell how they fare."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from marshmallow import fields

from core.errors import AddonFailed
from core.errors import AuthFailed
from core.errors import Conflict
from core.errors import EntrepotError
from core.errors import KernelError
from core.errors import MappingError
from core.errors import RateLimited
from core.errors import Unavailable
from core.kernel import lifecycle
from core.kernel.connecting import reconnect
from core.kernel.connecting import test_connection as try_connection
from core.kernel.connecting import try_settings
from core.kernel.connection_states import pause
from core.kernel.connection_states import resume
from core.kernel.connections import full_settings
from core.kernel.connections import list_connections
from core.kernel.faults import recorded
from core.kernel.kernel import Kernel
from core.kernel.schema import SettingsRefused
from core.kernel.schema import SettingsSchema
from core.kernel.settings import addon_settings
from core.kernel.settings import save_addon_settings
from core.kernel.settings import shown_settings
from tests.kernel.platforms import CANARY
from tests.kernel.platforms import SETTINGS
from tests.kernel.platforms import again
from tests.kernel.platforms import connected
from tests.kernel.platforms import make_company


@pytest.fixture
def kernel(running: Callable[..., Kernel]) -> Kernel:
    return running("platform")


@pytest.fixture
def company_id(kernel: Kernel) -> int:
    return make_company(kernel)


def answer_with(kernel: Kernel, error: BaseException | None) -> None:
    def act() -> None:
        if error is not None:
            raise error

    kernel.addon("platform").connector.act = act


def test_the_connector_tries_what_will_be_stored(kernel: Kernel, company_id: int) -> None:
    made = connected(kernel, company_id, minutes="30", shops=["uk"])

    (tried,) = kernel.addon("platform").connector.tried
    assert tried["token"].reveal() == CANARY
    assert (tried["minutes"], tried["shops"]) == (30, ["uk"])
    assert made.settings == {"region": "eu", "minutes": 30, "shops": ["uk"], "live": False}
    assert (made.state, made.last_ok_at is not None) == ("ok", True)


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (AuthFailed("The token is refused."), AuthFailed),
        (Unavailable("No answer."), Unavailable),
        (RuntimeError(CANARY), AddonFailed),
        (SystemExit(1), AddonFailed),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_what_does_not_work_is_not_stored(
    kernel: Kernel, company_id: int, error: BaseException, raised: type[EntrepotError]
) -> None:
    made = connected(kernel, company_id)
    answer_with(kernel, error)

    with pytest.raises(raised) as caught:
        connected(kernel, company_id, "Second")
    with pytest.raises(raised):
        reconnect(kernel, made, {**SETTINGS, "region": "na"}, row_version=1)

    assert CANARY not in str(caught.value)
    assert again(kernel, made) == made
    with kernel.db.read() as session:
        assert len(list_connections(session)) == 1
        assert bool(recorded(session, "platform")) == (raised is AddonFailed)


def test_the_platform_is_never_asked_inside_a_transaction(kernel: Kernel) -> None:
    with kernel.db.read(), pytest.raises(KernelError, match="inside a transaction"):
        try_settings(kernel, "platform", {})

    assert kernel.addon("platform").connector.tried == []


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (AuthFailed("No."), "needs_credentials"),
        (RateLimited("Wait.", retry_after=9), "retrying"),
        (Unavailable("No answer."), "retrying"),
        (MappingError("order.state", "odd"), "error"),
        (ZeroDivisionError(), "error"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
)
def test_a_state_follows_the_last_attempt(
    kernel: Kernel, company_id: int, error: Exception, state: str
) -> None:
    made = connected(kernel, company_id)
    answer_with(kernel, error)
    failed = try_connection(kernel, made)
    answer_with(kernel, None)
    healed = try_connection(kernel, made)

    assert (failed.state, failed.last_ok_at) == (state, made.last_ok_at)
    assert failed.last_error
    assert (healed.state, healed.last_error) == ("ok", None)
    assert healed.row_version == made.row_version
    assert kernel.addon("platform").told == [("Main", "ok", state), ("Main", state, "ok")]


def test_a_paused_connection_stays_paused_until_it_is_resumed(
    kernel: Kernel, company_id: int
) -> None:
    made = connected(kernel, company_id)
    with kernel.db.write() as session:
        paused = pause(session, made)
    answer_with(kernel, Unavailable("No answer."))

    tried = try_connection(kernel, paused)
    with kernel.db.write() as session:
        twice = pause(session, tried)
        resumed = resume(session, twice)

    assert (paused.state, tried.state, tried.last_error) == ("paused", "paused", "No answer.")
    assert twice.row_version == paused.row_version
    assert (resumed.state, resumed.row_version) == ("ok", made.row_version + 2)
    assert kernel.addon("platform").told == [("Main", "ok", "paused"), ("Main", "paused", "ok")]


def test_a_change_made_meanwhile_is_not_overwritten(kernel: Kernel, company_id: int) -> None:
    made = connected(kernel, company_id)
    first = reconnect(kernel, made, {"region": "na"}, row_version=made.row_version)

    with pytest.raises(Conflict, match="Somebody else"):
        reconnect(kernel, made, {"region": "eu"}, row_version=made.row_version)
    with kernel.db.write() as session, pytest.raises(Conflict, match="Somebody else"):
        pause(session, made, row_version=made.row_version)

    assert again(kernel, made) == first
    assert first.settings["region"] == "na"


def test_of_two_at_once_one_wins(kernel: Kernel, company_id: int) -> None:
    made = connected(kernel, company_id)
    meet = threading.Barrier(2, timeout=20)
    kernel.addon("platform").connector.act = meet.wait

    def change(region: str) -> str:
        try:
            reconnect(kernel, made, {"region": region}, row_version=made.row_version)
        except Conflict:
            return "refused"
        return region

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(change, ["eu", "na"]))

    assert outcomes.count("refused") == 1
    now = again(kernel, made)
    assert now.row_version == made.row_version + 1
    assert now.settings["region"] in outcomes


def test_a_secret_left_empty_is_kept_and_one_unset_is_gone(kernel: Kernel, company_id: int) -> None:
    made = connected(kernel, company_id, proxy_password="proxy-pass")
    given = {"region": "eu", "token": "", "proxy_password": ""}

    kept = reconnect(kernel, made, given, row_version=1)
    with kernel.db.read() as session:
        before = full_settings(session, kept)
    gone = reconnect(kernel, kept, given, row_version=2, unset=["proxy_password"])
    with kernel.db.read() as session:
        after = full_settings(session, gone)

    assert (before["token"].reveal(), before["proxy_password"].reveal()) == (CANARY, "proxy-pass")
    assert (after["token"].reveal(), "proxy_password" in after) == (CANARY, False)
    with pytest.raises(SettingsRefused, match="setting token: Missing data"):
        reconnect(kernel, gone, given, row_version=3, unset=["token"])


class Grown(SettingsSchema):
    """The schema after a field was renamed."""

    version = 2
    area = fields.String(required=True)

    @classmethod
    def migrate_settings(cls, old_version, data):
        assert old_version == 1
        return {"area": data["region"]}


def test_settings_of_an_older_version_are_migrated(kernel: Kernel, company_id: int) -> None:
    made = connected(kernel, company_id)
    old = kernel.addon("platform").connection_schema
    kernel.addon("platform").connection_schema = Grown

    shown = again(kernel, made)
    saved = reconnect(kernel, shown, shown.settings, row_version=1)
    with kernel.db.read() as session:
        loaded = full_settings(session, saved)
    kernel.addon("platform").connection_schema = old

    assert shown.settings == saved.settings == loaded == {"area": "eu"}
    with kernel.db.read() as session, pytest.raises(KernelError, match="version 2"):
        full_settings(session, saved)
    assert again(kernel, made).settings == {"area": "eu"}


def test_a_failing_migration_of_settings_harms_no_other_connection(
    kernel: Kernel, company_id: int
) -> None:
    connected(kernel, company_id)
    kernel.addon("platform").connection_schema = type(
        "Broken", (Grown,), {"migrate_settings": classmethod(lambda *_: 1 // 0)}
    )

    with kernel.db.read() as session:
        (shown,) = list_connections(session)

    assert shown.settings["region"] == "eu"
    with kernel.db.read() as session:
        assert [fault.place for fault in recorded(session, "platform")] == ["settings"]


def test_connections_of_a_disabled_addon_are_shown_and_not_tried(
    kernel: Kernel, company_id: int
) -> None:
    made = connected(kernel, company_id)
    lifecycle.disable(kernel, "platform")

    assert again(kernel, made) == made
    with pytest.raises(KernelError, match="not enabled"):
        try_connection(kernel, made)
    with pytest.raises(KernelError, match="not enabled"):
        reconnect(kernel, made, SETTINGS, row_version=1)


def test_settings_of_the_house_are_checked_stored_and_not_overwritten(kernel: Kernel) -> None:
    with kernel.db.write() as session:
        with pytest.raises(SettingsRefused, match="setting application: Missing data"):
            save_addon_settings(session, "platform", {})
        given = {"application": "a", "application_secret": CANARY}
        save_addon_settings(session, "platform", given, row_version=0)
    with kernel.db.write() as session:
        save_addon_settings(session, "platform", {"application": "b"}, row_version=1)
        with pytest.raises(Conflict, match="Somebody else"):
            save_addon_settings(session, "platform", {"application": "c"}, row_version=1)

    with kernel.db.read() as session:
        shown = shown_settings(session, "platform")
        loaded = addon_settings(session, "platform")
    assert (shown.data, shown.row_version) == ({"application": "b"}, 2)
    assert shown.secrets == {"application_secret"}
    assert loaded["application"] == "b"
    assert loaded["application_secret"].reveal() == CANARY
