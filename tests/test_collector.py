"""The collector passes over what was loaded, and is as before after bulk work."""

from __future__ import annotations

import gc
import subprocess
import sys

from core.collector import BULK_OBJECTS
from core.collector import SERVING
from core.collector import collecting_seldom
from core.collector import leave_loaded_alone


def test_what_is_loaded_is_passed_over() -> None:
    loaded = [[] for _ in range(1000)]

    leave_loaded_alone()

    assert gc.get_freeze_count() > len(loaded)
    assert gc.get_threshold() == SERVING


def test_from_the_first_import_on_it_comes_seldom() -> None:
    code = "import core, gc; print(*gc.get_threshold())"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert tuple(map(int, done.stdout.split())) == SERVING


def test_in_bulk_work_it_comes_seldom_and_after_it_as_before() -> None:
    leave_loaded_alone()
    with collecting_seldom():
        assert gc.get_threshold()[0] == BULK_OBJECTS

    assert gc.get_threshold() == SERVING
