"""How a shop is authorised: by the token of an own app, or on Shopify's page."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.api import AuthFailed
from core.api import HttpClient
from core.api import OAuth2
from core.api import Operation
from core.api import Outgoing
from core.api import RequestRefused
from core.api import SecretText
from core.api import hmac_text
from core.api import setting_text

HEADER = "X-Shopify-Access-Token"
PATH = "/admin/oauth/access_token"
SCOPES = (
    "read_orders",
    "read_returns",
    "read_products",
    "write_products",
    "read_inventory",
    "write_inventory",
    "read_locations",
    "read_merchant_managed_fulfillment_orders",
    "write_merchant_managed_fulfillment_orders",
    "read_shopify_payments_payouts",
)
PUBLISHING = ("write_products", "read_publications", "write_publications")
"""What an app needs to publish products; without them all else works."""
DISPUTED = "read_shopify_payments_disputes"
"""What an app needs to be told of disputes, where that is switched on."""
ALL_ORDERS, DAYS_SHOWN = "read_all_orders", 60
"""Without this permission orders of so many days are shown, and older ones are just not there."""
HOPELESS = ("invalid_grant", "invalid_client", "invalid_request", "unauthorized_client")


class Token:
    """Signs with the token that never runs out."""

    def __init__(self, token: SecretText) -> None:
        self._token = token

    def sign(self, request: Outgoing) -> Outgoing:
        """Return the request with the token."""
        return replace(request, headers={**request.headers, HEADER: self._token.reveal()})

    def renew(self) -> bool:
        """Say that there is no other token."""
        return False


def exchange(
    client: HttpClient, settings: Mapping[str, Any], grant: Mapping[str, str]
) -> Mapping[str, Any]:
    """Exchange a code or a refresh token for tokens that run out after an hour.

    Raises: AuthFailed when Shopify refuses it for good, RequestRefused, Unavailable, RateLimited.
    """
    asking = Operation("login.token", "POST", f"{address_of(settings)}{PATH}", repeatable=False)
    form = {name: setting_text(settings, name) for name in ("client_id", "client_secret")}
    if grant["grant_type"] == "refresh_token":
        form |= {"grant_type": "refresh_token", "refresh_token": grant["refresh_token"]}
    else:
        form |= {"code": grant["code"], "expiring": "1"}
    try:
        answer: Mapping[str, Any] = client.call(asking, form=form).json()
    except RequestRefused as error:
        if found := [code for code in HOPELESS if f'"{code}"' in error.detail]:
            raise AuthFailed(
                f"Shopify refuses to authorise: {found[0]}.", hint="Authorise the shop once more."
            ) from None
        raise
    return answer


def check_back(settings: Mapping[str, Any], given: Mapping[str, str]) -> None:
    """Look at what the seller came back with: Shopify signed it, and it is this shop.

    Raises: AuthFailed.
    """
    text = "&".join(f"{name}={given[name]}" for name in sorted(given) if name != "hmac")
    expected = hmac_text(setting_text(settings, "client_secret"), text.encode())
    signed = hmac.compare_digest(expected, given.get("hmac", ""))
    if not signed or given.get("shop") != settings["shop"]:
        raise AuthFailed(
            "What came back from Shopify is not signed for this shop.",
            hint="Compare the shop and the client secret with those of the app, and begin again.",
        )


def address_of(settings: Mapping[str, Any]) -> str:
    """Return where a shop answers."""
    return str(settings.get("simulator") or f"https://{settings['shop']}")


def missing_scopes(granted: set[str]) -> list[str]:
    """Return which permissions an app lacks; who may write may read."""
    return lacking(granted, SCOPES)


def lacking(granted: set[str], wanted: Sequence[str]) -> list[str]:
    """Return which of some permissions an app lacks."""
    held = granted | {each.replace("write_", "read_", 1) for each in granted}
    return [each for each in wanted if each not in held]


LOGIN = OAuth2(
    authorize_url="https://{shop}/admin/oauth/authorize",
    token_url="https://{shop}" + PATH,
    pkce=False,
    authorize_parameters={"scope": ",".join((*SCOPES, *PUBLISHING[1:]))},
    exchange=exchange,
    token_header=HEADER,
    token_prefix="",
    token_setting="access_token",  # noqa: S106 - the name of a setting
    check_back=check_back,
)
