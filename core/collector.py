"""The garbage collector: it leaves alone what a program loaded, and comes seldom in bulk work."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

BULK_OBJECTS = 100_000
SERVING = (20_000, 50, 100)

_usual = [gc.get_threshold()]


def come_seldom() -> None:
    """Let the collector come as seldom as while serving, from the first import of Entrepot on.

    To look again and again through modules that stay anyway took a quarter of the time of a start.
    """
    gc.set_threshold(*SERVING)


def leave_loaded_alone() -> None:
    """Let the collector pass over what is there now: modules, mappers and addons stay for good.

    They are about a million objects; looking through them whenever a request or an order had made
    some hundreds of new ones cost a fifth of the processor's time.
    """
    gc.freeze()
    _usual[0] = SERVING
    gc.set_threshold(*_usual[0])


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
