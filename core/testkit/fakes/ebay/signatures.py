"""Checking digital signatures as RFC 9421 describes it: from the request, not from how it was made.

Whatever components the sender names are looked up in the request that arrived; those that eBay
wants must be among them. Nothing of a connector is used here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from werkzeug.wrappers import Request

from core import clock

if TYPE_CHECKING:
    from core.testkit.fakes.ebay.keys import SigningKeys

NEEDED = ("x-ebay-signature-key", "@method", "@path", "@authority")
SKEW_SECONDS = 300
MISSING = ("215001", "Missing x-ebay-signature-key header or another part of the signature.")
WRONG = ("215122", "Signature validation failed.")
LATE = ("215114", "The creation time of the signature is not near the present.")
_INPUT = re.compile(r"(?P<label>[a-z0-9_*.-]+)=\((?P<names>[^)]*)\)(?P<parameters>;[^,]*)?")
_CREATED = re.compile(r";created=(\d+)(?:;|$)")
Fault = tuple[str, str]


def must_be_signed(path: str) -> bool:
    """Say whether a seller of the United Kingdom or the Union must sign a request."""
    return path.startswith("/sell/finances/") or path.endswith("/issue_refund")


def verify(request: Request, keys: SigningKeys) -> Fault | None:
    """Return what is wrong with the signature of a request, None if nothing is."""
    given = _INPUT.fullmatch(request.headers.get("Signature-Input", ""))
    jwe = request.headers.get("x-ebay-signature-key", "")
    if given is None or not jwe or "Signature" not in request.headers:
        return MISSING
    parameters = given["parameters"] or ""
    created = _CREATED.search(parameters)
    if created is None or abs(clock.now().timestamp() - int(created[1])) > SKEW_SECONDS:
        return LATE
    names = [name.strip('"') for name in given["names"].split()]
    body = request.get_data()
    needed = {*NEEDED, "content-digest"} if body else set(NEEDED)
    if not needed <= set(names) or (body and not _digest_holds(request, body)):
        return WRONG
    lines = [f'"{name}": {_component(request, name)}' for name in names]
    lines.append(f'"@signature-params": ({given["names"]}){parameters}')
    signature = _bytes(request.headers["Signature"], given["label"])
    key = keys.public(jwe)
    return None if key is not None and _holds(key, signature, "\n".join(lines)) else WRONG


def _component(request: Request, name: str) -> str:
    """Return a part of a request by the name that RFC 9421 gives it."""
    derived = {
        "@method": request.method,
        "@path": request.path,
        "@authority": request.host.lower(),
    }
    return derived.get(name, request.headers.get(name, "").strip())


def _digest_holds(request: Request, body: bytes) -> bool:
    told = base64.b64encode(hashlib.sha256(body).digest()).decode()
    return request.headers.get("Content-Digest") == f"sha-256=:{told}:"


def _bytes(header: str, label: str) -> bytes:
    match = re.fullmatch(rf"{re.escape(label)}=:([A-Za-z0-9+/=]*):", header)
    try:
        return base64.b64decode(match[1], validate=True) if match else b""
    except binascii.Error:
        return b""


def _holds(key: Ed25519PublicKey, signature: bytes, text: str) -> bool:
    try:
        key.verify(signature, text.encode())
    except InvalidSignature:
        return False
    return True
