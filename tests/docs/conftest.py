"""What the tests of pages share: the server of processes, and books to begin with."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import ROOT
from tests.docs import steps

SHOP = Path(__file__).parent / "shop"


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Serve our programs to pages; give the address."""
    address = tmp_path_factory.mktemp("programs") / "socket"
    command = [sys.executable, "-m", "tests.docs.serving", str(address)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        yield address
        server.kill()


@pytest.fixture(scope="session")
def shop(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the books of a small shop once; pages work on copies."""
    home = tmp_path_factory.mktemp("shop")
    folder = steps.make_programs(home, programs)
    shutil.copytree(SHOP, home / "shop")
    done = subprocess.run(
        ["bash", "-e", "../shop/make.sh"],
        cwd=folder.parents[1],
        env={
            "PATH": f"{folder}:/usr/bin:/bin",
            "HOME": str(home),
            "ENTREPOT_INSTANCE": str(home / "entrepot" / "instance"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return home
