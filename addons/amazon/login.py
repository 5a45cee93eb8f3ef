"""Login with Amazon: how the account is authorised, and how tokens are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.api import AuthFailed
from core.api import Http
from core.api import HttpClient
from core.api import OAuth2
from core.api import Operation
from core.api import RequestRefused
from core.api import setting_text

PATH = "/auth/o2/token"
HOST = "https://api.amazon.com"
HOPELESS = ("invalid_grant", "invalid_client", "unauthorized_client", "access_denied")


def exchange(
    client: HttpClient, settings: Mapping[str, Any], grant: Mapping[str, str]
) -> Mapping[str, Any]:
    """Exchange a code or a refresh token for tokens.

    Raises: AuthFailed when Amazon refuses it for good, RequestRefused, Unavailable, RateLimited.
    """
    # Asked twice it does no more than once: Amazon's refresh tokens are not used up.
    again = grant["grant_type"] == "refresh_token"
    address = settings.get("simulator") or HOST
    asking = Operation("login.token", "POST", f"{address}{PATH}", repeatable=again)
    form = {
        **grant,
        **{name: setting_text(settings, name) for name in ("client_id", "client_secret")},
    }
    try:
        answer: Mapping[str, Any] = client.call(asking, form=form).json()
    except RequestRefused as error:
        if found := [code for code in HOPELESS if f'"{code}"' in error.detail]:
            raise AuthFailed(
                f"Amazon refuses to authorise: {found[0]}.",
                hint="Enter the client secret and the refresh token again, or authorise anew.",
            ) from None
        raise
    return answer


def exchange_ads(http: Http, settings: Mapping[str, Any]) -> str:
    """Return an access token for Amazon Ads, which has an application and a consent of its own.

    Raises: AuthFailed when Amazon refuses it for good, RequestRefused, Unavailable, RateLimited.
    """
    address = settings.get("simulator") or HOST
    asking = Operation("ads.token", "POST", f"{address}{PATH}", repeatable=True, signed=False)
    form = {"grant_type": "refresh_token"} | {
        name: setting_text(settings, f"ads_{name}")
        for name in ("client_id", "client_secret", "refresh_token")
    }
    try:
        return str(http.call(asking, form=form).json()["access_token"])
    except RequestRefused as error:
        raise AuthFailed(
            "Amazon Ads refuses to authorise.",
            hint="Enter the client secret and the refresh token of Amazon Ads again.",
        ) from error


LOGIN = OAuth2(
    authorize_url="https://{seller_central}/apps/authorize/consent?application_id={application_id}",
    token_url=f"{HOST}{PATH}",
    pkce=False,
    code_parameter="spapi_oauth_code",
    exchange=exchange,
    token_header="x-amz-access-token",  # noqa: S106 - the name of a header
    token_prefix="",
    # A token that has run out is refused in the same way as a missing role.
    renew_on=(401, 403),
    refresh_setting="refresh_token",
)
