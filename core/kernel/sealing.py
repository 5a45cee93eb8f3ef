"""Sealed bytes: what may hold personal data lies in the database encrypted and bound to its place.

AES-256-GCM under a key derived from the installation's newest one. `place` says what the bytes are
and whose; sealed bytes that were copied to another place cannot be opened there.
"""

from __future__ import annotations

import base64
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.config import Config
from core.errors import KernelError
from core.kernel import keys
from core.kernel.keys import Keyring

NONCE_BYTES = 12


class Sealer:
    """Seals and opens with keys that were read once, for work on many rows."""

    def __init__(self, keyring: Keyring) -> None:
        self.keyring = keyring
        self._ciphers = {keys.key_id(key): _cipher(key) for key in keyring.keys}

    def seal(self, place: str, data: bytes) -> tuple[str, str]:
        """Return the id of the newest key, and the bytes sealed for their place."""
        nonce = os.urandom(NONCE_BYTES)
        newest = self.keyring.newest
        sealed = nonce + self._ciphers[newest].encrypt(nonce, data, place.encode())
        return newest, base64.b64encode(sealed).decode("ascii")

    def unseal(self, place: str, key_id: str, sealed: str) -> bytes:
        """Return what was sealed for a place.

        Raises: KernelError when the key is not there, or the bytes are not those of the place.
        """
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise KernelError(
                f"The key {key_id} is not there.",
                hint="Put back the file of keys that was backed up.",
            )
        try:
            raw = base64.b64decode(sealed, validate=True)
            return cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise KernelError(f"What was sealed for {place} was changed, or moved here.") from error


def seal(config: Config, place: str, data: bytes) -> tuple[str, str]:
    """Return the id of the key, and the bytes sealed for their place."""
    return Sealer(keys.ensure_keys(config)).seal(place, data)


def unseal(config: Config, place: str, key_id: str, sealed: str) -> bytes:
    """Return what was sealed for a place.

    Raises: KernelError when the key is not there, or the bytes are not those of the place.
    """
    return Sealer(keys.load_keys(config)).unseal(place, key_id, sealed)


@lru_cache(maxsize=8)
def _cipher(key: str) -> AESGCM:
    # A key of its own for this purpose: the same bits never serve two ciphers.
    derive = HKDF(hashes.SHA256(), length=32, salt=None, info=b"entrepot sealing 1")
    return AESGCM(derive.derive(base64.urlsafe_b64decode(key)))
