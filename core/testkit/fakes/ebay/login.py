"""eBay's OAuth: consent, tokens of persons, and tokens of the application itself."""

from __future__ import annotations

import base64
import binascii
import secrets
from datetime import timedelta
from urllib.parse import urlencode

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation

TOKEN_LIFE = timedelta(hours=2)
REFRESH_LIFE = timedelta(days=547)
_SCOPE = "https://api.ebay.com/oauth/api_scope"
SCOPES = tuple(
    f"{_SCOPE}/{name}"
    for name in ("sell.fulfillment", "sell.inventory", "sell.finances")
    + (
        "commerce.identity.readonly",
        "sell.account.readonly",
        "commerce.message",
        "sell.payment.dispute",
        "sell.marketing",
    )
)
PATHS = {
    "/sell/fulfillment/v1/payment_dispute": SCOPES[6],
    "/sell/fulfillment/": SCOPES[0],
    "/sell/marketing/": SCOPES[7],
    "/post-order/": SCOPES[0],
    "/sell/inventory/": SCOPES[1],
    "/sell/finances/": SCOPES[2],
    "/commerce/identity/": SCOPES[3],
    "/sell/account/": SCOPES[4],
    "/commerce/message/": SCOPES[5],
}


def scope_of(path: str) -> str:
    """Return what a person must have allowed for a path; nothing for an application's own."""
    return next((scope for start, scope in PATHS.items() if path.startswith(start)), "")


class Login(Part):
    """Who may ask."""

    @operation(
        "authorize",
        "GET",
        "/oauth2/authorize",
        query=("client_id", "scope", "redirect_uri", "state", "response_type", "prompt"),
        signed=False,
    )
    def authorize(self, asked: Asked) -> Response:
        """Let the seller consent at once; eBay knows where he goes back to by the RuName."""
        known = self.fake.credentials()
        given = {name: asked.query(name) for name in ("client_id", "redirect_uri")}
        if given != {"client_id": known["client_id"], "redirect_uri": known["ru_name"]}:
            raise Refusal(400, "1000", "unauthorized_client: the RuName is not this client's.")
        if missing := set(SCOPES[:5]) - set((asked.query("scope") or "").split()):
            raise Refusal(400, "1000", f"invalid_scope: {min(missing)} was not asked for.")
        code = f"v^1.1#{secrets.token_urlsafe(12)}"
        self.fake.codes.add(code)
        back = {"code": code, "state": asked.query("state") or "", "expires_in": "299"}
        return redirect(f"https://erp.example/oauth/callback?{urlencode(back)}")

    @operation("token", "POST", "/identity/v1/oauth2/token", signed=False)
    def token(self, asked: Asked) -> Response:
        """Give a token for a code, a refresh token, or the application itself."""
        given, known = asked.request.form, self.fake.credentials()
        if _client(asked) != f"{known['client_id']}:{known['client_secret']}":
            return _oauth_error("invalid_client", "client authentication failed", 401)
        kind = given.get("grant_type")
        if kind == "refresh_token":
            if given.get("refresh_token") != known["refresh_token"]:
                return _oauth_error("invalid_grant", "the refresh token is invalid or expired")
            self.fake.refreshes += 1
        elif kind == "authorization_code":
            right = given.get("redirect_uri") == known["ru_name"]
            if not right or given.get("code") not in self.fake.codes:
                return _oauth_error("invalid_grant", "the code is invalid or was issued to another")
            self.fake.codes.discard(given["code"])
        elif kind != "client_credentials" or not given.get("scope"):
            return _oauth_error("unsupported_grant_type", f"no such grant: {kind}")
        return as_json(self._tokens(str(kind)))

    def _tokens(self, kind: str) -> dict[str, object]:
        personal = kind != "client_credentials"
        token = f"v^1.1#{secrets.token_urlsafe(16)}"
        until = (self.fake.clock.now() + TOKEN_LIFE).timestamp()
        self.fake.tokens[token] = (until, personal)
        made: dict[str, object] = {
            "access_token": token,
            "token_type": "User Access Token" if personal else "Application Access Token",
            "expires_in": int(TOKEN_LIFE.total_seconds()),
        }
        if kind == "authorization_code":
            made["refresh_token"] = self.fake.credentials()["refresh_token"]
            made["refresh_token_expires_in"] = int(REFRESH_LIFE.total_seconds())
        return made


def _client(asked: Asked) -> str:
    kind, _, told = asked.request.headers.get("Authorization", "").partition(" ")
    try:
        return base64.b64decode(told, validate=True).decode() if kind == "Basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _oauth_error(code: str, text: str, status: int = 400) -> Response:
    return as_json({"error": code, "error_description": text}, status)
