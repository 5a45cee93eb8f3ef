"""What the runners of worked cases share."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.kernel.companies import find_company
from tests.databases import make_template
from tests.world import World
from tests.world import boot
from tests.world import prepare

Check = tuple[str, Callable[[], None]]
"""A case by name, and what raises unless it holds."""


class Failed(AssertionError):
    """The services answer something else than the case expects."""


class NotRun(Exception):
    """The case gives no facts that a service takes, or the service is not there yet."""


def same(found: Any, expected: Any) -> None:
    """Raise unless two values are the same."""
    if found != expected:
        raise Failed(f"expected {expected}, found {found}")


class Companies:
    """Trading companies for cases, each a copy of one that is ready to trade."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = 0

    @contextmanager
    def fresh(self) -> Iterator[World]:
        """Give a company for the block."""
        template = self.folder / "template.sqlite"
        if not template.exists():
            make_template(f"sqlite:///{template}")
            prepare(f"sqlite:///{template}", self.folder)
        self._count += 1
        copy = self.folder / f"case{self._count}.sqlite"
        shutil.copyfile(template, copy)
        kernel = boot(f"sqlite:///{copy}", self.folder)
        try:
            with kernel.db.read() as session:
                company = find_company(session)
            yield World(kernel, company, self.folder)
        finally:
            kernel.db.dispose()
