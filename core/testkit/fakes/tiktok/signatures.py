"""Checking signatures from the request that arrived: nothing of a connector is used here.

The platform's rule: what was asked, its path, the parameters in the order of their names and the
body, unless that is a form with a file, stands between the secret and the secret; `sign` is its
HMAC-SHA256 in hex.
"""

from __future__ import annotations

import hmac
from urllib.parse import parse_qsl

from werkzeug.wrappers import Request

from core import clock

SKEW_SECONDS = 300
UNSIGNED = frozenset({"sign", "access_token"})
WRONG = "106001"
LATE = "106011"
Fault = tuple[str, str]


def verify(request: Request, app_key: str, secret: str) -> Fault | None:
    """Return what is wrong with the signature of a request, None if nothing is."""
    given = parse_qsl(request.query_string.decode(), keep_blank_values=True)
    told = dict(given)
    if len(told) != len(given) or told.get("app_key") != app_key or not told.get("sign"):
        return WRONG, "The parameters app_key and sign are needed once each."
    stamp = told.get("timestamp", "")
    if not stamp.isdecimal() or abs(clock.now().timestamp() - int(stamp)) > SKEW_SECONDS:
        return LATE, "The timestamp is not near the present."
    body = b"" if request.mimetype == "multipart/form-data" else request.get_data()
    expected = sign(request.path, told, body, secret)
    if not hmac.compare_digest(expected, told["sign"]):
        return WRONG, "The signature is invalid."
    return None


def sign(path: str, parameters: dict[str, str], body: bytes, secret: str) -> str:
    """Return the signature of a request."""
    engine = hmac.new(secret.encode(), digestmod="sha256")
    engine.update(f"{secret}{path}".encode())
    for name, value in sorted(parameters.items()):
        if name not in UNSIGNED:
            engine.update(f"{name}{value}".encode())
    engine.update(body + secret.encode())
    return engine.hexdigest()


def sign_push(app_key: str, secret: str, body: bytes) -> str:
    """Return what stands in the head of a message that the platform sends."""
    return hmac.new(secret.encode(), app_key.encode() + body, "sha256").hexdigest()
