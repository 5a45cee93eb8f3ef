"""Amounts of TikTok Shop's documents: texts, whose currency stands beside them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from datetime import datetime
from typing import Any

from core.api import MappingError
from core.api import money

Document = Mapping[str, Any]


def amount_of(told: object, currency: str, path: str) -> int:
    """Return an amount; nothing is nothing.

    Raises: MappingError.
    """
    return 0 if told in (None, "") else money(told, currency, path=path)


def moment_of(told: object, path: str) -> datetime:
    """Return a moment, told in seconds since 1970.

    Raises: MappingError.
    """
    if not isinstance(told, int) or isinstance(told, bool) or not 0 < told < 2**36:
        raise MappingError(path, told)
    return datetime.fromtimestamp(told, UTC)
