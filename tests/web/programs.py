"""A program that talks to the application of a world, with a token."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from core.app import create_app
from core.config import ROOT
from core.config import Config
from core.identity import tokens
from core.identity import users
from core.identity.permissions import matrix
from tests.orders.life import Life
from tests.web.conforming import conforming
from tests.world import World

EVERYTHING = tuple(matrix().permissions)


@dataclass
class Api:
    """A program that talks to the application of a world."""

    app: Flask
    life: Life
    client: FlaskClient
    token: str

    def get(self, address: str, token: str = "", **query: object) -> Any:
        return self._open("GET", address, token, query_string=query)

    def post(self, address: str, token: str = "", key: str = "", **body: object) -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        return self._open("POST", address, token, json=body, more=headers)

    def patch(self, address: str, token: str = "", match: str = "*", **body: object) -> Any:
        return self._open("PATCH", address, token, json=body, more=_matching(match))

    def put(self, address: str, token: str = "", match: str = "*", **body: object) -> Any:
        return self._open("PUT", address, token, json=body, more=_matching(match))

    def _open(
        self,
        method: str,
        address: str,
        token: str,
        more: dict[str, str] | None = None,
        **rest: Any,
    ) -> Any:
        headers = {"Authorization": f"Bearer {token or self.token}", **(more or {})}
        return self.client.open(f"/api/v1{address}", method=method, headers=headers, **rest)

    def program(self, name: str, *scopes: str, company_id: int | None = None) -> str:
        """Return the token of a program that may do some things."""
        kernel = self.life.world.kernel
        company = company_id or self.life.world.company.id
        with kernel.db.write() as session:
            user, _secret = users.add_user(session, name, "owner", company)
            return tokens.make_token(session, user, company, name, scopes, allowed=EVERYTHING)


def _matching(etag: str) -> dict[str, str]:
    return {"If-Match": etag} if etag else {}


@contextmanager
def program_in(world: World) -> Iterator[Api]:
    """Let a program that may do everything talk to a world."""
    here = world.kernel.config
    config = Config(world.folder, here.database_url, (ROOT / "addons",), http_allow=here.http_allow)
    app = conforming(create_app(config))
    made = Api(app, Life(world), app.test_client(), "")
    made.token = made.program("robot", *EVERYTHING)
    yield made
    app.extensions["entrepot"].db.dispose()
