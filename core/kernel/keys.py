"""The keys that encrypt secrets: from ENTREPOT_SECRET_KEYS, or from `secret.keys` in the instance.

The first key encrypts, all of them decrypt. A key is called by its id, a part of its hash, so that
a stored secret can say which key it needs.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.fernet import MultiFernet

from core.config import Config
from core.errors import InputError
from core.errors import KernelError

KEY_FILE = "secret.keys"
VARIABLE = "ENTREPOT_SECRET_KEYS"


@dataclass(frozen=True, repr=False)
class Keyring:
    """The keys that this installation holds, the newest first; it may be empty."""

    keys: tuple[str, ...]
    source: str
    """Where they come from, for messages."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the ids of the keys."""
        return tuple(key_id(key) for key in self.keys)

    @property
    def newest(self) -> str:
        """Return the id of the key that encrypts."""
        return self.ids[0]

    def cipher(self) -> MultiFernet:
        """Return what encrypts and decrypts.

        Raises: KernelError when there is no key.
        """
        if not self.keys:
            raise KernelError(
                "There is no key to encrypt secrets with.",
                hint=f"`entrepot init` makes {KEY_FILE}, or set {VARIABLE}.",
            )
        return MultiFernet([Fernet(key) for key in self.keys])


def key_id(key: str) -> str:
    """Return what a key is called."""
    return hashlib.sha256(key.encode()).hexdigest()[:12]


def load_keys(config: Config) -> Keyring:
    """Return the keys as they are now; the file is read each time, for another process rotates.

    Raises: InputError naming the file or variable that holds no key.
    """
    file = config.instance / KEY_FILE
    source = VARIABLE if config.secret_keys else str(file)
    return _keyring(config.secret_keys or _text_of(file), source)


def _text_of(file: Path) -> str:
    try:
        return file.read_text("ascii")
    except FileNotFoundError:
        return ""


@lru_cache(maxsize=8)
def _keyring(text: str, source: str) -> Keyring:
    keys = tuple(text.replace(",", " ").split())
    for place, key in enumerate(keys, 1):
        try:
            Fernet(key)
        except ValueError:
            # Without the cause: it might tell of the key.
            raise InputError(
                f"key {place} is not 32 bytes in URL-safe base64.",
                where=source,
                hint="Put back the file that was backed up, or make a key with `openssl rand`.",
            ) from None
    return Keyring(keys, source)


def ensure_keys(config: Config) -> Keyring:
    """Return the keys; where there are none, make the first."""
    keyring = load_keys(config)
    if keyring.keys:
        return keyring
    file = config.instance / KEY_FILE
    draft = _draft(file, [new_key()])
    try:
        # A link fails where the name exists: of two processes starting at once, one wins.
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return load_keys(config)


def replace_keys(config: Config, keys: list[str]) -> Keyring:
    """Write other keys into the file, at once or not at all.

    Raises: KernelError when the keys come from the environment, which only its owner changes.
    """
    if config.secret_keys:
        raise KernelError(
            f"The keys come from {VARIABLE}.", hint="Put a new key in front of it there."
        )
    file = config.instance / KEY_FILE
    _draft(file, keys).replace(file)
    return load_keys(config)


def new_key() -> str:
    """Return a new key."""
    return Fernet.generate_key().decode("ascii")


def _draft(file: Path, keys: list[str]) -> Path:
    draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write("".join(f"{key}\n" for key in keys))
        out.flush()
        # Secrets are encrypted with it next: it must be on the disk before them.
        os.fsync(out.fileno())
    return draft
