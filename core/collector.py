"""The garbage collector: it leaves alone what a program loaded, and comes seldom in bulk work."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

BULK_OBJECTS = 100_000
SERVING = (20_000, 50, 100)

STARTING = gc.get_threshold()


def leave_loaded_alone() -> None:
    """Let the collector pass over what is there now: modules, mappers and addons stay for good.

    They are about a million objects; looking through them whenever a request or an order had made
    some hundreds of new ones cost a fifth of the processor's time.
    """
    gc.freeze()
    gc.set_threshold(*SERVING)


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Let the collector run about once a batch within the block, not hundreds of times.

    A batch makes some 60,000 objects that live until its end, and almost all of them go without
    the collector's help: looking through them again and again cost a quarter of an import's time.
    """
    # Not what it finds: that may be another thread's bulk work.
    usual = SERVING if gc.get_freeze_count() else STARTING
    gc.set_threshold(BULK_OBJECTS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
