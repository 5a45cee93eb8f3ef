"""Shopify's OAuth: consent, and tokens that run out after an hour."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation

TOKEN_LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(days=90)


class Login(Part):
    """Who may ask."""

    @operation(
        "authorize",
        "GET",
        "/admin/oauth/authorize",
        query=("client_id", "scope", "redirect_uri", "state", "response_type"),
        signed=False,
    )
    def authorize(self, asked: Asked) -> Response:
        """Let the merchant consent at once, and send him back with a code that serves once."""
        back = asked.query("redirect_uri")
        if not back or asked.query("client_id") != self.fake.credentials()["client_id"]:
            raise Refusal(400, "invalid_request", "The redirect_uri is not whitelisted")
        code = secrets.token_hex(16)
        self.fake.codes.add(code)
        return redirect(f"{back}?{urlencode(self.signed_back(code, asked.query('state') or ''))}")

    def signed_back(self, code: str, state: str) -> Mapping[str, str]:
        """Return what the merchant comes back with, signed."""
        known = self.fake.credentials()
        given = {
            "code": code,
            "shop": known["shop"],
            "state": state,
            "timestamp": str(int(self.fake.clock.now().timestamp())),
        }
        return {**given, "hmac": hmac_of(given, known["client_secret"])}

    @operation("token", "POST", "/admin/oauth/access_token", signed=False)
    def token(self, asked: Asked) -> Response:
        """Give a token for a code, or for a refresh token, which serves once as well."""
        given, known = asked.request.form, self.fake.credentials()
        if any(given.get(name) != known[name] for name in ("client_id", "client_secret")):
            return _oauth_error("invalid_client", "The client is not known.")
        if given.get("grant_type") == "refresh_token":
            if given.get("refresh_token") not in self.fake.refresh_tokens:
                return _oauth_error("invalid_grant", "The refresh token is invalid or was used.")
            self.fake.refresh_tokens.discard(given["refresh_token"])
            self.fake.refreshes += 1
        elif given.get("code") in self.fake.codes:
            self.fake.codes.discard(given["code"])
        else:
            return _oauth_error("invalid_request", "The authorization code was not found or used.")
        return as_json(self._tokens())

    def _tokens(self) -> dict[str, object]:
        token, again = (f"shp{kind}_{secrets.token_hex(16)}" for kind in ("at", "rt"))
        self.fake.tokens[token] = (self.fake.clock.now() + TOKEN_LIFE).timestamp()
        self.fake.refresh_tokens.add(again)
        return {
            "access_token": token,
            "scope": ",".join(sorted(self.fake.scopes)),
            "expires_in": int(TOKEN_LIFE.total_seconds()),
            "refresh_token": again,
            "refresh_token_expires_in": int(REFRESH_LIFE.total_seconds()),
        }


def hmac_of(given: Mapping[str, str], secret: str) -> str:
    """Return the signature of what a merchant comes back with."""
    text = "&".join(f"{name}={given[name]}" for name in sorted(given) if name != "hmac")
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def _oauth_error(code: str, text: str) -> Response:
    return as_json({"error": code, "error_description": text}, 400)
