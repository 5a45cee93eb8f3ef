"""The connector: questions out, answers in; it keeps nothing between two calls."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from addons.shopify import disputes
from addons.shopify import listings
from addons.shopify import payouts
from addons.shopify import returns
from addons.shopify import stock
from addons.shopify.asking import ask
from addons.shopify.asking import judge
from addons.shopify.asking import number_of
from addons.shopify.asking import question
from addons.shopify.asking import rest
from addons.shopify.documents import ACCOUNT
from addons.shopify.login import ALL_ORDERS
from addons.shopify.login import DAYS_SHOWN
from addons.shopify.login import DISPUTED
from addons.shopify.login import Token
from addons.shopify.login import address_of
from addons.shopify.login import missing_scopes
from addons.shopify.publishing import publish
from addons.shopify.pulling import pull
from addons.shopify.shipments import confirm
from addons.shopify.statements import open_payouts
from core.api import Call
from core.api import ClientOptions
from core.api import ExternalDispute
from core.api import ExternalListing
from core.api import ExternalOrder
from core.api import ExternalReturn
from core.api import ExternalSettlement
from core.api import Http
from core.api import InputError
from core.api import ListingDraft
from core.api import ListingVerdict
from core.api import Page
from core.api import PriceUpdate
from core.api import PushResult
from core.api import Shipment
from core.api import StatementFile
from core.api import StockSeen
from core.api import StockUpdate
from core.api import Window
from core.api import read_json


class Shopify:
    """Speaks to the Admin GraphQL API of every shop."""

    platform = "shopify"
    compares_stock = True
    # What is shown late is found by the next windows, each of which begins before the last ended.
    lag = timedelta(0)

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
        scopes = {each["handle"] for each in data["currentAppInstallation"]["accessScopes"]}
        disputed = {DISPUTED} if settings.get("disputes") else set()
        if missing := [*missing_scopes(scopes), *sorted(disputed - scopes)]:
            raise InputError(
                f"The app lacks the scopes {', '.join(missing)}.",
                where="access_token",
                hint="Add them to the app, and install it again.",
            )
        if settings["backfill_days"] > DAYS_SHOWN and ALL_ORDERS not in scopes:
            raise InputError(
                f"The app lacks the scope {ALL_ORDERS}: orders before the last {DAYS_SHOWN} days"
                " would be missing without a word.",
                where="backfill_days",
                hint=f"Ask Shopify for the scope, or begin with {DAYS_SHOWN} days.",
            )

    def pull_orders(self, call: Call, window: Window, cursor: str | None) -> Page[ExternalOrder]:
        """Return one page of the orders that changed in the window."""
        return pull(call, window, cursor)

    def pull_returns(self, call: Call, window: Window, cursor: str | None) -> Page[ExternalReturn]:
        """Return what comes back of a page of the orders that changed in the window."""
        return returns.pull(call, window, cursor)

    def line_of(self, payload: str) -> str:
        """Return what Shopify calls a line of an order, of which that was received."""
        return number_of(read_json(payload)["id"], "LineItem")

    def confirm_shipments(self, call: Call, shipments: Sequence[Shipment]) -> Sequence[PushResult]:
        """Tell which parcels left; one that Shopify knows already is not told again."""
        return [confirm(call.http, shipment) for shipment in shipments]

    def push_stock(self, call: Call, updates: Sequence[StockUpdate]) -> Sequence[PushResult]:
        """Tell how much there is of each listing, where the shop has what we believe it has."""
        return stock.push(call, updates)

    def read_stock(self, call: Call, listings: Sequence[str]) -> Sequence[StockSeen]:
        """Return how much of each listing lies at the location that is told."""
        return stock.read(call, listings)

    def push_prices(self, call: Call, updates: Sequence[PriceUpdate]) -> Sequence[PushResult]:
        """Tell what each listing costs."""
        return listings.push_prices(call, updates)

    def pull_listings(
        self, call: Call, window: Window, cursor: str | None
    ) -> Page[ExternalListing]:
        """Return one page of listings."""
        return listings.pull(call, window, cursor)

    def publish_listing(self, call: Call, draft: ListingDraft, *, preview: bool) -> ListingVerdict:
        """Offer a product with its variants, or say only what would speak against it."""
        return publish(call, draft, preview=preview)

    def pull_settlements(
        self, call: Call, window: Window, cursor: str | None
    ) -> Page[ExternalSettlement]:
        """Return the next payout that Shopify issued in the window."""
        return payouts.pull(call, window, cursor)

    def pull_disputes(
        self, call: Call, window: Window, cursor: str | None
    ) -> Page[ExternalDispute]:
        """Return one page of disputes."""
        return disputes.pull(call, window, cursor)

    def open_settlements(
        self, path: Path, settings: Mapping[str, object]
    ) -> Sequence[StatementFile]:
        """Open what was fetched of a payout, or the transactions that a seller exported.

        Raises: InputError if the file is none, or leaves a doubt of what it says.
        """
        return open_payouts(path)
