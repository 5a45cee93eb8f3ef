"""Booting with addons that misbehave before they are asked anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core import clock
from core.config import Config
from core.errors import KernelError
from core.errors import NotFound
from core.kernel import lifecycle
from core.kernel.kernel import Kernel
from core.kernel.models import Addon as Row

Boot = Callable[[], Kernel]


def pretend_installed(kernel: Kernel, *names: str) -> None:
    """Store addons as enabled whatever they are: their files may have changed since."""
    with kernel.db.write() as session:
        for name in names:
            session.add(
                Row(name=name, state="enabled", version="1.0", tables=[], changed_at=clock.now())
            )


def states(kernel: Kernel) -> dict[str, str]:
    return {info.name: info.state for info in kernel.overview()}


def reason(kernel: Kernel, name: str) -> str:
    return next(info.reason for info in kernel.overview() if info.name == name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("raises_at_import", "RuntimeError: no licence key"),
        ("exits_at_import", "SystemExit: 3"),
        ("unknown_hook", "orders_imporded"),
        ("wrong_argument", "order"),
        ("wraps", "wrappers are not supported"),
    ],
)
def test_an_addon_that_cannot_be_loaded_is_broken_and_the_others_run(
    kernel: Kernel, boot: Boot, name: str, said: str
) -> None:
    pretend_installed(kernel, name, "alpha")

    booted = boot()

    assert booted.enabled == {"alpha"}
    assert states(booted)[name] == "broken"
    assert said in reason(booted, name)
    with pytest.raises(KernelError, match=name):
        lifecycle.install(booted, name)


def test_what_needs_an_addon_that_cannot_be_loaded_does_not_run(kernel: Kernel, boot: Boot) -> None:
    pretend_installed(kernel, "raises_at_import", "needs_raiser", "alpha")

    booted = boot()

    assert booted.enabled == {"alpha"}
    assert reason(booted, "needs_raiser") == "Needs raises_at_import, which is not loaded."


def test_addons_that_cannot_run_here_are_broken_with_the_reason(kernel: Kernel) -> None:
    for name, said in {
        "needs_absent": "Needs absent, which is not there",
        "circle_one": "in a circle",
        "circle_two": "in a circle",
        "old_core": "Needs core >=7; this is 1.",
        "needs_package": "no-such-package-anywhere>=1, which is not installed",
    }.items():
        assert states(kernel)[name] == "broken"
        assert said in reason(kernel, name)
        with pytest.raises(NotFound, match=name):
            lifecycle.install(kernel, name)


def test_an_addon_whose_files_are_gone_is_shown_and_does_not_run(
    kernel: Kernel, boot: Boot
) -> None:
    pretend_installed(kernel, "vanished")

    booted = boot()

    assert booted.enabled == frozenset()
    assert reason(booted, "vanished") == "Its files are missing; its data is kept."


def test_only_installed_addons_are_imported(kernel: Kernel) -> None:
    assert kernel.registry.addons == {}
    assert states(kernel)["alpha"] == "discovered"


def test_files_newer_than_the_data_wait_for_the_upgrade(kernel: Kernel, boot: Boot) -> None:
    pretend_installed(kernel, "alpha", "beta")
    with kernel.db.write() as session:
        session.get_one(Row, "alpha").version = "0.9"

    booted = boot()

    assert booted.enabled == frozenset()
    assert states(booted)["alpha"] == "upgrade_pending"
    assert states(booted)["beta"] == "waiting"
    lifecycle.install(booted, "alpha")
    assert booted.enabled == {"alpha", "beta"}


def test_data_newer_than_the_files_is_left_alone(kernel: Kernel, boot: Boot) -> None:
    pretend_installed(kernel, "alpha")
    with kernel.db.write() as session:
        session.get_one(Row, "alpha").version = "1.1"

    booted = boot()

    assert booted.enabled == frozenset()
    assert states(booted)["alpha"] == "newer_data"
    with pytest.raises(KernelError, match="newer than the files"):
        lifecycle.install(booted, "alpha")


def test_safe_mode_leaves_out_what_is_not_shipped(kernel: Kernel, config: Config) -> None:
    pretend_installed(kernel, "alpha")

    booted = Kernel.boot(replace(config, safe_mode=True))

    assert booted.enabled == frozenset()
    assert "safe mode" in reason(booted, "alpha")
    booted.db.dispose()


def test_booting_without_a_database_says_what_to_do(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'none.sqlite'}"

    with pytest.raises(KernelError, match="entrepot init"):
        Kernel.boot(Config(instance=tmp_path, database_url=url, addon_paths=()))

    assert not (tmp_path / "none.sqlite").exists()


def test_booting_on_an_empty_database_says_what_to_do(
    empty_database_url: str, tmp_path: Path
) -> None:
    config = Config(instance=tmp_path, database_url=empty_database_url, addon_paths=())

    with pytest.raises(KernelError, match="entrepot init"):
        Kernel.boot(config)
