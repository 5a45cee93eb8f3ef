"""The simulated eBay: its credentials, its errors and its parts."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from datetime import timedelta
from typing import Self

from werkzeug.wrappers import Response

from core.testkit.fakes.ebay.account import Account
from core.testkit.fakes.ebay.adreports import AdReports
from core.testkit.fakes.ebay.adreports import Click
from core.testkit.fakes.ebay.adreports import Task
from core.testkit.fakes.ebay.cancellations import Cancellations
from core.testkit.fakes.ebay.claims import Claim
from core.testkit.fakes.ebay.claims import Claims
from core.testkit.fakes.ebay.disputes import CLOSED
from core.testkit.fakes.ebay.disputes import Dispute
from core.testkit.fakes.ebay.disputes import Disputes
from core.testkit.fakes.ebay.finances import Finances
from core.testkit.fakes.ebay.inventory import Inventory
from core.testkit.fakes.ebay.keys import Keys
from core.testkit.fakes.ebay.keys import SigningKeys
from core.testkit.fakes.ebay.login import SCOPES
from core.testkit.fakes.ebay.login import Login
from core.testkit.fakes.ebay.login import scope_of
from core.testkit.fakes.ebay.mail import Messages
from core.testkit.fakes.ebay.notifications import Notifications
from core.testkit.fakes.ebay.notifications import Pusher
from core.testkit.fakes.ebay.orders import Orders
from core.testkit.fakes.ebay.returns import Returns
from core.testkit.fakes.ebay.selling import Drafts
from core.testkit.fakes.ebay.selling import Selling
from core.testkit.fakes.ebay.signatures import must_be_signed
from core.testkit.fakes.ebay.signatures import verify
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Fake
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import Route
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.month import lived
from core.testkit.fakes.till import charge_account
from core.testkit.fakes.time import FakeClock
from core.testkit.fakes.trade import Abroad
from core.testkit.fakes.trade import SaleFees
from core.testkit.fakes.trade import Terms
from core.testkit.fakes.trade import Trade
from core.testkit.fakes.truth import Kind

SELLER = "entrepot_fake"
MARKETPLACE = "EBAY_GB"
CLIENT = "Entrepot-Fake-PRD-0123456789ab-01234567"
CLIENT_SECRET = "PRD-0123456789ab-fake-secret"  # noqa: S105 - of nobody
RU_NAME = "Entrepot-EntrepotF-Fake-abcdefg"
REFRESH_TOKEN = "v^1.1#fake-refresh-token"  # noqa: S105
NOTIFICATION_TOKEN = "fake-verification-token-of-thirty-two-or-more"  # noqa: S105
ERRORS = {"NotFound": 1002, "InvalidInput": 25002, "QuotaExceeded": 2001}
"""eBay numbers its errors; these are for what every simulated marketplace refuses."""
TERMS = Terms(
    commission=0,
    refund_admin=0,
    reserve=0,
    prepaid=True,
    label=345,
    deferral_days=2,
    sale_fees=SaleFees(share=128, fixed=30, abroad=18, advertised=250, ads=40, monthly=2700),
    abroad=Abroad(share=150, country="US", tax=80),
    cuts=False,
)
"""Fees of the size that a business in the United Kingdom pays, not eBay's very figures."""


