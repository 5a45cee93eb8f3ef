"""The simulated TikTok Shop: its credentials, its errors and its parts."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Self

from werkzeug.wrappers import Response

from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Fake
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import Route
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.month import lived
from core.testkit.fakes.tiktok.cancellations import Cancellations
from core.testkit.fakes.tiktok.finances import Finances
from core.testkit.fakes.tiktok.labels import Labels
from core.testkit.fakes.tiktok.login import SCOPES
from core.testkit.fakes.tiktok.login import Login
from core.testkit.fakes.tiktok.login import scope_of
from core.testkit.fakes.tiktok.orders import Orders
from core.testkit.fakes.tiktok.parcels import Parcels
from core.testkit.fakes.tiktok.products import Products
from core.testkit.fakes.tiktok.publishing import Publishing
from core.testkit.fakes.tiktok.returns import Returns
from core.testkit.fakes.tiktok.service import Service
from core.testkit.fakes.tiktok.signatures import verify
from core.testkit.fakes.time import FakeClock
from core.testkit.fakes.trade import Terms
from core.testkit.fakes.trade import Trade

SHOP = "GBLCFAKE01"
APP_KEY = "6fake0app0key"
APP_SECRET = "fake-app-secret-of-nobody-0123456789abcdef"  # noqa: S105
SERVICE = "7300000000000000001"
REFRESH_TOKEN = "TTR_fake-refresh-token"  # noqa: S105
EXPIRED, NOT_ALLOWED, NO_CIPHER = "105002", "105005", "12000000"
ERRORS = {"QuotaExceeded": "36009002", "InternalFailure": "36009003"}
ERRORS |= {"NotFound": "36009009", "InvalidInput": "36009001", "ServiceUnavailable": "36009003"}
"""The platform numbers its errors; these are for what every simulated marketplace refuses."""
OF_NO_SHOP = "/images/upload"
"""Pictures belong to the seller, and are handed up for no shop."""
TERMS = Terms(commission=90, refund_admin=200, reserve=50, label=310, subscription=0)
"""Fees of the size that a shop in the United Kingdom pays, not TikTok's very figures."""


class TiktokFake(Fake):
    """One shop in the United Kingdom."""

    platform = "tiktok"
    parts = (
        *(Login, Orders, Parcels, Labels, Products, Publishing, Returns),
        *(Cancellations, Finances, Service),
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
        self.refresh_tokens = [REFRESH_TOKEN]
        self.codes: set[str] = set()
        self.refreshes = 0
        self.scopes = set(SCOPES.values())
        self.shop_id = "7494726673780148744"
        self.cipher = "GCP_fake-cipher-of-the-shop"
        self.refusals_in_200 = False
        """Whether a token that ran out is told in an answer of success, as other errors are."""
        self.lacking: list[str] = []
        """What the shop lacks before it may list anything."""
        self.elsewhere: dict[str, dict[str, int]] = {}
        """What of SKUs lies in other warehouses, by the numbers of those."""
        self.pictures: set[str] = set()
        self.uses: dict[str, str] = {}
        """What each picture was handed up for."""
        self.shelves: dict[str, list[str]] = {}
        """The SKUs of products that were made; the first ones have one each."""
        self.keys: dict[str, dict[str, object]] = {}
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
        settle_days: int = 1,
        held_days: int = 0,
    ) -> Self:
        """Return a shop after a month of trade, with a statement every so many days."""
        time = clock or FakeClock()
        # So much later that what happened last may be asked for already.
        until = time.now() - timedelta(minutes=10)
        terms = replace(TERMS, deferral_days=held_days)
        trade = lived(
            seed, orders, until, order_ref, terms=terms, stored=0.0, settle_days=settle_days
        )
        return cls(trade, clock=time, factor=factor, faults=faults)

    def credentials(self) -> dict[str, str]:
        """Return what a seller enters to connect this shop."""
        return {
            "shop": SHOP,
            "region": "GB",
            "app_key": APP_KEY,
            "app_secret": APP_SECRET,
            "service_id": SERVICE,
            "refresh_token": REFRESH_TOKEN,
        }

    def check(self, asked: Asked) -> None:
        """Stop a request that is not signed, whose token does not hold, or for no shop.

        Raises: Refusal.
        """
        request = asked.request
        if fault := verify(request, APP_KEY, APP_SECRET):
            raise Refusal(401, *fault)
        until = self.tokens.get(request.headers.get("x-tts-access-token", ""), 0.0)
        if until <= self.clock.now().timestamp():
            status = 200 if self.refusals_in_200 else 401
            raise Refusal(status, EXPIRED, "Expired credentials. The access_token is expired.")
        scope = scope_of(request.path)
        if scope and scope not in self.scopes:
            raise Refusal(401, NOT_ALLOWED, f"Access denied. The app lacks the scope {scope}.")
        if request.path.endswith(OF_NO_SHOP):
            return
        if scope and asked.query("shop_cipher") != self.cipher:
            raise Refusal(400, NO_CIPHER, "The shop_cipher is invalid.")

    def refuse(self, refusal: Refusal) -> Response:
        """Return an error, often in an answer of success."""
        code = ERRORS.get(refusal.code, refusal.code)
        body = {
            "code": int(code) if code.isdecimal() else 36009003,
            "message": refusal.message,
            "request_id": "2026fake",
        }
        return as_json(body, refusal.status)

    def expire_tokens(self) -> None:
        """Let every access token run out now."""
        self.tokens.clear()

    def headers(self, _route: Route) -> Mapping[str, str]:
        """Return the number of the request; the platform tells no rate."""
        return {"x-tt-logid": f"fake-{sum(self.calls.made.values())}"}


def order_ref(dice: random.Random) -> str:
    """Return the number of an order as TikTok Shop makes them."""
    return f"5766{dice.randrange(10**14):014d}"
