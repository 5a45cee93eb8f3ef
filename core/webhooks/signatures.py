"""Signatures of webhooks: checked on the raw bytes, in constant time, before anything is parsed."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from typing import Literal
from typing import Protocol

Encoding = Literal["hex", "base64"]
TOLERANCE_SECONDS = 300
MAX_SIGNATURES = 4


@dataclass(frozen=True, slots=True)
class WebhookMessage:
    """A webhook as it came in, not yet trusted; names of headers in lower case."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    path: str
    query: str
    received_at: datetime

    def header(self, name: str) -> str:
        """Return a header, or nothing."""
        return self.headers.get(name.lower(), "")


class Verifier(Protocol):
    """Says whether a message was signed with a secret; it neither parses nor writes."""

    def verify(self, message: WebhookMessage, secret: str) -> bool:
        """Say whether the signature holds; whatever it raises counts as no."""


@dataclass(frozen=True, slots=True)
class BodySignature:
    """HMAC-SHA256 over the raw body, in one header, perhaps after a prefix such as `sha256=`."""

    header: str
    encoding: Encoding = "base64"
    prefix: str = ""

    def verify(self, message: WebhookMessage, secret: str) -> bool:
        """Say whether the header is exactly the signature of the body."""
        expected = self.prefix + hmac_text(secret, message.body, self.encoding)
        return same(expected, message.header(self.header))


@dataclass(frozen=True, slots=True)
class StampedSignature:
    """HMAC-SHA256 over time and body, of a moment that is not long ago.

    Without `time_header` both stand in one header as `t=<seconds>,v1=<signature>`.
    """

    header: str
    time_header: str = ""
    encoding: Encoding = "hex"
    joint: str = "."
    tolerance: int = TOLERANCE_SECONDS

    def verify(self, message: WebhookMessage, secret: str) -> bool:
        """Say whether one of the signatures holds, and the moment is near."""
        stamp, given = self._parts(message)
        if not is_recent(stamp, message.received_at, self.tolerance):
            return False
        signed = f"{stamp}{self.joint}".encode() + message.body
        expected = hmac_text(secret, signed, self.encoding)
        # Every one is compared, so that the time tells nothing.
        return sum(same(expected, each) for each in given) > 0

    def _parts(self, message: WebhookMessage) -> tuple[str, list[str]]:
        text = message.header(self.header)
        if self.time_header:
            return message.header(self.time_header), [text]
        pairs = [part.partition("=") for part in text.split(",")]
        stamps = [value for name, _, value in pairs if name == "t"]
        given = [value for name, _, value in pairs if name == "v1"]
        return (stamps[0] if len(stamps) == 1 else ""), given[:MAX_SIGNATURES]


def hmac_text(
    secret: str, data: bytes, encoding: Encoding = "hex", *, algorithm: str = "sha256"
) -> str:
    """Return an HMAC as the text in which platforms send it."""
    digest = hmac.new(secret.encode(), data, getattr(hashlib, algorithm)).digest()
    return digest.hex() if encoding == "hex" else base64.b64encode(digest).decode("ascii")


def same(expected: str, given: str) -> bool:
    """Compare a signature with the one that came, in a time that tells nothing.

    The text itself must be the same: another spelling of the same bytes is not what was sent.
    """
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass"))


def is_recent(stamp: str, now: datetime, tolerance: int = TOLERANCE_SECONDS) -> bool:
    """Say whether a moment in seconds since 1970 is near, before or after."""
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        return False
    return abs(now.timestamp() - int(stamp)) <= tolerance