class EbayFake(Fake):
    """One seller account on one marketplace, of a business in the United Kingdom."""

    platform = "ebay"
    parts = (
        Login,
        Account,
        Keys,
        Orders,
        Inventory,
        Selling,
        Finances,
        Returns,
        Disputes,
        Claims,
        AdReports,
        Cancellations,
        Notifications,
        Messages,
    )

    def __init__(
        self,
        trade: Trade,
        *,
        clock: FakeClock | None = None,
        factor: float = 1.0,
        faults: Faults | None = None,
    ) -> None:
        self.tokens: dict[str, tuple[float, bool]] = {}
        """When each ends, and whether it is a person's: an application's may do less."""
        self.codes: set[str] = set()
        self.refreshes = 0
        self.scopes = set(SCOPES)
        self.signing = SigningKeys()
        self.pusher = Pusher(self)
        self.drafts = Drafts()
        self.disputes: list[Dispute] = []
        self.claims: list[Claim] = []
        self.clicks: list[Click] = []
        self.ad_tasks: dict[str, Task] = {}
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
        settle_days: int = 7,
        held_days: int = TERMS.deferral_days,
    ) -> Self:
        """Return an account after a month of trade, which is paid out every so many days."""
        time = clock or FakeClock()
        # So much later that what happened last may be asked for already.
        until = time.now() - timedelta(minutes=10)
        terms = replace(TERMS, deferral_days=held_days)
        trade = lived(
            seed, orders, until, order_ref, terms=terms, stored=0.0, settle_days=settle_days
        )
        return cls(trade, clock=time, factor=factor, faults=faults)

    def credentials(self) -> dict[str, str]:
        """Return what a seller enters to connect this account."""
        private, jwe = self.signing.first
        return {
            "seller": SELLER,
            "marketplace": MARKETPLACE,
            "client_id": CLIENT,
            "client_secret": CLIENT_SECRET,
            "ru_name": RU_NAME,
            "refresh_token": REFRESH_TOKEN,
            "signing_key": private,
            "signing_jwe": jwe,
            "notification_token": NOTIFICATION_TOKEN,
        }

    def check(self, asked: Asked) -> None:
        """Stop a request whose token does not hold, or that is not signed and must be.

        Raises: Refusal.
        """
        path = asked.request.path
        kind, _, token = asked.request.headers.get("Authorization", "").partition(" ")
        wanted = "IAF" if path.startswith("/post-order/") else "Bearer"
        until, personal = self.tokens.get(token, (0.0, False))
        if kind != wanted or until <= self.clock.now().timestamp():
            raise Refusal(401, "1001", "Invalid access token. Check the value of the token.")
        scope = scope_of(path)
        if scope and not (personal and scope in self.scopes):
            text = "Insufficient permissions to fulfill the request."
            raise Refusal(403, "1100", f"Access denied. {text}")
        if must_be_signed(path) and (fault := verify(asked.request, self.signing)):
            raise Refusal(400, *fault)

    def refuse(self, refusal: Refusal) -> Response:
        """Return eBay's list of errors."""
        number = ERRORS.get(refusal.code, refusal.code)
        error = {
            "errorId": int(number) if str(number).isdecimal() else 500,
            "domain": "ACCESS" if refusal.status in (401, 403) else "API_FAKE",
            "category": "REQUEST" if refusal.status < 500 else "APPLICATION",
            "message": refusal.message,
            "longMessage": refusal.message,
        }
        return as_json({"errors": [error]}, refusal.status)

    def click(self, sku: str, amount: int, at: datetime) -> None:
        """Let a click on the advertisement of a product cost something."""
        self.clicks.append(Click(sku, amount, at))
        charge_account(self.trade, Kind.ADS, amount, at)

    def end_dispute(self, dispute: Dispute, *, won: bool) -> None:
        """Let the bank decide a dispute."""
        dispute.status, dispute.won = CLOSED, won
        dispute.closed_at = self.clock.now().replace(microsecond=0)

    def expire_tokens(self) -> None:
        """Let every access token run out now."""
        self.tokens.clear()

    def headers(self, _route: Route) -> Mapping[str, str]:
        """Return the number of the request; eBay tells no rate here."""
        return {"x-ebay-request-id": f"fake-{sum(self.calls.made.values())}"}


def order_ref(dice: random.Random) -> str:
    """Return the number of an order as eBay makes them."""
    first = dice.randrange(1, 28)
    return f"{first:02d}-{dice.randrange(10_000, 16_000)}-{dice.randrange(10**5):05d}"
