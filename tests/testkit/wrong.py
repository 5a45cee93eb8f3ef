"""Addons that are wrong in one way each, made from the scaffold, and whether they are found out."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Collection
from collections.abc import Mapping
from pathlib import Path

from core.scaffold import making

# What is wrong: the file, what stands in it, what stands there instead, and the test that fails.
Change = tuple[str, str, str, str]


def write_wrong(root: Path, kind: str, name: str, change: Change) -> str:
    """Write an addon that is wrong in one way and return the test that must notice."""
    file, old, new, test = change
    plan = making.plan(kind, name, root, inside=True)
    place = plan.root / file
    text = plan.files.get(place, "")
    assert old != new
    assert old in text, f"{name}: {old!r} is not in {file}"
    plan.files[place] = text.replace(old, new) if old else new
    making.make(plan)
    return f"{plan.root}/tests/test_contract.py::{test}"


def assert_found_out(
    tmp_path: Path,
    kind: str,
    changes: Mapping[str, Change],
    *,
    refused: Collection[str] = (),
) -> None:
    """Run for each wrong addon the test that must notice, and ask that all of them fail.

    Those that are `refused` cannot even be installed: their test ends before it begins.
    """
    root = tmp_path / "addons"
    wanted = [write_wrong(root, kind, name, change) for name, change in changes.items()]

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", "--tb=line", "--import-mode=importlib"]
        + ["-p", "no:cacheprovider", *wanted],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    ended = re.findall(r"^(FAILED|ERROR|PASSED) \S*?addons/(\w+)/", done.stdout, re.MULTILINE)
    expected = {(("ERROR" if name in refused else "FAILED"), name) for name in changes}
    assert set(ended) == expected, f"{set(ended) ^ expected}\n{done.stdout[-6000:]}"
    assert len(ended) == len(changes), done.stdout[-6000:]
