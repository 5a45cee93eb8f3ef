"""Answers, amounts, moments and lists as TikTok Shop writes them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Response

from core.money import to_text
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.faults import Fault

Document = dict[str, Any]
SIGNED = ("app_key", "timestamp", "sign", "shop_cipher", "version")
"""What every request has beside its own parameters."""
PAGED = (*SIGNED, "page_size", "page_token", "sort_field", "sort_order")
INVALID = "36009001"


def answer(data: Document) -> Response:
    """Return an answer of success."""
    body = {"code": 0, "message": "Success", "request_id": "2026fake", "data": data}
    return as_json(body)


def seconds(at: datetime) -> int:
    """Return a moment."""
    return int(at.timestamp())


def amount(value: int, currency: str) -> str:
    """Return an amount, whose currency stands beside it."""
    return to_text(value, currency)


def page_of(asked: Asked, name: str, rows: Sequence[Any], most: int, usual: int = 20) -> Document:
    """Return a page of rows and the token of the next one: nobody but the platform can read it.

    A fault lets the page begin one row earlier than its token says, or end early.

    Raises: Refusal.
    """
    text = asked.query("page_size") or str(usual)
    size = int(text) if text.isdecimal() else 0
    if not 1 <= size <= most:
        raise Refusal(400, INVALID, f"page_size must be between 1 and {most}.")
    begin = _place(asked.query("page_token"))
    end = begin + size
    if asked.fault is Fault.OVERLAP and begin:
        begin, end = begin - 1, end - 1
    elif asked.fault is Fault.PARTIAL and size > 1:
        end = begin + (size + 1) // 2
    token = _token(end) if end < len(rows) else ""
    return {name: list(rows[begin:end]), "next_page_token": token, "total_count": len(rows)}


def within(asked: Asked, said: Document, name: str, at: datetime) -> bool:
    """Say whether a moment is in the window that a body or a query tells: from `_ge`, before `_lt`.

    Raises: Refusal.
    """
    try:
        begin = said.get(f"{name}_ge") or asked.query(f"{name}_ge")
        end = said.get(f"{name}_lt") or asked.query(f"{name}_lt")
        since, until = int(begin or 0), int(end or 2**40)
    except (TypeError, ValueError):
        raise Refusal(400, INVALID, f"{name} is told in seconds.") from None
    return since <= seconds(at) < until


def _token(place: int) -> str:
    return base64.urlsafe_b64encode(f"p{place}".encode()).decode()


def _place(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token).removeprefix(b"p"))
    except (ValueError, binascii.Error):
        raise Refusal(400, INVALID, "The page_token is invalid.") from None
