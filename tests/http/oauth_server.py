"""An authorisation server as platforms run them: codes once, PKCE, rotating refresh tokens."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from urllib.parse import parse_qsl
from urllib.parse import urlencode
from urllib.parse import urlsplit

from core.http.oauth import OAuth2
from tests.http.servers import Handler
from tests.http.servers import Served
from tests.http.servers import serving

CLIENT = "client-1"
SECRET = "client-secret-4711"


@dataclass
class OAuthServer:
    """What the server knows; `grace` lets a used refresh token be used again."""

    served: Served | None = None
    grace: bool = False
    refuse: bool = False
    status: int = 0
    life: int = 3600
    slow: float = 0.0
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refresh_tokens: dict[str, bool] = field(default_factory=dict)
    access_tokens: list[str] = field(default_factory=list)
    refreshes: int = 0

    @property
    def declared(self) -> OAuth2:
        assert self.served is not None
        return OAuth2(
            authorize_url=f"{self.served.url}/authorize",
            token_url=f"{self.served.url}/token",
            scopes=("orders", "stock"),
        )

    def act(self, handler: Handler) -> None:
        if handler.path.startswith("/authorize"):
            self._authorize(handler, dict(parse_qsl(urlsplit(handler.path).query)))
        elif handler.path == "/token":
            self._token(handler, dict(parse_qsl(handler.body.decode())))
        else:
            bearer = handler.headers.get("authorization", "").removeprefix("Bearer ")
            handler.answer(200 if bearer == self.access_tokens[-1] else 401)

    def _authorize(self, handler: Handler, given: dict[str, str]) -> None:
        assert given["client_id"] == CLIENT
        assert given["response_type"] == "code"
        assert given["code_challenge_method"] == "S256"
        answer = {"state": given["state"]}
        if self.refuse:
            answer["error"] = "access_denied"
        else:
            answer["code"] = secrets.token_urlsafe(8)
            self.codes[answer["code"]] = given
        handler.answer(302, location=f"{given['redirect_uri']}?{urlencode(answer)}")

    def _token(self, handler: Handler, given: dict[str, str]) -> None:
        time.sleep(self.slow)
        if self.status:
            handler.answer(self.status, b"<html>busy</html>")
            return
        error = ""
        if (given.get("client_id"), given.get("client_secret")) != (CLIENT, SECRET):
            error = "invalid_client"
        elif given["grant_type"] == "authorization_code":
            error = "" if self._is_code_good(given) else "invalid_grant"
        elif given["grant_type"] == "refresh_token":
            self.refreshes += 1
            unused = self.refresh_tokens.get(given["refresh_token"])
            error = "" if unused or (self.grace and unused is not None) else "invalid_grant"
            self.refresh_tokens[given["refresh_token"]] = False
        if error:
            handler.answer(400, json.dumps({"error": error}).encode())
        else:
            handler.answer(200, json.dumps(self.new_tokens()).encode())

    def new_tokens(self) -> dict[str, object]:
        access, refresh = (f"{kind}-{secrets.token_urlsafe(8)}" for kind in ("access", "refresh"))
        self.access_tokens.append(access)
        self.refresh_tokens[refresh] = True
        return {
            "access_token": access,
            "refresh_token": refresh,
            "token_type": "bearer",
            "expires_in": self.life,
        }

    def _is_code_good(self, given: dict[str, str]) -> bool:
        asked = self.codes.pop(given["code"], None)
        digest = hashlib.sha256(given["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return (
            asked is not None
            and asked["redirect_uri"] == given["redirect_uri"]
            and asked["code_challenge"] == challenge
        )


@contextmanager
def oauth_server() -> Iterator[OAuthServer]:
    """Serve on the loopback."""
    made = OAuthServer()
    with serving(made.act) as served:
        made.served = served
        yield made
