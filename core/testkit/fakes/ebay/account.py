"""Who the seller is (Identity API), and how much he may still ask (Developer Analytics API)."""

from __future__ import annotations

from datetime import timedelta

from werkzeug.wrappers import Response

from core.testkit.fakes.ebay.writing import moment_text
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation

DAY_SECONDS = 86_400
LIMITS = {"fulfillment": 100_000, "inventory": 2_000_000, "finances": 15_000}


class Account(Part):
    """The seller."""

    @operation("getUser", "GET", "/commerce/identity/v1/user/")
    def user(self, _asked: Asked) -> Response:
        """Say whose token it is."""
        known = self.fake.credentials()
        return as_json(
            {
                "userId": "fakeuserid01",
                "username": known["seller"],
                "accountType": "BUSINESS",
                "registrationMarketplaceId": known["marketplace"],
                "status": "CONFIRMED",
            }
        )

    @operation(
        "getUserRateLimits",
        "GET",
        "/developer/analytics/v1_beta/user_rate_limit/",
        query=("api_context", "api_name"),
    )
    def limits(self, asked: Asked) -> Response:
        """Say how much of each day's quota is left."""
        names = [asked.query("api_name")] if asked.query("api_name") else list(LIMITS)
        rows = [
            {
                "apiContext": asked.query("api_context") or "sell",
                "apiName": name,
                "apiVersion": "v1",
                "resources": [{"name": f"sell.{name}", "rates": [self._rate(LIMITS[str(name)])]}],
            }
            for name in names
            if name in LIMITS
        ]
        return as_json({"rateLimits": rows})

    def _rate(self, limit: int) -> dict[str, object]:
        asked = sum(self.fake.calls.made.values())
        over = sum(self.fake.calls.too_fast.values())
        now = self.fake.clock.now()
        midnight = now.replace(hour=0, minute=0, second=0) + timedelta(days=1)
        return {
            "limit": limit,
            "remaining": 0 if over else max(0, limit - asked),
            "reset": moment_text(midnight),
            "timeWindow": DAY_SECONDS,
        }
