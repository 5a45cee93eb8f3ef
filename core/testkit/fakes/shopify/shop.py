"""The simulated Shopify: its credentials, its errors and its parts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from typing import Self

from werkzeug.wrappers import Request
from werkzeug.wrappers import Response

from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Fake
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import Route
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.faults import Fault
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.month import lived
from core.testkit.fakes.rates import Bucket
from core.testkit.fakes.shopify.bulk import Bulk
from core.testkit.fakes.shopify.bulk import BulkFiles
from core.testkit.fakes.shopify.costs import RESTORED
from core.testkit.fakes.shopify.costs import SIZE
from core.testkit.fakes.shopify.goods import Goods
from core.testkit.fakes.shopify.graphql import FURTHER
from core.testkit.fakes.shopify.graphql import SCOPES
from core.testkit.fakes.shopify.graphql import GraphQL
from core.testkit.fakes.shopify.ids import OrderNames
from core.testkit.fakes.shopify.ids import gid
from core.testkit.fakes.shopify.login import Login
from core.testkit.fakes.shopify.orders import OrderList
from core.testkit.fakes.shopify.payments import Payments
from core.testkit.fakes.shopify.publishing import Publishing
from core.testkit.fakes.shopify.sending import Sending
from core.testkit.fakes.time import FakeClock
from core.testkit.fakes.trade import Terms
from core.testkit.fakes.trade import Trade

SHOP = "entrepot-fake.myshopify.com"
TOKEN = "shpat_fake_token_of_nobody"  # noqa: S105
CLIENT = "fake-client-id"
CLIENT_SECRET = "shpss_fake_client_secret"  # noqa: S105
TERMS = Terms(
    commission=0, refund_admin=0, reserve=0, prepaid=True, payment_rate=20, payment_fixed=25,
    label=345,
)  # fmt: skip
"""Payments at 2.0 % and 25p, as a shop in the United Kingdom on the cheapest plan pays them."""


class ShopifyFake(Fake):
    """One shop with Shopify Payments."""

    platform = "shopify"
    parts = (Login, GraphQL, BulkFiles)

    def __init__(
        self,
        trade: Trade,
        *,
        clock: FakeClock | None = None,
        factor: float = 1.0,
        faults: Faults | None = None,
        taxes_included: bool = True,
    ) -> None:
        self.tokens: dict[str, float] = {}
        self.refresh_tokens: set[str] = set()
        self.codes: set[str] = set()
        self.refreshes = 0
        self.taxes_included = taxes_included
        self.scopes = {*SCOPES.values(), *FURTHER}
        self.points = Bucket(RESTORED * factor, SIZE)
        super().__init__(trade, clock=clock, factor=factor, faults=faults)
        self.orders, self.goods = OrderList(self), Goods(self)
        self.publishing, self.bulk = Publishing(self), Bulk(self)
        self.sending, self.payments = Sending(self), Payments(self)

    @classmethod
    def lived(
        cls,
        seed: int = 7,
        orders: int = 300,
        *,
        clock: FakeClock | None = None,
        factor: float = 1.0,
        faults: Faults | None = None,
        settle_days: int = 1,
        taxes_included: bool = True,
    ) -> Self:
        """Return a shop after a month of trade, which is paid out every so many days."""
        time = clock or FakeClock()
        # So much later that what happened last may be asked for already.
        until = time.now() - timedelta(minutes=10)
        trade = lived(
            seed, orders, until, OrderNames(), terms=TERMS, stored=0.0, settle_days=settle_days
        )
        return cls(trade, clock=time, factor=factor, faults=faults, taxes_included=taxes_included)

    def credentials(self) -> dict[str, str]:
        """Return what a seller enters to connect this shop."""
        return {"shop": SHOP, "access_token": TOKEN, "client_id": CLIENT} | {
            "client_secret": CLIENT_SECRET
        }

    def check(self, asked: Asked) -> None:
        """Stop a request without a token that holds.

        Raises: Refusal.
        """
        token = asked.request.headers.get("X-Shopify-Access-Token", "")
        if token != TOKEN and self.tokens.get(token, 0) <= self.clock.now().timestamp():
            text = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            raise Refusal(401, "UNAUTHORIZED", text)

    def expire_tokens(self) -> None:
        """Let every token that was given for a while run out now; a custom app's never does."""
        self.tokens.clear()

    def refuse(self, refusal: Refusal) -> Response:
        """Return a refusal as Shopify words it."""
        return as_json({"errors": refusal.message}, refusal.status)

    def name_of(self, request: Request, route: Route) -> str:
        """Return the name of the operation that a document asks for."""
        if route.name != "graphql":
            return route.name
        try:
            return str(json.loads(request.get_data()).get("operationName") or route.name)
        except (ValueError, AttributeError):
            return route.name

    def limited(self, fault: Fault) -> Response:
        """Say that nothing is left: mostly in a 200, at the edge of the network with a 429."""
        if fault is Fault.LIMITED:
            return super().limited(fault)
        return as_json(self.throttled(1))

    def cost(self, asking: int, spent: int | None) -> dict[str, Any]:
        """Return what a query cost and what is left."""
        return {
            "requestedQueryCost": asking,
            "actualQueryCost": spent,
            "throttleStatus": {
                "maximumAvailable": float(SIZE),
                "currentlyAvailable": max(0, int(self.points.left())),
                "restoreRate": self.points.rate,
            },
        }

    def throttled(self, asking: int) -> dict[str, Any]:
        """Return what is said to somebody who has nothing left to spend."""
        error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
        return {"errors": [error], "extensions": {"cost": self.cost(asking, None)}}

    def roots(self) -> dict[str, Callable[..., Any] | dict[str, Any]]:
        """Return what answers each field at the root."""
        return {
            "shop": self._shop(),
            "currentAppInstallation": self._installation(),
            "bulkOperation": self.bulk.one,
            "bulkOperations": self.bulk.all,
            "bulkOperationRunQuery": self.bulk.run,
            "orders": self.orders.found,
            "ordersCount": self.orders.count,
            "order": self.orders.one,
            "node": self.orders.node,
            "productVariants": self.goods.variants,
            "productVariantsCount": self.goods.count,
            "inventoryItems": self.goods.items,
            "location": self.goods.location,
            "inventorySetQuantities": self.goods.set_quantities,
            "productVariantsBulkUpdate": self.goods.set_prices,
            "product": self.publishing.product,
            "productByIdentifier": self.publishing.identified,
            "productSet": self.publishing.set,
            "publications": self.publishing.publications,
            "publishablePublish": self.publishing.publish,
            "fulfillmentCreate": self.sending.create,
            "fulfillmentTrackingInfoUpdate": self.sending.set_tracking,
            "shopifyPaymentsAccount": self.payments.account(),
        }

    def _shop(self) -> dict[str, Any]:
        terms = self.trade.terms
        return {
            "id": gid("Shop", 1),
            "name": "Entrepot fake shop",
            "myshopifyDomain": SHOP,
            "currencyCode": terms.currency,
            "ianaTimezone": "Europe/London",
            "taxesIncluded": self.taxes_included,
            "plan": {"publicDisplayName": "Basic"},
            "shopAddress": {"countryCodeV2": terms.country},
        }

    def _installation(self) -> dict[str, Any]:
        scopes = [{"handle": each, "description": each} for each in sorted(self.scopes)]
        return {"id": gid("AppInstallation", 1), "accessScopes": scopes}
