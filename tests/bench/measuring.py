"""What is measured while an import runs: time, processor time and memory, without a profiler."""

from __future__ import annotations

import os
import resource
import statistics
import sys
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import Database

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Watch:
    """The moments of an import: each write transaction, and how many lines were done after it."""

    database: Database
    began: float = field(default_factory=time.perf_counter)
    transactions: list[tuple[float, float]] = field(default_factory=list)
    lines: list[tuple[float, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._write = self.database.write
        self.database.write = self.write  # type: ignore[method-assign]

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Time a write transaction from its beginning to the end of its commit."""
        start = time.perf_counter()
        with self._write() as session:
            yield session
        self.transactions.append((start, time.perf_counter()))

    def progress(self, step: str, done: int, _total: int) -> None:
        """Note how many lines a batch has brought us to."""
        if step == "booking":
            self.lines.append((time.perf_counter(), done))

    def stop(self) -> dict[str, Any]:
        """Return where the time went, and how it was spread."""
        ended = time.perf_counter()
        self.database.write = self._write  # type: ignore[method-assign]
        batches = [end - start for start, end in self.transactions[1:-1]]
        seconds = ended - self.began
        staging = self.transactions[0][0] - self.began
        total = self.lines[-1][1]
        return {
            "lines": total,
            "seconds": round(seconds, 2),
            "lines_per_second": round(total / seconds),
            "stages": {
                "read_and_stage": round(staging, 2),
                "batches": round(sum(batches), 2),
                "between_batches": round(seconds - staging - sum(batches), 2),
            },
            "batches": {
                "count": len(batches),
                "mean_ms": round(1000 * statistics.mean(batches)),
                "median_ms": round(1000 * statistics.median(batches)),
                "max_ms": round(1000 * max(batches)),
            },
            "first_tenth_lines_per_second": self._rate(0, total // 10),
            "last_tenth_lines_per_second": self._rate(total - total // 10, total),
        }

    def _rate(self, start: int, end: int) -> int:
        """Return the rate of booking between two counts of lines, from batch to batch."""
        counts = [0, *(done for _, done in self.lines)]
        moments = [self.transactions[0][1], *(moment for moment, _ in self.lines)]
        last = bisect_left(counts, end)
        first = min(bisect_left(counts, start), last - 1)
        return round((counts[last] - counts[first]) / (moments[last] - moments[first]))


def peak_memory_mb() -> int:
    """Return the most memory that this process ever held."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit // 2**20


def server_cpu(database: Database) -> float | None:
    """Return the processor time of all processes of a PostgreSQL server on this machine."""
    if database.dialect == "sqlite" or not Path("/proc").is_dir():
        return None
    with database.read() as session:
        backend = session.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
    postmaster = _stat(backend)[1]
    processes = (_stat(int(path.name)) for path in Path("/proc").glob("[0-9]*"))
    return sum(ticks for ticks, parent in processes if parent == postmaster) / TICKS


def _stat(pid: int) -> tuple[int, int]:
    """Return the processor time of a process in ticks, and its parent."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0, -1
    return int(fields[11]) + int(fields[12]), int(fields[1])
