"""Sealed bytes: what may hold personal data lies in the database encrypted and bound to its place.

AES-256-GCM under a key derived from the installation's newest one. `place` says what the bytes are
and whose; sealed bytes that were copied to another place cannot be opened there.
"""

from __future__ import annotations

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.config import Config
from core.errors import KernelError
from core.kernel import keys

NONCE_BYTES = 12


def seal(config: Config, place: str, data: bytes) -> tuple[str, str]:
    """Return the id of the key, and the bytes sealed for their place."""
    keyring = keys.ensure_keys(config)
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + _cipher(keyring.keys[0]).encrypt(nonce, data, place.encode())
    return keyring.newest, base64.b64encode(sealed).decode("ascii")


def unseal(config: Config, place: str, key_id: str, sealed: str) -> bytes:
    """Return what was sealed for a place.

    Raises: KernelError when the key is not there, or the bytes are not those of the place.
    """
    key = next((key for key in keys.load_keys(config).keys if keys.key_id(key) == key_id), None)
    if key is None:
        raise KernelError(
            f"The key {key_id} is not there.", hint="Put back the file of keys that was backed up."
        )
    try:
        raw = base64.b64decode(sealed, validate=True)
        return _cipher(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError) as error:
        raise KernelError(f"What was sealed for {place} was changed, or moved here.") from error


def _cipher(key: str) -> AESGCM:
    # A key of its own for this purpose: the same bits never serve two ciphers.
    derive = HKDF(hashes.SHA256(), length=32, salt=None, info=b"entrepot sealing 1")
    return AESGCM(derive.derive(base64.urlsafe_b64decode(key)))
