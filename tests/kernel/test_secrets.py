"""Secrets at rest, their keys, and what a lost key may harm."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from click.testing import Result

from core.bootstrap import CompanyWish
from core.bootstrap import initialise
from core.cli import build
from core.config import Config
from core.errors import AuthFailed
from core.errors import InputError
from core.errors import KernelError
from core.kernel import keys
from core.kernel import secrets
from core.kernel.connection_states import mark_lost
from core.kernel.connections import change_connection
from core.kernel.connections import full_settings
from core.kernel.connections import list_connections
from core.kernel.connections import scope_of
from core.kernel.kernel import Kernel
from core.kernel.models import Secret
from core.kernel.secret_commands import rotate_keys
from core.kernel.secrets import SecretText
from core.kernel.settings import addon_settings
from core.kernel.settings import save_addon_settings
from tests.kernel.conftest import ADDONS
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


def lose_key(kernel: Kernel) -> None:
    (kernel.config.instance / keys.KEY_FILE).unlink()


def token_of(kernel: Kernel, connection) -> str:
    with kernel.db.read() as session:
        return full_settings(session, connection)["token"].reveal()


def everything_stored(kernel: Kernel) -> str:
    with kernel.db.read() as session:
        tables = sa.inspect(session.connection()).get_table_names()
        rows = [session.execute(sa.text(f'SELECT * FROM "{name}"')).all() for name in tables]
    return repr(rows)


def test_a_secret_is_nowhere_in_plain(
    kernel: Kernel, company_id: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    made = connected(kernel, company_id)
    with kernel.db.write() as session:
        given = {"application": "a", "application_secret": CANARY}
        save_addon_settings(session, "platform", given)
        house = addon_settings(session, "platform")

    assert token_of(kernel, made) == CANARY
    assert house["application_secret"] == SecretText(CANARY)
    assert CANARY not in everything_stored(kernel)
    assert CANARY not in caplog.text
    assert CANARY not in f"{made!r} {dict(made.settings)} {house} {kernel.config!r}"


def test_a_lost_key_harms_only_the_connections_that_need_it(
    kernel: Kernel, company_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLATFORM_TOKEN", "from-outside")
    harmed = connected(kernel, company_id, "Harmed")
    outside = connected(kernel, company_id, "Outside", token="$env:PLATFORM_TOKEN")
    lose_key(kernel)

    late = connected(kernel, company_id, "Late", token="with a new key")

    with kernel.db.write() as session:
        states = {each.label: each.state for each in list_connections(session)}
        lost = mark_lost(session)
        with pytest.raises(AuthFailed, match="The secret token of Harmed cannot be read: The key"):
            full_settings(session, harmed)
    assert states == {"Harmed": "needs_credentials", "Outside": "ok", "Late": "ok"}
    assert [each.scope.connection_id for each in lost] == [harmed.id]
    assert kernel.addon("platform").told == [("Harmed", "ok", "needs_credentials")]
    assert (token_of(kernel, outside), token_of(kernel, late)) == ("from-outside", "with a new key")


def test_credentials_entered_again_heal_the_connection(kernel: Kernel, company_id: int) -> None:
    made = connected(kernel, company_id)
    lose_key(kernel)

    with kernel.db.write() as session:
        with pytest.raises(InputError, match="setting token: Missing data"):
            change_connection(session, made, {"region": "na"}, row_version=1)
        change_connection(session, made, SETTINGS, row_version=1)

    assert again(kernel, made).state == "ok"
    assert token_of(kernel, made) == CANARY


def test_a_token_in_another_row_is_refused(kernel: Kernel, company_id: int) -> None:
    rich, poor = connected(kernel, company_id, "Rich"), connected(kernel, company_id, "Poor")
    with kernel.db.write() as session:
        stolen = session.get_one(Secret, ("platform", rich.id, "token")).token
        session.get_one(Secret, ("platform", poor.id, "token")).token = stolen

    with kernel.db.read() as session:
        lost = secrets.lost_secrets(session, kernel.config)

    assert [(each.scope, each.reason) for each in lost] == [
        (scope_of(poor), "It was changed since it was stored.")
    ]


def test_a_reference_follows_the_environment(
    kernel: Kernel, company_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLATFORM_TOKEN", "first")
    made = connected(kernel, company_id, token="$env:PLATFORM_TOKEN")
    monkeypatch.setenv("PLATFORM_TOKEN", "second")

    assert token_of(kernel, made) == "second"
    monkeypatch.delenv("PLATFORM_TOKEN")
    assert again(kernel, made).state == "needs_credentials"


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("$env:NOT_THERE", "The environment variable NOT_THERE is not set"),
        ("$env:ENTREPOT_SECRET_KEYS", "are not for addons"),
        ("abc", "Shorter than minimum length 4"),
        ("  ", "Missing data"),
    ],
)
def test_a_wrong_secret_is_refused_without_being_told(
    kernel: Kernel, company_id: int, token: str, said: str
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        connected(kernel, company_id, token=token)

    assert caught.value.__cause__ is None
    assert "abc" not in str(caught.value)


def test_rotation_keeps_every_secret_readable(kernel: Kernel, company_id: int) -> None:
    made = [connected(kernel, company_id, f"Shop {n}", token=f"token {n}") for n in range(5)]
    (old,) = keys.load_keys(kernel.config).ids

    kept = rotate_keys(kernel)
    forgot = rotate_keys(kernel, forget=True)

    assert (kept.encrypted, kept.keys[1:], kept.forgotten) == (5, [old], [])
    assert (forgot.encrypted, forgot.keys) == (5, [forgot.key])
    assert set(forgot.forgotten) == {old, kept.key}
    assert [token_of(kernel, each) for each in made] == [f"token {n}" for n in range(5)]
    with kernel.db.read() as session:
        assert secrets.used_keys(session) == {forgot.key}


def test_rotation_that_stopped_half_way_is_repeated(kernel: Kernel, company_id: int) -> None:
    made = connected(kernel, company_id)
    held = keys.load_keys(kernel.config).keys

    keys.replace_keys(kernel.config, [keys.new_key(), *held])

    assert token_of(kernel, made) == CANARY
    assert rotate_keys(kernel).encrypted == 1
    assert token_of(kernel, made) == CANARY


def test_rotation_leaves_what_it_cannot_read(kernel: Kernel, company_id: int) -> None:
    connected(kernel, company_id)
    lose_key(kernel)
    late = connected(kernel, company_id, "Late")

    done = rotate_keys(kernel, forget=True)

    assert done.encrypted == 1
    assert token_of(kernel, late) == CANARY
    with kernel.db.read() as session:
        assert len(secrets.lost_secrets(session, kernel.config)) == 1


def test_keys_of_the_environment_are_used_and_not_written(
    kernel: Kernel, company_id: int, config: Config
) -> None:
    first, second = keys.new_key(), keys.new_key()
    made = connected(kernel, company_id)
    file = config.instance / keys.KEY_FILE
    before = file.read_text()

    kernel.config = replace(config, secret_keys=f"{second},{first},{before.strip()}")
    done = rotate_keys(kernel, forget=True)

    assert (done.key, done.forgotten) == (keys.key_id(second), [])
    assert file.read_text() == before
    file.unlink()
    assert token_of(kernel, made) == CANARY
    with pytest.raises(KernelError, match="come from ENTREPOT_SECRET_KEYS"):
        keys.replace_keys(kernel.config, [first])


def test_a_key_that_is_none_is_not_repeated(config: Config) -> None:
    broken = replace(config, secret_keys="hunter2")

    with pytest.raises(InputError, match="ENTREPOT_SECRET_KEYS: key 1 is not 32 bytes") as caught:
        keys.load_keys(broken)

    assert "hunter2" not in str(caught.value)


def test_processes_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    config = Config(tmp_path, "sqlite://", ())

    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: keys.ensure_keys(config), range(8)))

    assert len({ring.keys for ring in rings}) == 1
    assert (tmp_path / keys.KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [keys.KEY_FILE]


def test_init_makes_the_key_once(empty_database_url: str, tmp_path: Path) -> None:
    config = Config(tmp_path, empty_database_url, (ADDONS,))

    initialise(config, CompanyWish())
    first = keys.load_keys(config).keys
    initialise(config, CompanyWish())

    assert len(first) == 1
    assert keys.load_keys(config).keys == first


def test_doctor_and_rotate_tell_programs(
    kernel: Kernel, company_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENTREPOT_INSTANCE", str(kernel.config.instance))
    monkeypatch.setenv("ENTREPOT_DATABASE_URL", kernel.config.database_url)
    monkeypatch.setenv("ENTREPOT_ADDONS_PATH", str(ADDONS))
    connected(kernel, company_id)
    (old,) = keys.load_keys(kernel.config).ids

    sound = entrepot("doctor")
    rotated = entrepot("rotate")
    lose_key(kernel)
    harmed = entrepot("doctor")

    assert (sound.exit_code, json.loads(sound.stdout)["lost"]) == (0, [])
    assert json.loads(rotated.stdout)["encrypted"] == 1
    assert harmed.exit_code == 1
    found = json.loads(harmed.stdout)
    assert found["missing_keys"] == [json.loads(rotated.stdout)["key"]]
    assert [(each["connection"], each["field"]) for each in found["lost"]] == [("Main", "token")]
    assert old not in found["missing_keys"]


def entrepot(verb: str) -> Result:
    return CliRunner().invoke(build(), ["secrets", verb, "--json"], prog_name="entrepot")
