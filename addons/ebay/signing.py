"""Digital signatures over requests about money, as RFC 9421 has them and eBay wants them.

Sellers of the United Kingdom and the European Union must sign all that they ask of the Finances
API, and each refund. The private key stays here; eBay reads the public one from its own JWE.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key

from core.api import InputError
from core.api import Outgoing
from core.api import SecretText
from core.api import now

KEY_HEADER = "x-ebay-signature-key"
POST_ORDER = "/post-order/"
SIGNED = ("/sell/finances/", "/issue_refund")
Stamp = Callable[[Outgoing, Mapping[str, SecretText]], Outgoing]


@dataclass(frozen=True)
class SigningKey:
    """A private key, and eBay's JWE of its public one."""

    private: Ed25519PrivateKey | RSAPrivateKey
    jwe: str

    def sign(self, text: str) -> bytes:
        """Return the signature of a text."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(text.encode(), PKCS1v15(), SHA256())
        return self.private.sign(text.encode())


def stamper(settings: Mapping[str, Any]) -> Stamp:
    """Return what stamps the requests of an account; a key that was entered comes first."""
    entered = key_in(settings)

    def stamp(request: Outgoing, given: Mapping[str, SecretText]) -> Outgoing:
        path = urlsplit(request.url).path
        if path.startswith(POST_ORDER):
            # This API is older than the others, and has its own word for a token.
            told = request.headers.get("Authorization", "").replace("Bearer ", "IAF ", 1)
            request = replace(request, headers={**request.headers, "Authorization": told})
        if not (path.startswith(SIGNED[0]) or path.endswith(SIGNED[1])):
            return request
        key = entered or key_in(given)
        return request if key is None else signed(request, key, int(now().timestamp()))

    return stamp


def key_in(settings: Mapping[str, Any]) -> SigningKey | None:
    """Return the key that stands in settings, None if there is none.

    Raises: InputError for one that cannot be read.
    """
    told = {name: settings.get(name) for name in ("signing_key", "signing_jwe")}
    texts = {k: v.reveal() if isinstance(v, SecretText) else v or "" for k, v in told.items()}
    if not texts["signing_key"]:
        return None
    if not texts["signing_jwe"]:
        raise InputError("is needed beside the private key.", where="signing_jwe")
    return SigningKey(_private(texts["signing_key"]), texts["signing_jwe"])


def signed(request: Outgoing, key: SigningKey, created: int) -> Outgoing:
    """Return a request with its signature."""
    headers = {**request.headers, KEY_HEADER: key.jwe}
    if request.content:
        headers["Content-Digest"] = digest_of(request.content)
    names = _components(request)
    signature = base64.b64encode(key.sign(signature_base(request, key.jwe, created))).decode()
    headers["Signature-Input"] = f"sig1={_parameters(names, created)}"
    headers["Signature"] = f"sig1=:{signature}:"
    return replace(request, headers=headers)


def signature_base(request: Outgoing, jwe: str, created: int) -> str:
    """Return the text that is signed: a line for each part of the request, then what they are."""
    parts = urlsplit(request.url)
    values = {
        "content-digest": digest_of(request.content),
        KEY_HEADER: jwe,
        "@method": request.method,
        "@path": parts.path,
        "@authority": parts.netloc.lower(),
    }
    names = _components(request)
    lines = [f'"{name}": {values[name]}' for name in names]
    return "\n".join([*lines, f'"@signature-params": {_parameters(names, created)}'])


def digest_of(content: bytes) -> str:
    """Return the head that tells what a body hashes to."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


def _components(request: Outgoing) -> tuple[str, ...]:
    always = (KEY_HEADER, "@method", "@path", "@authority")
    return ("content-digest", *always) if request.content else always


def _parameters(names: tuple[str, ...], created: int) -> str:
    listed = " ".join(f'"{name}"' for name in names)
    return f"({listed});created={created}"


def _private(text: str) -> Ed25519PrivateKey | RSAPrivateKey:
    """Read a private key as eBay tells it: PKCS #8 in base64, with or without PEM's lines."""
    body = "".join(line for line in text.split("\n") if not line.startswith("-----"))
    try:
        key = load_der_private_key(base64.b64decode("".join(body.split()), validate=True), None)
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey | RSAPrivateKey):
        # Without the cause: it may quote the key.
        raise InputError(
            "is no private key of ED25519 or RSA.",
            where="signing_key",
            hint="Copy the whole privateKey that createSigningKey answered.",
        )
    return key
