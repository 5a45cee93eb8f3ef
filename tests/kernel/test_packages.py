"""What is installed is remembered, and seen anew as soon as something is installed or removed."""

from __future__ import annotations

import shutil
from importlib import metadata
from pathlib import Path

import pytest

from core.kernel.packages import entry_points_of
from core.kernel.packages import installed_version


def put_in(site: Path, version: str, point: str) -> Path:
    info = site / f"acme_entrepot-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Name: acme-entrepot\nVersion: {version}\n", "utf-8")
    (info / "entry_points.txt").write_text(f"[acme.parts]\n{point} = acme:part\n", "utf-8")
    return info


def seen() -> tuple[str | None, list[str]]:
    return installed_version("acme-entrepot"), [p.name for p in entry_points_of("acme.parts")]


def test_what_is_installed_upgraded_and_removed_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert seen() == (None, [])
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    assert seen() == (None, [])

    first = put_in(site, "1.0", "one")
    assert seen() == ("1.0", ["one"])

    shutil.rmtree(first)
    second = put_in(site, "1.1", "two")
    assert seen() == ("1.1", ["two"])

    shutil.rmtree(second)
    assert seen() == (None, [])


def test_the_metadata_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    version = installed_version("pluggy")
    monkeypatch.setattr(metadata, "version", lambda _name: pytest.fail("read again"))

    assert installed_version("pluggy") == version
