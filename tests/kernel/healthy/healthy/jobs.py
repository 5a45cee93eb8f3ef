"""A job that only works."""

from __future__ import annotations

from core.api import JobContext
from core.api import job


@job(max_attempts=1)
def fails(context: JobContext) -> str:
    """Bear the name of a job of `bad_jobs`, and work."""
    return "works"
