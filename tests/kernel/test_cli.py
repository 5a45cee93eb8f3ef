"""The commands for the installation, addons and connections."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from click.testing import Result

from core.cli import PARTS
from core.cli import build

ADDONS = Path(__file__).parent / "addons"

Entrepot = Callable[..., Result]


@pytest.fixture
def entrepot(empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Entrepot:
    monkeypatch.setenv("ENTREPOT_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.setenv("ENTREPOT_DATABASE_URL", empty_database_url)
    monkeypatch.setenv("ENTREPOT_ADDONS_PATH", str(ADDONS))

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(build(), list(arguments), prog_name="entrepot")

    return call


def document(result: Result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize("module", PARTS)
def test_a_part_has_commands_of_the_names_that_are_said(module: str) -> None:
    group = click.Group()

    import_module(module).register(group)

    assert sorted(group.commands) == sorted(PARTS[module].split())


def test_a_name_without_a_command_is_refused(entrepot: Entrepot) -> None:
    result = entrepot("ordr")

    assert result.exit_code == 2
    assert "No such command 'ordr'" in result.stderr


def test_without_a_database_every_command_says_what_to_do(entrepot: Entrepot) -> None:
    result = entrepot("addons", "list")

    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Run `entrepot init`." in result.stderr


def test_init_makes_everything_and_done_again_changes_nothing(entrepot: Entrepot) -> None:
    wish = ("--company", "Tea & Co", "--country", "de", "--json")

    first = document(entrepot("init", *wish))
    addons = document(entrepot("addons", "list", "--json"))
    again = document(entrepot("init", *wish))

    assert first == again
    assert first["company"] == {
        "code": "tea-co",
        "name": "Tea & Co",
        "country": "DE",
        "currency": "EUR",
        "timezone": "Europe/Berlin",
    }
    assert {"file_channel", "own_warehouse", "tax_uk"} <= set(first["addons"])
    assert document(entrepot("addons", "list", "--json")) == addons
    states = {addon["name"]: addon["state"] for addon in addons}
    assert (states["tax_uk"], states["alpha"]) == ("enabled", "discovered")
    # Only some sellers want an optional one, and they say so.
    assert states["tax_au"] == "discovered"


def test_init_leaves_an_addon_disabled_that_was_disabled(entrepot: Entrepot) -> None:
    entrepot("init")
    entrepot("addons", "disable", "tax_uk")

    assert "tax_uk" not in document(entrepot("init", "--json"))["addons"]


def test_init_does_not_change_the_currency_of_a_company(entrepot: Entrepot) -> None:
    entrepot("init", "--company", "Shop", "--currency", "GBP")

    result = entrepot("init", "--company", "Shop", "--currency", "USD")

    assert result.exit_code == 2
    assert "Shop exists with currency GBP, not USD" in result.stderr


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (("--country", "XX"), "'XX'"),
        (("--currency", "PND"), "'PND'"),
        (("--timezone", "Mars"), "'Mars'"),
    ],
)
def test_init_with_a_typing_mistake_makes_no_company(
    entrepot: Entrepot, wish: tuple[str, str], said: str
) -> None:
    result = entrepot("init", "--company", "Shop", *wish)

    assert result.exit_code == 2
    assert said in result.stderr
    assert document(entrepot("init", "--json"))["company"]["code"] == "my-company"


def test_addons_are_installed_enabled_shown_and_disabled(entrepot: Entrepot) -> None:
    entrepot("init")

    installed = document(entrepot("addons", "install", "alpha", "--json"))
    assert (installed["installed"], installed["version"]) == (["alpha"], "1.0")
    assert document(entrepot("addons", "install", "beta", "--json"))["installed"] == ["beta"]
    assert document(entrepot("addons", "enable", "beta", "--with-needed", "--json")) == {
        "enabled": ["alpha", "beta"]
    }
    refused = entrepot("addons", "disable", "alpha")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "alpha is needed by beta" in refused.stderr
    assert document(entrepot("addons", "disable", "alpha", "--with-dependents", "--json")) == {
        "disabled": ["beta", "alpha"]
    }
    shown = document(entrepot("addons", "info", "alpha", "--json"))
    assert (shown["state"], shown["tables"]) == ("disabled", ["alpha__note", "alpha__tag"])


def test_an_unknown_addon_is_named(entrepot: Entrepot) -> None:
    entrepot("init")

    for command in ("install", "enable", "disable", "info"):
        result = entrepot("addons", command, "nothing")
        assert result.exit_code == 2
        assert "nothing" in result.stderr


def test_a_connection_is_added_and_listed(entrepot: Entrepot) -> None:
    entrepot("init")

    made = document(entrepot("connections", "add", "own_warehouse", "--label", "Shed", "--json"))

    assert (made["label"], made["addon"], made["account"]) == ("Shed", "own_warehouse", "Shed")
    assert document(entrepot("connections", "list", "--json")) == [made]
    wrong = entrepot("connections", "add", "own_warehouse", "--label", "B", "--set", "colour")
    assert wrong.exit_code == 2
    assert "'colour' is not of the form key=value" in wrong.stderr


def test_a_connection_is_changed_tried_paused_and_shown(
    entrepot: Entrepot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLATFORM_TOKEN", "from-outside")
    (tmp_path / "token").write_text("canary-4711\n")
    entrepot("init")
    entrepot("addons", "install", "platform")
    entrepot("addons", "enable", "platform")
    add = ("connections", "add", "platform", "--label", "Main", "--set", "region=eu", "--json")

    seen = entrepot(*add, "--set", "token=canary-4711")
    made = document(entrepot(*add, "--set-file", f"token={tmp_path / 'token'}"))
    shown = entrepot("connections", "show", "Main", "--json")
    set_one = ("connections", "set", "Main", "--json", "--set")
    changed = document(entrepot(*set_one, "minutes=30", "--set", "token=$env:PLATFORM_TOKEN"))
    monkeypatch.delenv("PLATFORM_TOKEN")
    tried = entrepot("connections", "test", "Main", "--json")
    paused = document(entrepot("connections", "pause", "Main", "--json"))
    resumed = document(entrepot("connections", "resume", "Main", "--json"))

    assert (seen.exit_code, seen.stdout) == (2, "")
    assert "--set-file token=-" in seen.stderr
    assert made["last_ok_at"] is not None
    assert document(shown)["secrets"] == ["token"]
    assert "canary" not in shown.output
    assert changed["settings"] == {**made["settings"], "minutes": 30}
    assert tried.exit_code == 1
    assert json.loads(tried.stdout)["state"] == "needs_credentials"
    assert "PLATFORM_TOKEN" in json.loads(tried.stdout)["last_error"]
    # A missing variable shows as soon as the connection is not paused.
    assert (paused["state"], resumed["state"]) == ("paused", "needs_credentials")


def test_help_needs_no_database(entrepot: Entrepot) -> None:
    result = entrepot("--help")

    assert result.exit_code == 0
    for command in ("init", "addons", "connections", "serve", "worker", "run"):
        assert command in result.stdout


def test_an_addon_is_uninstalled_and_purged_by_its_typed_name(entrepot: Entrepot) -> None:
    entrepot("init")
    entrepot("addons", "install", "alpha")

    assert document(entrepot("addons", "uninstall", "alpha", "--json")) == {
        "uninstalled": ["alpha"]
    }
    seen = document(entrepot("addons", "purge", "alpha", "--json"))
    assert (seen["purged"], set(seen["tables"])) == (
        False,
        {"alembic_version_alpha", "alpha__note", "alpha__tag"},
    )
    assert "Nothing was deleted" in entrepot("addons", "purge", "alpha").stdout
    wrong = entrepot("addons", "purge", "alpha", "--yes", "beta")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "'beta' is not 'alpha'" in wrong.stderr
    assert document(entrepot("addons", "purge", "alpha", "--yes", "alpha", "--json"))["purged"]
    assert entrepot("addons", "purge", "alpha").exit_code == 2


def test_only_a_quarantined_addon_is_tried_again(entrepot: Entrepot) -> None:
    entrepot("init")

    refused = entrepot("addons", "retry", "tax_uk")

    assert refused.exit_code == 2
    assert "tax_uk is not quarantined; it is enabled" in refused.stderr
