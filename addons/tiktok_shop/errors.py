"""What TikTok Shop says when it refuses: often in an answer of success, with a number."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from core.api import AuthFailed
from core.api import ConnectorError
from core.api import HttpResponse
from core.api import RateLimited
from core.api import RequestRefused
from core.api import Unavailable

DEFAULT_WAIT = 2.0
SUCCESS = 0


def judge(response: HttpResponse) -> ConnectorError | None:
    """Return the error that an answer tells, None if it tells none."""
    try:
        answer = response.json()
    except ConnectorError:
        # Whoever asked says that it is no answer.
        return None
    code = answer.get("code", SUCCESS) if isinstance(answer, dict) else SUCCESS
    return None if code == SUCCESS else error_of(code, answer, response.status)


def error_of(code: object, answer: Mapping[str, Any], status: int) -> ConnectorError:
    """Return the error that a number stands for, with TikTok's own words for it."""
    said = f"TikTok Shop refuses with {code}."
    if code in _codes()["credentials"]:
        refused = AuthFailed(
            said, hint="Authorise the shop again; the app needs all scopes that the page names."
        )
        refused.stale = code in _codes()["stale"]
        return refused
    if code in _codes()["limited"]:
        return RateLimited("TikTok Shop was asked too much.", retry_after=DEFAULT_WAIT)
    if code in _codes()["passing"]:
        return Unavailable(f"TikTok Shop failed with {code}.")
    return RequestRefused(said, status=status, detail=reason_of(answer))


def reason_of(answer: Mapping[str, Any]) -> str:
    """Return TikTok's own words for a refusal, with the numbers that its support asks for."""
    text = "".join(sign for sign in str(answer.get("message", "")) if sign.isprintable())
    said = f"{answer.get('code')}: {text[:300]}"
    number = answer.get("request_id")
    return f"{said} (request {number})" if number else said


def reasons(error: RequestRefused) -> str:
    """Return TikTok's own words for a refusal, for a person."""
    try:
        told = json.loads(error.detail)
    except ValueError:
        return error.detail or f"TikTok Shop answered {error.status}."
    return reason_of(told) if isinstance(told, dict) else error.detail


@cache
def _codes() -> Mapping[str, frozenset[int]]:
    told = tomllib.loads(files(__package__).joinpath("errors.toml").read_text("utf-8"))
    return {name: frozenset(codes) for name, codes in told.items()}
