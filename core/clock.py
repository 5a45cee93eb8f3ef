"""The one place that reads the clock."""

from __future__ import annotations

from datetime import UTC
from datetime import datetime


def now() -> datetime:
    """Return the present moment as aware UTC."""
    return datetime.now(UTC)
