"""The installation's own key: it signs the audit trail and the digests of tokens.

It lies beside the database, not in it: whoever holds only the database can neither forge an entry
nor use a digest. Every machine of an installation needs the same file.
"""

from __future__ import annotations

import hmac
import os
import secrets
from functools import lru_cache
from pathlib import Path

KEY_FILE = "identity.key"


def identity_key(instance: Path) -> bytes:
    """Return the key, made at its first use; of two processes starting at once, one wins."""
    return _read(instance / KEY_FILE)


@lru_cache(maxsize=64)
def _read(file: Path) -> bytes:
    if not file.exists():
        draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(f"{secrets.token_hex(32)}\n")
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return bytes.fromhex(file.read_text("ascii").strip())


def keyed_digest(key: bytes, purpose: str, text: str) -> str:
    """Return the digest of a text for one purpose; without the key nobody can make it."""
    return hmac.digest(key, f"{purpose}\n{text}".encode(), "sha256").hex()
