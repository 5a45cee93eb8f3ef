"""Signatures of requests: TikTok Shop signs path, parameters and body with the app's secret."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl
from urllib.parse import urlencode
from urllib.parse import urlsplit
from urllib.parse import urlunsplit

from core.api import Outgoing
from core.api import SecretText
from core.api import hmac_text
from core.api import now
from core.api import setting_text

UNSIGNED = ("sign", "access_token")
CIPHER = "shop_cipher"
FORM = "multipart/form-data"
OF_NO_SHOP = ("/authorization/", "/product/202309/images/")
Stamp = Callable[[Outgoing, Mapping[str, SecretText]], Outgoing]


def stamper(settings: Mapping[str, Any]) -> Stamp:
    """Return what names app and shop in the requests of an account, and signs them."""

    def stamp(request: Outgoing, given: Mapping[str, SecretText]) -> Outgoing:
        cipher = given.get(CIPHER)
        return signed(request, settings, cipher.reveal() if cipher is not None else "")

    return stamp


def signed(request: Outgoing, settings: Mapping[str, Any], cipher: str = "") -> Outgoing:
    """Return a request with its signature; one that concerns a shop needs the shop's cipher."""
    parts = urlsplit(request.url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if cipher and not parts.path.startswith(OF_NO_SHOP):
        query[CIPHER] = cipher
    kind = next((v for k, v in request.headers.items() if k.lower() == "content-type"), "")
    # Of a form with a file nothing but path and parameters is signed.
    body = b"" if kind.startswith(FORM) else request.content
    told = sign_query(parts.path, query, body, settings)
    return replace(request, url=urlunsplit(parts._replace(query=urlencode(told))))


def sign_query(
    path: str, query: Mapping[str, str], body: bytes, settings: Mapping[str, Any]
) -> dict[str, str]:
    """Return parameters with those that say who asks and when, and the signature over all."""
    stamp = str(int(now().timestamp()))
    told = {**query, "app_key": setting_text(settings, "app_key"), "timestamp": stamp}
    told["sign"] = signature(path, told, body, setting_text(settings, "app_secret"))
    return told


def signature(path: str, query: Mapping[str, str], body: bytes, secret: str) -> str:
    """Return the signature of a request."""
    told = "".join(f"{name}{query[name]}" for name in sorted(query) if name not in UNSIGNED)
    return hmac_text(secret, f"{secret}{path}{told}".encode() + body + secret.encode())
