"""An addon that comes as a wheel: added as it was made, and refused if it was changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from core.errors import Conflict
from core.errors import InputError
from core.kernel.wheels import add_wheel
from core.kernel.wheels import open_wheel
from tests.kernel.conftest import ADDONS
from tests.kernel.wheeling import make_wheel
from tests.world import World

ALPHA = ADDONS / "alpha"


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_wheel_is_added_and_runs_once_it_is_installed(world: World, tmp_path: Path) -> None:
    file = make_wheel(ALPHA, tmp_path / "alpha.whl")

    wheel = open_wheel(file, f"sha256:{digest(file)}")
    folder = add_wheel(world.kernel, wheel)

    assert (wheel.manifest.name, wheel.sha256) == ("alpha", digest(file))
    assert folder == world.kernel.config.instance / "addons" / "alpha"
    assert [each.name for each in folder.parent.iterdir()] == ["alpha"]
    world.kernel.refresh()
    assert "alpha" not in world.kernel.rows
    audited = world.rows("SELECT action FROM identity_audit WHERE subject = 'addon:alpha'")
    assert [row.action for row in audited] == ["addon.added"]


def test_a_newer_wheel_takes_the_place_of_the_older(world: World, tmp_path: Path) -> None:
    file = make_wheel(ALPHA, tmp_path / "alpha.whl")
    folder = add_wheel(world.kernel, open_wheel(file))
    (folder / "gone.py").write_text("x = 1\n", "utf-8")

    add_wheel(world.kernel, open_wheel(file))

    assert not (folder / "gone.py").exists()
    assert (folder / "manifest.toml").is_file()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"changed": "addon.py"}, "addon.py is not as its record says"),
        ({"more": "alpha/more.py"}, "alpha/more.py is not as its record says"),
        ({"more": "../alpha.py"}, "elsewhere"),
        ({"more": "/etc/alpha"}, "elsewhere"),
    ],
)
def test_a_wheel_that_was_changed_is_refused(
    tmp_path: Path, wrong: dict[str, str], said: str
) -> None:
    file = make_wheel(ALPHA, tmp_path / "alpha.whl", **wrong)

    with pytest.raises((Conflict, InputError), match=said):
        open_wheel(file)


def test_another_file_than_was_named_is_refused(tmp_path: Path) -> None:
    file = make_wheel(ALPHA, tmp_path / "alpha.whl")

    with pytest.raises(Conflict, match=digest(file)):
        open_wheel(file, "0" * 64)


def test_what_is_no_wheel_of_an_addon_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.whl").write_text("no wheel", "utf-8")
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "code.py").write_text("", "utf-8")

    with pytest.raises(InputError, match="cannot be read as a wheel"):
        open_wheel(tmp_path / "text.whl")
    with pytest.raises(InputError, match="holds 0 addons"):
        open_wheel(make_wheel(empty, tmp_path / "empty.whl"))
    with pytest.raises(InputError, match="cannot be read"):
        open_wheel(tmp_path / "nowhere.whl")


def test_a_name_that_is_taken_is_refused(world: World, tmp_path: Path) -> None:
    shipped = world.kernel.config.shipped_addons / "vies"

    with pytest.raises(Conflict, match="There is an addon vies already"):
        add_wheel(world.kernel, open_wheel(make_wheel(shipped, tmp_path / "vies.whl")))
