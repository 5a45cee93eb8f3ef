"""What every answer carries: headers that keep foreign code out, and a number to ask about."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from flask import Flask
from flask import Response
from flask import g
from flask import request

KEY_FILE = "web.key"

# Bootstrap's style sheet draws its arrows and ticks as data: images; nothing else is inline.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
ONE_YEAR = 31_536_000


def secret_key(instance: Path) -> str:
    """Return the key that signs form tokens, made at the first start and shared by all workers."""
    file = instance / KEY_FILE
    draft = instance / f"{KEY_FILE}.{secrets.token_hex(4)}"
    if not file.exists():
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_hex(32))
        try:
            # A link fails where the name exists: of two workers starting at once, one wins.
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text("ascii")


def number_request() -> None:
    """Give the request a number that its answer, its log lines and its error page share."""
    g.request_id = secrets.token_hex(6)


def secure(response: Response) -> Response:
    """Add the headers that every answer carries."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = g.get("request_id", "")
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = f"max-age={ONE_YEAR}"
    if response.mimetype == "text/html":
        # What one person saw must not come out of a cache for the next one.
        response.headers["Cache-Control"] = "no-store"
    return response


def init_security(app: Flask) -> None:
    """Secure every answer of an app."""
    app.before_request(number_request)
    app.after_request(secure)
