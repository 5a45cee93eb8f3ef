"""Files that were sent: under a safe name, for the owner only, and never for long."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path

import pytest

from core.errors import NotFound
from core.uploads import keeping


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("orders.csv", "orders.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\订单 9月.csv", "订单 9月.csv"),
        ("..", "file"),
        ("a\0b;rm.csv", "a_b_rm.csv"),
        ("x" * 500 + ".csv", "x" * 116 + ".csv"),
    ],
)
def test_a_file_keeps_its_name_but_never_its_path(tmp_path: Path, said: str, kept: str) -> None:
    key = keeping.keep(tmp_path, io.BytesIO(b"sku\n"), said)

    path = keeping.find(tmp_path, key)

    assert (path.name, path.read_bytes()) == (kept, b"sku\n")
    assert path.parent.parent == tmp_path / "uploads"
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("key", ["", "..", "../secret.keys", "0" * 32])
def test_no_key_leads_elsewhere(tmp_path: Path, key: str) -> None:
    (tmp_path / "secret.keys").write_text("k")

    with pytest.raises(NotFound, match="not here any more"):
        keeping.find(tmp_path, key)
    keeping.drop(tmp_path, key)

    assert (tmp_path / "secret.keys").exists()


def test_what_lies_too_long_is_outdated(tmp_path: Path) -> None:
    old, new = (keeping.keep(tmp_path, io.BytesIO(b"x"), "f") for _ in range(2))
    os.utime(tmp_path / "uploads" / old, (0, 0))

    assert list(keeping.outdated(tmp_path)) == [old]
    keeping.drop(tmp_path, old)
    assert keeping.find(tmp_path, new).read_bytes() == b"x"
    assert list(keeping.outdated(tmp_path / "no")) == []
