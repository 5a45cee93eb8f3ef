"""A web application with two companies that are connected to the vendor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core.app import create_app
from core.kernel.connections import ConnectionInfo
from core.kernel.kernel import Kernel
from core.webhooks.refusals import refusals
from core.webhooks.signatures import hmac_text
from tests.http.conftest import ADDONS
from tests.http.conftest import boot_vendor
from tests.http.conftest import connect_vendor
from tests.kernel.platforms import make_company

OURS = "whsec_ours-4711"
NEXT = "whsec_next-4711"
THEIRS = "whsec_theirs-0815"


@dataclass
class Post:
    """Where webhooks are delivered."""

    app: Flask
    kernel: Kernel
    ours: ConnectionInfo
    theirs: ConnectionInfo

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def deliver(self, body: bytes, *, to: ConnectionInfo | None = None, **headers: str) -> int:
        """Deliver a body with headers and return the status of the answer."""
        connection = to or self.ours
        address = f"/hooks/{connection.addon}/{connection.id}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(address, data=body, headers=named).status_code

    def deliver_signed(self, document: Any, secret: str = OURS, **headers: str) -> int:
        """Deliver a document with its signature."""
        body = json.dumps(document).encode()
        return self.deliver(body, X_Vendor_Hmac=hmac_text(secret, body, "base64"), **headers)

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        with self.kernel.db.read() as session:
            return session.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one()


@pytest.fixture
def post(database_url: str, tmp_path: Path) -> Iterator[Post]:
    """Give two connections whose webhooks can be delivered."""
    from core.config import Config

    boot_vendor(database_url, tmp_path).db.dispose()
    app = create_app(Config(tmp_path, database_url, (ADDONS,)))
    kernel = app.extensions["entrepot"]
    first, second = make_company(kernel, "Shop"), make_company(kernel, "Other")
    ours = connect_vendor(kernel, first, webhook_secret=OURS, webhook_secret_next=NEXT)
    theirs = connect_vendor(kernel, second, webhook_secret=THEIRS)
    yield Post(app, kernel, ours, theirs)
    refusals.flush(kernel.db)
    kernel.db.dispose()
