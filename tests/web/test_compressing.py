"""Style sheets and scripts are compressed for who takes that; pages with their secrets are not."""

from __future__ import annotations

import gzip

import pytest
from flask.testing import FlaskClient

GZIP = {"Accept-Encoding": "br, gzip"}


@pytest.mark.parametrize(
    "address", ["/static/app.css", "/static/app.js", "/bootstrap/static/css/bootstrap.min.css"]
)
def test_static_files_are_compressed_once_asked(client: FlaskClient, address: str) -> None:
    plain = client.get(address, buffered=True)
    packed = client.get(address, headers=GZIP, buffered=True)

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert "Accept-Encoding" in packed.headers["Vary"]
    known = {**GZIP, "If-None-Match": packed.headers["ETag"]}
    assert client.get(address, headers=known, buffered=True).status_code == 304


def test_pages_are_not_compressed(client: FlaskClient) -> None:
    assert "Content-Encoding" not in client.get("/", headers=GZIP).headers
