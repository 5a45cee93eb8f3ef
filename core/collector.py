"""The garbage collector: it leaves alone what a program loaded, and comes seldom in bulk work."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

BULK_OBJECTS = 100_000
SERVING = (20_000, 50, 100)

_usual = [gc.get_threshold()]


def leave_loaded_alone() -> None:
    """Let the collector pass over what is there now: modules, mappers and addons stay for good.

    They are about a million objects; looking through them whenever a request or an order had made
    some hundreds of new ones cost a fifth of the processor's time.
    """
    gc.freeze()
    _usual[0] = SERVING
    gc.set_threshold(*_usual[0])


@contextmanager
def loading() -> Iterator[None]:
    """Keep the collector out while a program loads; then it passes over what is there.

    To look again and again through what stays anyway took a quarter of the time of a start.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        leave_loaded_alone()


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Let the collector run about once a batch within the block, not hundreds of times.

    A batch makes some 60,000 objects that live until its end, and almost all of them go without
    the collector's help: looking through them again and again cost a quarter of an import's time.
    """
    # Never back to what it finds here: that may be another thread's bulk work.
    gc.set_threshold(BULK_OBJECTS, *_usual[0][1:])
    try:
        yield
    finally:
        gc.set_threshold(*_usual[0])
