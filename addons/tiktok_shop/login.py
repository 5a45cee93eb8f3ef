"""How a shop is authorised: on TikTok's page, or by a refresh token that exists already.

Refresh tokens are replaced when they are used. With tokens comes the shop's cipher, by which every
request says which shop it concerns; it is kept beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from addons.tiktok_shop.errors import SUCCESS
from addons.tiktok_shop.errors import error_of
from addons.tiktok_shop.errors import reason_of
from addons.tiktok_shop.operations import AUTH
from addons.tiktok_shop.operations import SHOPS_PATH
from addons.tiktok_shop.operations import api_of
from addons.tiktok_shop.operations import auth_of
from addons.tiktok_shop.signing import CIPHER
from addons.tiktok_shop.signing import sign_query
from core.api import AuthFailed
from core.api import ConnectorError
from core.api import HttpClient
from core.api import InputError
from core.api import OAuth2
from core.api import Operation
from core.api import Unavailable
from core.api import setting_text

HEADER = "x-tts-access-token"
TOKEN_PATH = "/api/v2/token"  # noqa: S105 - an address
PASSING = (36009002, 36009003, 36009007)
REFUSED = (400, 401, 403)


def exchange(
    client: HttpClient, settings: Mapping[str, Any], grant: Mapping[str, str]
) -> Mapping[str, Any]:
    """Exchange a code or a refresh token for tokens, and ask for the cipher of the shop.

    Raises: AuthFailed when TikTok refuses it for good, InputError for a shop that it did not let
    us into, or another ConnectorError.
    """
    fresh = grant["grant_type"] == "authorization_code"
    asked = {
        "app_key": setting_text(settings, "app_key"),
        "app_secret": setting_text(settings, "app_secret"),
        "grant_type": "authorized_code" if fresh else "refresh_token",
    }
    asked |= {"auth_code": grant["code"]} if fresh else {"refresh_token": grant["refresh_token"]}
    name = "get" if fresh else "refresh"
    # The token before stays good until the new one is used: asking again does no harm. A code
    # serves once.
    path = f"{auth_of(settings)}{TOKEN_PATH}/{name}"
    asking = Operation("login.token", "GET", path, repeatable=not fresh)
    answer = client.call(asking, query=asked, expect=REFUSED).json()
    if answer.get("code") != SUCCESS:
        raise _refusal(answer)
    told = answer["data"]
    shop = shop_among(shops(client, settings, told["access_token"]), settings)
    return {
        "access_token": told["access_token"],
        "refresh_token": told.get("refresh_token"),
        # A moment, whatever its name says.
        "expires_at": told.get("access_token_expire_in"),
        "refresh_token_expires_at": told.get("refresh_token_expire_in"),
        "given": {CIPHER: shop["cipher"]},
    }


def shops(client: HttpClient, settings: Mapping[str, Any], token: str) -> list[Mapping[str, Any]]:
    """Return the shops that the seller lets the app into.

    Raises: ConnectorError.
    """
    asking = Operation("login.shops", "GET", f"{api_of(settings)}{SHOPS_PATH}")
    # Signed here: the token is not stored yet.
    query = sign_query(SHOPS_PATH, {}, b"", settings)
    answer = client.call(asking, query=query, headers={HEADER: token}).json()
    if answer.get("code") != SUCCESS:
        raise error_of(answer.get("code"), answer, 200)
    found: list[Mapping[str, Any]] = (answer.get("data") or {}).get("shops") or []
    return found


def shop_among(found: list[Mapping[str, Any]], settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the shop of the settings: by its code, or its number.

    Raises: InputError naming those that there are.
    """
    wanted = str(settings["shop"]).strip().casefold()
    for shop in found:
        if wanted in (str(shop.get("code")).casefold(), str(shop.get("id"))):
            return shop
    known = ", ".join(str(shop.get("code")) for shop in found) or "no shop"
    raise InputError(f"The app may see {known}.", where="shop")


def _refusal(answer: Mapping[str, Any]) -> ConnectorError:
    said = f"TikTok Shop refuses to authorise: {reason_of(answer)}"
    if answer.get("code") in PASSING:
        return Unavailable(said)
    return AuthFailed(
        said, hint="Compare the app key and the app secret, and authorise the shop once more."
    )


LOGIN = OAuth2(
    authorize_url="https://{services}/open/authorize?service_id={service_id}",
    token_url=f"{AUTH}{TOKEN_PATH}/get",
    client_id="app_key",
    client_secret="app_secret",  # noqa: S106 - the name of a setting
    pkce=False,
    exchange=exchange,
    token_header=HEADER,
    token_prefix="",
    refresh_setting="refresh_token",
)
