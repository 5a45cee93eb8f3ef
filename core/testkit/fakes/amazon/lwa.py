"""Login with Amazon: consent, tokens, and tokens for restricted data."""

from __future__ import annotations

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
from core.testkit.fakes.rates import Published

TOKEN_LIFE = timedelta(hours=1)


class Login(Part):
    """Who may ask."""

    @operation(
        "authorize",
        "GET",
        "/apps/authorize/consent",
        query=("application_id", "state", "version", "redirect_uri", "client_id", "response_type"),
        signed=False,
    )
    def authorize(self, asked: Asked) -> Response:
        """Let the seller consent at once, and send him back with a code that serves once."""
        back = asked.query("redirect_uri")
        if not back:
            raise Refusal(400, "MD9100", "The application has no redirect address.")
        code = secrets.token_urlsafe(12)
        self.fake.codes.add(code)
        given = {
            "state": asked.query("state") or "",
            "selling_partner_id": self.fake.credentials()["seller_id"],
            "spapi_oauth_code": code,
        }
        return redirect(f"{back}?{urlencode(given)}")

    @operation("token", "POST", "/auth/o2/token", signed=False)
    def token(self, asked: Asked) -> Response:
        """Give an access token for a code, a refresh token, or the application itself."""
        given, known = asked.request.form, self.fake.credentials()
        ads = {name.removeprefix("ads_"): each for name, each in self.fake.advertising().items()}
        if given.get("client_id") == ads["client_id"]:
            # Advertising has an application and a consent of its own.
            known = known | ads
        if any(given.get(name) != known[name] for name in ("client_id", "client_secret")):
            return _oauth_error("invalid_client", "Client authentication failed")
        kind = given.get("grant_type")
        if kind == "refresh_token":
            if given.get("refresh_token") != known["refresh_token"]:
                return _oauth_error("invalid_grant", "The refresh token is invalid.")
            self.fake.refreshes += 1
        elif kind == "authorization_code":
            if given.get("code") not in self.fake.codes:
                return _oauth_error("invalid_grant", "The code is unknown or was used.")
            self.fake.codes.discard(given["code"])
        elif kind != "client_credentials" or not given.get("scope"):
            return _oauth_error("unsupported_grant_type", f"No such grant: {kind}.")
        return as_json(self._tokens(kind != "client_credentials"))

    @operation(
        "createRestrictedDataToken",
        "POST",
        "/tokens/2021-03-01/restrictedDataToken",
        Published(1, 10),
    )
    def restricted(self, asked: Asked) -> Response:
        """Give a token for personal data of the paths that are named."""
        if not asked.document().get("restrictedResources"):
            raise Refusal(400, "InvalidInput", "restrictedResources is empty.")
        made = self._tokens(refresh=False)
        return as_json(
            {"restrictedDataToken": made["access_token"], "expiresIn": made["expires_in"]}
        )

    def _tokens(self, refresh: bool) -> dict[str, object]:
        token = f"Atza|{secrets.token_urlsafe(16)}"
        self.fake.tokens[token] = (self.fake.clock.now() + TOKEN_LIFE).timestamp()
        made: dict[str, object] = {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": int(TOKEN_LIFE.total_seconds()),
        }
        if refresh:
            made["refresh_token"] = self.fake.credentials()["refresh_token"]
        return made


def _oauth_error(code: str, text: str) -> Response:
    return as_json({"error": code, "error_description": text}, 400)
