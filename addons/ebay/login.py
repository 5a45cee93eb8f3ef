"""eBay's OAuth, and the key for digital signatures, which eBay makes for an application.

The key is made when the account is authorised for the first time, and kept with its tokens.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from addons.ebay.operations import api_of
from addons.ebay.operations import apiz_of
from core.api import AuthFailed
from core.api import ConnectorError
from core.api import HttpClient
from core.api import OAuth2
from core.api import Operation
from core.api import RequestRefused
from core.api import setting_text

TOKEN_PATH = "/identity/v1/oauth2/token"  # noqa: S105 - an address
KEY_PATH = "/developer/key_management/v1/signing_key"
SCOPE = "https://api.ebay.com/oauth/api_scope"
SCOPES = tuple(
    f"{SCOPE}/{name}"
    for name in ("sell.fulfillment", "sell.inventory", "sell.finances")
    + ("commerce.identity.readonly",)
)
PUBLISHING = (f"{SCOPE}/sell.account.readonly",)
"""Asked for as well; without it all works but publishing listings."""
DISPUTES = (f"{SCOPE}/sell.payment.dispute",)
"""Asked for as well; without it no disputes are known."""
MESSAGES = (f"{SCOPE}/commerce.message",)
ADVERTISING = (f"{SCOPE}/sell.marketing",)
HOPELESS = ("invalid_grant", "invalid_client", "unauthorized_client", "access_denied")
CIPHER = "ED25519"
REFUSED = (400, 401)


def exchange(
    client: HttpClient, settings: Mapping[str, Any], grant: Mapping[str, str]
) -> Mapping[str, Any]:
    """Exchange a code or a refresh token for tokens, and have a key made if there is none.

    Raises: AuthFailed when eBay refuses it for good, or another ConnectorError.
    """
    answer = ask_for_token(client, settings, grant)
    if settings.get("signing_key") or client.is_trial:
        return answer
    return {**answer, "given": _make_key(client, settings)}


def ask_for_token(
    client: HttpClient, settings: Mapping[str, Any], form: Mapping[str, str]
) -> Mapping[str, Any]:
    """Ask for a token, with the application's own name and password.

    Raises: AuthFailed when eBay refuses it for good, or another ConnectorError.
    """
    # Asked twice it does no more than once: eBay's refresh tokens are not used up.
    again = form["grant_type"] != "authorization_code"
    asking = Operation("login.token", "POST", f"{api_of(settings)}{TOKEN_PATH}", repeatable=again)
    pair = ":".join(setting_text(settings, name) for name in ("client_id", "client_secret"))
    basic = base64.b64encode(pair.encode()).decode()
    answer = client.call(
        asking, form=form, headers={"Authorization": f"Basic {basic}"}, expect=REFUSED
    )
    told: Mapping[str, Any] = answer.json()
    if answer.status not in REFUSED:
        return told
    code = str(told.get("error") or answer.status)
    said = f"eBay refuses to authorise: {code}."
    if answer.status == REFUSED[1] or code in HOPELESS:
        raise AuthFailed(
            said, hint="Compare the App ID, the Cert ID and the RuName, and authorise once more."
        )
    raise ConnectorError(said)


def _make_key(client: HttpClient, settings: Mapping[str, Any]) -> dict[str, str]:
    """Have a key made, for which the application asks by itself, not the seller."""
    form = {"grant_type": "client_credentials", "scope": SCOPE}
    token = ask_for_token(client, settings, form)["access_token"]
    # A key too many does no harm: nobody can use it.
    asking = Operation("login.key", "POST", f"{apiz_of(settings)}{KEY_PATH}", repeatable=True)
    headers = {"Authorization": f"Bearer {token}"}
    try:
        made = client.call(asking, json={"signingKeyCipher": CIPHER}, headers=headers).json()
    except RequestRefused:
        # Not every application may have one; who needs one is told so by what needs it.
        return {}
    return {"signing_key": made["privateKey"], "signing_jwe": made["jwe"]}


LOGIN = OAuth2(
    authorize_url="https://auth.{site}/oauth2/authorize",
    token_url="https://api.{site}" + TOKEN_PATH,
    scopes=(*SCOPES, *PUBLISHING, *DISPUTES),
    scopes_with={"messages": MESSAGES, "ads": ADVERTISING},
    pkce=False,
    exchange=exchange,
    refresh_setting="refresh_token",
    back_setting="ru_name",
)
