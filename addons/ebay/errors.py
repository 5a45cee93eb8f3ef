"""What eBay says when it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

from core.api import RequestRefused

SIGNATURE = ("2150", "2151")
"""How the numbers of errors about digital signatures begin."""


def reasons(error: RequestRefused) -> str:
    """Return eBay's own words for a refusal, for a person."""
    return told(_errors(error)) or f"eBay answered {error.status}."


def told(errors: Iterable[Mapping[str, Any]]) -> str:
    """Return what a list of errors says, for a person."""
    said = [
        f"{each.get('errorId')}: {each.get('longMessage') or each.get('message')}"
        for each in errors
        if isinstance(each, dict)
    ]
    return "; ".join(said)[:500]


def wants_signature(error: RequestRefused) -> bool:
    """Say whether a request was refused for its digital signature."""
    numbers = [str(each.get("errorId")) for each in _errors(error)]
    return any(number.startswith(SIGNATURE) and len(number) == 6 for number in numbers)


def _errors(error: RequestRefused) -> list[Any]:
    try:
        found = json.loads(error.detail)["errors"]
    except (ValueError, KeyError, TypeError):
        return []
    return found if isinstance(found, list) else []
