"""Where the configuration comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.config import ROOT
from core.config import load_config
from core.errors import InputError


def test_defaults_need_nothing_but_an_instance_folder(tmp_path: Path) -> None:
    instance = tmp_path / "new" / "instance"

    config = load_config({"ENTREPOT_INSTANCE": str(instance)})

    assert config.database_url == f"sqlite:///{instance}/entrepot.sqlite"
    assert config.addon_paths == (ROOT / "addons", instance / "addons")
    assert (config.host, config.port, config.safe_mode) == ("127.0.0.1", 8000, False)
    assert instance.stat().st_mode & 0o777 == 0o700


def test_the_instance_file_wins_over_defaults_and_the_environment_over_both(
    tmp_path: Path,
) -> None:
    (tmp_path / "config.toml").write_text(
        '[server]\nhost = "0.0.0.0"\nport = 9000\n[addons]\npaths = ["more"]\nsafe_mode = true\n'
    )
    instance = {"ENTREPOT_INSTANCE": str(tmp_path)}

    config = load_config(instance)
    overridden = load_config(
        {
            **instance,
            "ENTREPOT_PORT": "9001",
            "ENTREPOT_DATABASE_URL": "postgresql://host/name",
            "ENTREPOT_ADDONS_PATH": "/a:/b",
            "ENTREPOT_SAFE_MODE": "0",
        }
    )

    assert (config.host, config.port, config.safe_mode) == ("0.0.0.0", 9000, True)
    assert config.addon_paths[2:] == (tmp_path / "more",)
    assert (overridden.host, overridden.port) == ("0.0.0.0", 9001)
    assert overridden.database_url == "postgresql://host/name"
    assert overridden.addon_paths[2:] == (Path("/a"), Path("/b"))
    assert not overridden.safe_mode


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[server]\nprot = 1", r"\[server\] prot is not a setting"),
        ("[sever]\nport = 1", r"\[sever\] port is not a setting"),
        ("port = 1", r"\[port\] is not a setting"),
        ('[server]\nport = "1"', "port must be of type int"),
        ("[server", "cannot be read"),
    ],
)
def test_a_typing_mistake_in_the_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "config.toml").write_text(text)

    with pytest.raises(InputError, match=said) as caught:
        load_config({"ENTREPOT_INSTANCE": str(tmp_path)})

    assert "config.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("ENTREPOT_PORT", "http"), ("ENTREPOT_PORT", "70000"), ("ENTREPOT_SAFE_MODE", "maybe")],
)
def test_a_typing_mistake_in_the_environment_is_refused(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(InputError, match=name):
        load_config({"ENTREPOT_INSTANCE": str(tmp_path), name: value})


def test_an_instance_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(InputError, match="ENTREPOT_INSTANCE"):
        load_config({"ENTREPOT_INSTANCE": str(tmp_path / "file" / "instance")})
