"""The Key Management API: pairs of keys for digital signatures."""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization import NoEncryption
from cryptography.hazmat.primitives.serialization import PrivateFormat
from cryptography.hazmat.primitives.serialization import PublicFormat
from werkzeug.wrappers import Response

from core.testkit.fakes.ebay.writing import Document
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation

PATH = "/developer/key_management/v1/signing_key"
LIFE = timedelta(days=3 * 365)


class SigningKeys:
    """The keys that were given out; the first one is the same at any time."""

    def __init__(self) -> None:
        self._public: dict[str, Ed25519PublicKey] = {}
        seed = hashlib.sha256(b"a key of nobody").digest()
        self.first = self._keep(Ed25519PrivateKey.from_private_bytes(seed), "eyJmYWtlIjoiandlIn0")

    def public(self, jwe: str) -> Ed25519PublicKey | None:
        """Return the public key in a JWE, which nobody but the platform can open."""
        return self._public.get(jwe)

    def make(self) -> tuple[str, str]:
        """Make a pair, and return the private key and the JWE of the public one."""
        return self._keep(Ed25519PrivateKey.generate(), f"eyJ6aXAi{secrets.token_urlsafe(24)}")

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._public)

    def _keep(self, private: Ed25519PrivateKey, jwe: str) -> tuple[str, str]:
        self._public[jwe] = private.public_key()
        told = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return base64.b64encode(told).decode(), jwe


class Keys(Part):
    """Keys of an application."""

    @operation("createSigningKey", "POST", PATH)
    def create(self, asked: Asked) -> Response:
        """Make a pair; its private key is told this once."""
        if asked.document().get("signingKeyCipher") != "ED25519":
            raise Refusal(400, "210001", "Only ED25519 is simulated.")
        private, jwe = self.fake.signing.make()
        public = self.fake.signing.public(jwe)
        told = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        now = self.fake.clock.now()
        made: Document = {
            "signingKeyId": secrets.token_hex(8),
            "signingKeyCipher": "ED25519",
            "jwe": jwe,
            "privateKey": private,
            "publicKey": base64.b64encode(told).decode(),
            "creationTime": int(now.timestamp()),
            "expirationTime": int((now + LIFE).timestamp()),
        }
        return as_json(made)
