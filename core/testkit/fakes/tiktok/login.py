"""TikTok Shop's way to authorise: consent, tokens, and refresh tokens that are replaced."""

from __future__ import annotations

import secrets
from datetime import timedelta
from urllib.parse import urlencode

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import operation
from core.testkit.fakes.tiktok.writing import SIGNED
from core.testkit.fakes.tiktok.writing import answer

TOKEN_LIFE = timedelta(days=7)
REFRESH_LIFE = timedelta(days=180)
GRANTS = {"authorized_code": "auth_code", "refresh_token": "refresh_token"}
ASKED = ("app_key", "app_secret", "grant_type", "auth_code", "refresh_token")
SCOPES = {
    "/order/": "seller.order.info",
    "/fulfillment/": "seller.fulfillment.basic",
    "/logistics/": "seller.logistics",
    "/product/": "seller.product.basic",
    "/finance/": "seller.finance.info",
    "/return_refund/": "seller.return_refund.basic",
    "/customer_service/": "seller.customer_service",
}


def scope_of(path: str) -> str:
    """Return what a seller must have allowed for a path."""
    return next((scope for start, scope in SCOPES.items() if path.startswith(start)), "")


class Login(Part):
    """Who may ask."""

    @operation(
        "authorize", "GET", "/open/authorize", signed=False,
        query=("service_id", "state", "client_id", "redirect_uri", "response_type", "scope"),
    )  # fmt: skip
    def authorize(self, asked: Asked) -> Response:
        """Let the seller consent at once; the app has told before where he goes back to."""
        known = self.fake.credentials()
        if asked.query("service_id") != known["service_id"]:
            raise Refusal(400, "36004004", "The service_id is not known.")
        code = f"GCP_{secrets.token_urlsafe(12)}"
        self.fake.codes.add(code)
        back = {"app_key": known["app_key"], "code": code, "state": asked.query("state") or ""}
        return redirect(f"https://erp.example/oauth/callback?{urlencode(back)}")

    @operation("getToken", "GET", "/api/v2/token/get", query=ASKED, signed=False)
    def get(self, asked: Asked) -> Response:
        """Give tokens for a code, which serves once."""
        code = self._granted(asked, "authorized_code")
        if code not in self.fake.codes:
            raise Refusal(200, "36004004", "The authorization code is invalid or was used.")
        self.fake.codes.discard(code)
        return answer(self._tokens())

    @operation("refreshToken", "GET", "/api/v2/token/refresh", query=ASKED, signed=False)
    def refresh(self, asked: Asked) -> Response:
        """Give tokens for a refresh token; the one before stays good until the new one is used."""
        token = self._granted(asked, "refresh_token")
        known = self.fake.refresh_tokens
        if token not in known:
            raise Refusal(200, "36004004", "The refresh token is invalid or was replaced.")
        del known[: known.index(token)]
        self.fake.refreshes += 1
        return answer(self._tokens())

    @operation("getAuthorizedShops", "GET", "/authorization/202309/shops", query=SIGNED)
    def shops(self, _asked: Asked) -> Response:
        """List the shops that the seller lets the app into, each with its cipher."""
        known = self.fake.credentials()
        shop = {
            "id": self.fake.shop_id,
            "name": "Entrepot Fake",
            "region": known["region"],
            "seller_type": "LOCAL",
            "cipher": self.fake.cipher,
            "code": known["shop"],
        }
        return answer({"shops": [shop]})

    def _granted(self, asked: Asked, grant: str) -> str:
        known = self.fake.credentials()
        if any(asked.query(name) != known[name] for name in ("app_key", "app_secret")):
            raise Refusal(200, "36004003", "The app_key or the app_secret is invalid.")
        if asked.query("grant_type") != grant:
            raise Refusal(200, INVALID_GRANT, "The grant_type is invalid.")
        return asked.query(GRANTS[grant]) or ""

    def _tokens(self) -> dict[str, object]:
        now = self.fake.clock.now()
        token, again = f"TTP_{secrets.token_urlsafe(24)}", f"TTR_{secrets.token_urlsafe(24)}"
        self.fake.tokens[token] = (now + TOKEN_LIFE).timestamp()
        self.fake.refresh_tokens.append(again)
        return {
            "access_token": token,
            "access_token_expire_in": int((now + TOKEN_LIFE).timestamp()),
            "refresh_token": again,
            "refresh_token_expire_in": int((now + REFRESH_LIFE).timestamp()),
            "open_id": "fake-open-id",
            "seller_name": "Entrepot Fake",
            "seller_base_region": self.fake.credentials()["region"],
            "user_type": 0,
            "granted_scopes": sorted(self.fake.scopes),
        }


INVALID_GRANT = "36004001"
