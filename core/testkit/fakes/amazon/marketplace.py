"""The simulated Amazon: its credentials, its errors and its parts."""

from __future__ import annotations

import random
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from typing import ClassVar
from typing import Self

from werkzeug.wrappers import Response

from core.testkit.fakes.amazon.advertising import Advertising
from core.testkit.fakes.amazon.feeds import Feeds
from core.testkit.fakes.amazon.fees import Fees
from core.testkit.fakes.amazon.finances import Finances
from core.testkit.fakes.amazon.inbound import Inbound
from core.testkit.fakes.amazon.inbound import Plan
from core.testkit.fakes.amazon.inbound_shipments import InboundShipments
from core.testkit.fakes.amazon.inventory import Inventory
from core.testkit.fakes.amazon.labels import Labels
from core.testkit.fakes.amazon.labels import Sold
from core.testkit.fakes.amazon.listings import Listings
from core.testkit.fakes.amazon.lwa import Login
from core.testkit.fakes.amazon.messaging import Messaging
from core.testkit.fakes.amazon.orders import Orders
from core.testkit.fakes.amazon.outbound import Outbound
from core.testkit.fakes.amazon.outbound import Outgoing
from core.testkit.fakes.amazon.pricing import Pricing
from core.testkit.fakes.amazon.reports import Reports
from core.testkit.fakes.amazon.sellers import Sellers
from core.testkit.fakes.amazon.transfers import Transfers
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Fake
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import Route
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.month import lived
from core.testkit.fakes.time import FakeClock
from core.testkit.fakes.trade import Terms
from core.testkit.fakes.trade import Trade

SELLER = "A2FAKESELLER01"
MARKETPLACE = "A1F83G8C2ARO7P"
MARKETPLACE_NAME = "Amazon.co.uk"
CLIENT = "amzn1.application-oa2-client.fake"
CLIENT_SECRET = "amzn1.oa2-cs.v1.fake-secret"  # noqa: S105 - of nobody
REFRESH_TOKEN = "Atzr|fake-refresh-token"  # noqa: S105
ADS_PROFILE = "3141592653"
ADS_CLIENT = "amzn1.application-oa2-client.fake-ads"
ADS_REFRESH_TOKEN = "Atzr|fake-ads-refresh-token"  # noqa: S105


class AmazonFake(Fake):
    """One seller account on one marketplace."""

    platform = "amazon"
    parts: ClassVar[Sequence[type[Part]]] = (
        *(Login, Sellers, Orders, Listings, Inventory, Reports),
        *(Feeds, Fees, Finances, Advertising, Outbound, Pricing, Transfers, Messaging),
        *(Inbound, InboundShipments),
        Labels,
    )

    def __init__(
        self,
        trade: Trade,
        *,
        clock: FakeClock | None = None,
        factor: float = 1.0,
        faults: Faults | None = None,
    ) -> None:
        self.tokens: dict[str, float] = {}
        self.codes: set[str] = set()
        self.refreshes = 0
        self.outgoing: dict[str, Outgoing] = {}
        self.marketplace = MARKETPLACE
        self.demanded: list[dict[str, Any]] = []
        self.deposits = True
        """Whether the account has a bank account to pay to."""
        self.plans: dict[str, Plan] = {}
        self.inbound_looks = 1
        """After how many more requests about a plan each of its steps is done."""
        self.rivals: dict[str, int] = {}
        self.labels: dict[str, Sold] = {}
        self.label_inputs = ""
        """What the seller told Amazon once that a service wants to know."""
        self.refresh_token = REFRESH_TOKEN
        super().__init__(trade, clock=clock, factor=factor, faults=faults)

    @classmethod
    def lived(
        cls,
        seed: int = 7,
        orders: int = 300,
        *,
        clock: FakeClock | None = None,
        factor: float = 1.0,
        faults: Faults | None = None,
        stored: float = 0.5,
        settle_days: int = 14,
        deferral_days: int = 0,
    ) -> Self:
        """Return an account after a month of trade."""
        time = clock or FakeClock()
        # So much later that what happened last may be asked for already.
        until = time.now() - timedelta(minutes=10)
        terms = Terms(deferral_days=deferral_days)
        trade = lived(
            seed,
            orders,
            until,
            order_ref,
            terms=terms,
            stored=stored,
            settle_days=settle_days,
        )
        return cls(trade, clock=time, factor=factor, faults=faults)

    def credentials(self) -> dict[str, str]:
        """Return what a seller enters to connect this account."""
        return {
            "seller_id": SELLER,
            "marketplace": self.marketplace,
            "client_id": CLIENT,
            "client_secret": CLIENT_SECRET,
            "refresh_token": self.refresh_token,
        }

    def advertising(self) -> dict[str, str]:
        """Return what connects the account's advertising, which has a login of its own."""
        return {
            "ads_profile": ADS_PROFILE,
            "ads_client_id": ADS_CLIENT,
            "ads_client_secret": CLIENT_SECRET,
            "ads_refresh_token": ADS_REFRESH_TOKEN,
        }

    def check(self, asked: Asked) -> None:
        """Stop a request whose access token is missing, unknown or too old.

        Raises: Refusal.
        """
        until = self.tokens.get(asked.request.headers.get("x-amz-access-token", ""))
        if until is None or until <= self.clock.now().timestamp():
            # Amazon answers 403 for a token that has run out, as for one without rights.
            raise Refusal(403, "Unauthorized", "Access to requested resource is denied.")

    def refuse(self, refusal: Refusal) -> Response:
        """Return Amazon's list of errors."""
        error = {"code": refusal.code, "message": refusal.message, "details": ""}
        return as_json({"errors": [error]}, refusal.status)

    def expire_tokens(self) -> None:
        """Let every access token run out now."""
        self.tokens.clear()

    def revoke(self) -> None:
        """Let the seller take his consent back: no token holds, a new one has to be generated."""
        self.expire_tokens()
        self.refresh_token = f"{REFRESH_TOKEN}-{len(self.calls.made)}"

    def headers(self, route: Route) -> Mapping[str, str]:
        """Return the number of the request, and the rate that holds here."""
        told = {"x-amzn-RequestId": f"fake-{sum(self.calls.made.values())}"}
        if route.published is not None:
            rate = self.buckets.rate_of(route.published)
            told["x-amzn-RateLimit-Limit"] = f"{rate:.4f}".rstrip("0").rstrip(".")
        return told


def order_ref(dice: random.Random) -> str:
    """Return the number of an order as Amazon makes them."""
    return f"2{dice.randrange(10, 99)}-{dice.randrange(10**7):07d}-{dice.randrange(10**7):07d}"
