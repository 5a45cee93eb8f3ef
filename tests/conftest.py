"""What all tests share: the world of `tests.world`, and how much the property tests try.

That is a twentieth of the full count, and all of it under `-m soak`.
"""

from __future__ import annotations

import gc
import logging
import os
from typing import Any

import pytest
from hypothesis import settings

from core.collector import leave_loaded_alone
from core.logs import LIMIT
from core.logs import LimitedFormatter
from tests.world import world
from tests.world import world_url
from tests.world import worlds

__all__ = ["world", "world_url", "worlds"]

FULL_COUNT = 1000

# A slow machine is no failure: the suite as a whole has a time limit, single examples have none.
settings.register_profile("quick", max_examples=FULL_COUNT // 20, deadline=None, print_blob=True)
settings.register_profile("soak", max_examples=FULL_COUNT, deadline=None, print_blob=True)


def pytest_configure(config: pytest.Config) -> None:
    """Choose the count by the marker expression, and collect tests without the collector."""
    gc.disable()
    settings.load_profile("soak" if config.option.markexpr == "soak" else "quick")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Give the processors one worker more than there are: some tests wait for what they started."""
    return (os.cpu_count() or 1) + 1


class CapturedFormatter(LimitedFormatter):
    """Keep of what is logged no more than the program's own log does.

    Among the addons that do wrong is one that fails with ten megabytes, each time it is asked.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and forget the long one."""
        line = super().format(record)
        if len(record.exc_text or "") > LIMIT:
            record.exc_text = record.exc_info = None
        return line


def pytest_sessionstart(session: pytest.Session) -> None:
    """Shorten what is captured of the log."""
    captured: Any = session.config.pluginmanager.get_plugin("logging-plugin")
    for handler in (captured.caplog_handler, captured.report_handler):
        handler.setFormatter(CapturedFormatter("%(levelname)-8s %(name)s: %(message)s"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what is long by intent take its time; all else is stopped by `timeout`."""
    for item in items:
        if any(item.get_closest_marker(name) for name in ("soak", "bench", "browser")):
            item.add_marker(pytest.mark.timeout(0))


def pytest_collection_finish() -> None:
    """Look after the tests' own objects only, as the program does with those it has loaded."""
    gc.enable()
    leave_loaded_alone()
