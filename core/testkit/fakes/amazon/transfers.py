"""Transfers 2024-06-01: what was paid to the bank, and what is to come."""

from __future__ import annotations

from datetime import datetime
from datetime import timedelta
from typing import Any

from werkzeug.wrappers import Response

from core.money import minor_digits
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.rates import Published
from core.testkit.fakes.time import text_of
from core.testkit.fakes.trade import Settlement

PATH = "/finances/transfers/2024-06-01/payouts"
PAGE = 2
TAIL = "1234"

Document = dict[str, Any]


class Transfers(Part):
    """The payouts of the account's settlements."""

    @operation(
        "listPayouts", "GET", PATH, Published(0.5, 10),
        query=("marketplaceIds", "createdAfter", "createdBefore", "payoutId", "accountType",
               "nextToken"),
    )  # fmt: skip
    def payouts(self, asked: Asked) -> Response:
        """List what was paid, two on a page."""
        since = asked.query("createdAfter")
        after = datetime.fromisoformat(since) if since else None
        found = [
            each
            for each in self.fake.trade.settlements
            if each.total > 0 and (after is None or each.ended_at >= after)
        ]
        at = int(asked.query("nextToken") or 0)
        body: Document = {"payouts": [self._paid(each) for each in found[at : at + PAGE]]}
        if at + PAGE < len(found):
            body["nextToken"] = str(at + PAGE)
        return as_json(body)

    @operation(
        "listExpectedPayouts", "GET", f"{PATH}/expected", Published(0.5, 10),
        query=("marketplaceIds", "accountType", "nextToken"),
    )  # fmt: skip
    def expected(self, _asked: Asked) -> Response:
        """Say when the next payout is due; how much it will be nobody knows yet."""
        due = self.fake.clock.now() + timedelta(days=7)
        one = {
            "partnerMetadata": self._partner(),
            "status": "SCHEDULED",
            "scheduledDate": text_of(due),
            "accountTail": TAIL,
            "paymentMethod": "BANK_ACCOUNT",
        }
        return as_json({"expectedPayouts": [one]})

    def _paid(self, settlement: Settlement) -> Document:
        currency = self.fake.trade.terms.currency
        digits = minor_digits(currency)
        at = text_of(settlement.ended_at)
        return {
            "id": f"P{settlement.ref}",
            "partnerMetadata": self._partner(),
            "currentStatus": "PAID",
            "statusHistory": [{"status": "PAID", "lastUpdatedDate": at}],
            "amount": {
                "currencyCode": currency,
                "currencyAmount": round(settlement.total / 10**digits, digits),
            },
            "accountTail": TAIL,
            "paymentMethod": "BANK_ACCOUNT",
            "creationDate": at,
            "relatedIdentifiers": [
                {
                    "relatedIdentifierName": "SETTLEMENT_ID",
                    "relatedIdentifierValue": settlement.ref,
                }
            ],
        }

    def _partner(self) -> Document:
        told = self.fake.credentials()
        return {
            "partnerId": told["seller_id"],
            "accountType": "STANDARD_ORDERS",
            "marketplaceId": told["marketplace"],
        }
