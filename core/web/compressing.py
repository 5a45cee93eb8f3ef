"""Style sheets and scripts go out compressed; pages do not, since they hold secrets (BREACH)."""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import Flask
from flask import Response
from flask import request

TYPES = {"text/css", "text/javascript", "application/javascript", "image/svg+xml"}
SMALLEST = 1_000
"""Bytes that are worth it."""


def compress_static(response: Response) -> Response:
    """Compress a static file for a browser that takes gzip; each version of a file once."""
    endpoint = request.endpoint or ""
    if not endpoint.endswith("static") or response.mimetype not in TYPES:
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code != 200 or not request.accept_encodings.quality("gzip"):
        return response
    response.direct_passthrough = False
    plain = response.get_data()
    if len(plain) < SMALLEST:
        return response
    etag, _weak = response.get_etag()
    response.set_data(_compressed(plain))
    response.headers["Content-Encoding"] = "gzip"
    if etag:
        # The bytes differ from those of the plain file, what they mean does not.
        response.set_etag(etag, weak=True)
    return response


@lru_cache(maxsize=32)
def _compressed(plain: bytes) -> bytes:
    return gzip.compress(plain, mtime=0)


def init_compressing(app: Flask) -> None:
    """Compress what an app serves from files."""
    app.after_request(compress_static)
