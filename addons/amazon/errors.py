"""What Amazon says when it refuses."""

from __future__ import annotations

import json

from core.api import RequestRefused


def reasons(error: RequestRefused) -> str:
    """Return Amazon's own words for a refusal, for a person."""
    try:
        told = json.loads(error.detail)["errors"]
        said = "; ".join(f"{each['code']}: {each['message']}" for each in told)
    except (ValueError, KeyError, TypeError):
        said = ""
    return said[:500] or f"Amazon answered {error.status}."
