"""What a transaction need not wait for: a thread of its connection does it, step after step.

PostgreSQL's copies cannot be sent in the driver's pipeline mode, and a copy ends when every index,
foreign key and trigger of its rows is done: about half the time of a batch. Meanwhile the batch
goes on working out what comes next. Whoever asks the connection for anything waits for the thread
first, and the commit does: a failure comes to light there, and everything is undone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

_THREAD, _LAST = "thread", "last step given to the thread"

SWITCH_SECONDS = 0.0005
"""How long one thread may keep the others waiting: a copy waits for its turn a few times."""

Step = Callable[[], object]


def do_behind(info: dict[Any, Any], step: Step) -> None:
    """Have a step done after those before it; `info` belongs to the connection.

    After one that failed no other is done.
    """
    thread = info.get(_THREAD)
    if thread is None:
        sys.setswitchinterval(min(SWITCH_SECONDS, sys.getswitchinterval()))
        thread = info[_THREAD] = ThreadPoolExecutor(1, "database")
    info[_LAST] = thread.submit(_do_after, info.get(_LAST), step)


def _do_after(before: Future[None] | None, step: Step) -> None:
    if before is not None:
        before.result()
    step()


def is_behind(info: dict[Any, Any]) -> bool:
    """Say whether steps were given to the thread that nobody has waited for."""
    return _LAST in info


def wait_behind(info: dict[Any, Any]) -> None:
    """Wait until all steps are done.

    Raises: what the first of them that failed raised.
    """
    last: Future[None] | None = info.pop(_LAST, None)
    if last is not None:
        last.result()


def drop_behind(info: dict[Any, Any]) -> None:
    """Wait until the thread is idle; whatever failed is undone with the rest."""
    with suppress(Exception):
        wait_behind(info)
