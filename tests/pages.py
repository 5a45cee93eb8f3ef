"""Every page of the core, with the variable parts of its address taken from the rows there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from core.app import create_app
from core.config import Config
from core.identity import first_run
from core.kernel.kernel import Kernel

# Which rows a variable part of an address means.
TABLES = {
    "order_id": "orders_order",
    "line_id": "orders_line",
    "sku_id": "catalog_sku",
    "transfer_id": "warehousing_transfer",
    "count_id": "warehousing_count",
    "entry_id": "ledger_entry",
    "import_id": "channels_import",
    "row_id": "channels_raw_row",
    "connection_id": "kernel_connection",
    "job_id": "kernel_job",
    "user_id": "identity_user",
}
ADDONS = ("addon", "name")
UNKNOWN = "0"
"""The number or name of what is not there: the page must at least refuse it in words."""
MOST = 3


def signed_in(app: Flask) -> FlaskClient:
    """Return a browser that the administrator is signed in with; forms need no token in it."""
    kernel: Kernel = app.extensions["entrepot"]
    with kernel.db.write() as session:
        first_run.ensure_admin(session, kernel.config.instance)
        token = first_run.renew_admin_token(session, kernel.config.instance)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    client.post("/login", data={"token": token})
    return client


@contextmanager
def browsing(config: Config) -> Iterator[FlaskClient]:
    """Open the pages in a browser that the administrator is signed in with."""
    app = create_app(config)
    kernel: Kernel = app.extensions["entrepot"]
    try:
        yield signed_in(app)
    finally:
        kernel.db.dispose()


def core_pages(app: Flask) -> Iterator[tuple[str, str]]:
    """Yield the endpoint and an address of every page that answers GET, a few for each kind."""
    kernel: Kernel = app.extensions["entrepot"]
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.rule.startswith("/x/"):
            continue
        if rule.endpoint.endswith("static"):
            continue
        parts = [_values(kernel, part) for part in sorted(rule.arguments)]
        for values in product(*parts):
            address = rule.build(dict(zip(sorted(rule.arguments), values, strict=True)))
            if address is not None:
                yield rule.endpoint, address[1]


def _values(kernel: Kernel, part: str) -> list[object]:
    if part in ADDONS:
        return [info.name for info in kernel.overview()]
    if part not in TABLES:
        return [UNKNOWN]
    query = text(f"SELECT id FROM {TABLES[part]} ORDER BY id LIMIT {MOST}")
    with kernel.db.read() as session:
        return list(session.scalars(query))


def answers(app: Flask, client: FlaskClient) -> dict[str, dict[str, int]]:
    """Return how every page of the core answers: endpoint to address to status."""
    found: dict[str, dict[str, int]] = {}
    for endpoint, address in core_pages(app):
        found.setdefault(endpoint, {})[address] = client.get(address).status_code
    return found
