"""The garbage collector while rows are worked on in bulk."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

BULK_OBJECTS = 100_000

_usual = gc.get_threshold()


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Let the collector run about once a batch within the block, not hundreds of times.

    A batch makes some 60,000 objects that live until its end, and almost all of them go without
    the collector's help: looking through them again and again cost a quarter of an import's time.
    """
    gc.set_threshold(BULK_OBJECTS, *_usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*_usual)
