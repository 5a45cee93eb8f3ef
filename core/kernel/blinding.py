"""Blind indexes: how a row is found by a value that it holds only encrypted.

The index of a value is its HMAC under a key made from one of the keyring: equal values have equal
indexes, and without the key nobody can try values against them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.kernel.keys import Keyring


def blind(key: str, purpose: str, value: str) -> str:
    """Return the index of a value; those of different purposes have nothing in common."""
    digest = hmac.new(_key(key), f"{purpose}\x1f{value}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest[:18]).decode("ascii")


def blinds(keyring: Keyring, purpose: str, value: str) -> tuple[str, ...]:
    """Return the index of a value under every key: a row may not have met the newest yet."""
    return tuple(blind(key, purpose, value) for key in keyring.keys)


@lru_cache(maxsize=16)
def _key(key: str) -> bytes:
    # Another key than those that encrypt, made from the same: each serves one purpose.
    derive = HKDF(SHA256(), length=32, salt=None, info=b"entrepot blind index")
    return derive.derive(base64.urlsafe_b64decode(key))
