"""The connector: questions out, answers in; it keeps nothing between two calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from addons.shopify.asking import ask
from addons.shopify.asking import judge
from addons.shopify.asking import question
from addons.shopify.asking import rest
from addons.shopify.documents import ACCOUNT
from addons.shopify.login import Token
from addons.shopify.login import address_of
from addons.shopify.login import missing_scopes
from addons.shopify.pulling import pull
from core.api import Call
from core.api import ClientOptions
from core.api import ExternalOrder
from core.api import Http
from core.api import InputError
from core.api import Page
from core.api import Window


class Shopify:
    """Speaks to the Admin GraphQL API of every shop."""

    platform = "shopify"

    def client_options(self, settings: Mapping[str, Any]) -> ClientOptions:
        """Return where a shop answers; its errors and its points stand inside the answers."""
        token = settings.get("access_token")
        return ClientOptions(
            address_of(settings),
            signer=Token(token) if token else None,
            judge=judge,
            rest=rest,
        )

    def check_account(self, settings: Mapping[str, Any], http: Http) -> None:
        """Ask which shop it is and what the app may do.

        Raises: InputError when it is another shop, or the app lacks permissions; AuthFailed.
        """
        data = ask(http, question("shopify.account"), ACCOUNT)
        if data["shop"]["myshopifyDomain"] != settings["shop"]:
            raise InputError(
                f"The credentials belong to {data['shop']['myshopifyDomain']}.", where="shop"
            )
        scopes = data["currentAppInstallation"]["accessScopes"]
        if missing := missing_scopes({each["handle"] for each in scopes}):
            raise InputError(
                f"The app lacks the scopes {', '.join(missing)}.",
                where="access_token",
                hint="Add them to the app, and install it again.",
            )

    def pull_orders(self, call: Call, window: Window, cursor: str | None) -> Page[ExternalOrder]:
        """Return one page of the orders that changed in the window."""
        return pull(call, window, cursor)
