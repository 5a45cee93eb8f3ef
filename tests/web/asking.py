"""A program with a token, and a browser, that ask the API of an installation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient

from core.identity import tokens
from core.identity.models import User
from core.identity.permissions import matrix
from tests.web.conforming import conforming
from tests.web.conftest import Site
from tests.web.conftest import form_token
from tests.web.people import make_user

EVERYTHING = tuple(matrix().permissions)


@dataclass
class Program:
    """Whoever asks the API of an installation; every answer is held against the document."""

    site: Site
    client: FlaskClient
    headers: dict[str, str]

    @property
    def companies(self) -> tuple[int, int]:
        """Return its own company and another one."""
        return self.site.company.id, self.site.other.id

    def get(self, address: str, **query: object) -> Any:
        """Read something."""
        return self._open("GET", address, query_string=query)

    def post(self, address: str, **body: object) -> Any:
        """Do something."""
        return self._open("POST", address, json=body)

    def put(self, address: str, match: str = "*", **body: object) -> Any:
        """Replace what has an ETag."""
        return self._open("PUT", address, more={"If-Match": match}, json=body)

    def send(self, address: str, **data: object) -> Any:
        """Send a file with what is to be done with it."""
        return self._open("POST", address, data=data)

    def _open(
        self, method: str, address: str, more: dict[str, str] | None = None, **rest: Any
    ) -> Any:
        headers = {**self.headers, **(more or {})}
        return self.client.open(f"/api/v1{address}", method=method, headers=headers, **rest)


def program_of(site: Site, *scopes: str, name: str = "robot") -> Program:
    """Return a program with a token of an owner of the first company."""
    if not site.app.extensions.get("conforming") and not site.app._got_first_request:
        conforming(site.app)
        site.app.extensions["conforming"] = True
    user_id = make_user(site, name, "owner", site.company.id)
    with site.kernel.db.write() as session:
        token = tokens.make_token(
            session,
            session.get_one(User, user_id),
            site.company.id,
            name,
            scopes or EVERYTHING,
            allowed=EVERYTHING,
        )
    return Program(site, site.app.test_client(), {"Authorization": f"Bearer {token}"})


def person_of(site: Site, browser: FlaskClient) -> Program:
    """Return a browser that asks the API in the name of who is signed in."""
    return Program(site, browser, {"X-CSRFToken": form_token(browser, "/account")})
