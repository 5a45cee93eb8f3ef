"""The database of a kernel: its sessions know the kernel, and faults wait until they end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from core.db import Database
from core.kernel import faults
from core.kernel import guarding


class KernelDatabase(Database):
    """A database whose sessions dispatch hooks through `session.info["kernel"]`."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        guarding.watch(self.engine)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session that cannot write; faults are recorded after it."""
        with faults.deferred(self), super().read() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a session that commits at the end; faults are recorded after it, or its undoing."""
        with faults.deferred(self), super().write() as session:
            yield session
