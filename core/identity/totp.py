"""Codes of the second factor: time-based one-time passwords (RFC 6238: SHA-1, 6 digits, 30 s)."""

from __future__ import annotations

import base64
import hmac
import secrets
import struct
from datetime import datetime
from urllib.parse import quote

STEP_SECONDS = 30
DIGITS = 6
WINDOW = 1
"""How many steps a clock may be off, before and after."""

RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> str:
    """Return a secret of 160 bits in base32, as apps take it."""
    return base64.b32encode(secrets.token_bytes(20)).decode("ascii")


def step_of(moment: datetime) -> int:
    """Return the number of the step that a moment lies in."""
    return int(moment.timestamp()) // STEP_SECONDS


def code_at(secret: str, step: int) -> str:
    """Return the code of a step."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), "sha1")
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def matching_step(secret: str, code: str, moment: datetime, after: int) -> int | None:
    """Return the step whose code it is; a step not after `after` was used and counts no more."""
    # As bytes: text outside ASCII cannot be compared, and what fails tells more than "no".
    given = code.replace(" ", "").encode("utf-8", "surrogatepass")
    now = step_of(moment)
    for step in range(now - WINDOW, now + WINDOW + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), given) and step > after:
            return step
    return None


def address_of(secret: str, user: str) -> str:
    """Return the address that an app reads, as text or as a picture."""
    label = quote(f"Entrepot:{user}")
    return f"otpauth://totp/{label}?secret={secret}&issuer=Entrepot"


def new_recovery_codes() -> list[str]:
    """Return codes for the day on which the phone is lost."""
    return ["-".join(_word() for _ in range(3)) for _ in range(RECOVERY_CODES)]


def _word() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(5))
