"""Transfers 2024-06-01: what was paid to the bank, and what is to come."""

from __future__ import annotations

from datetime import datetime
from datetime import timedelta
from typing import Any

from werkzeug.wrappers import Response

from core.money import minor_digits
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.rates import Published
from core.testkit.fakes.time import text_of
from core.testkit.fakes.trade import Settlement
from core.testkit.fakes.verbs import settle

PATH = "/finances/transfers/2024-06-01/payouts"
PAGE = 2
TAIL = "1234"
LEAST = 500
STORES = (
    "A1PA6795UKMFR9 A13V1IB3VIYZZH APJ6JRA9NG5V4 A1RKKUPIHCS9HS A2NODRKZP88ZB9 A1805IZSGTT6HS"
    " A1C3SOZRARQ6R3 AMEN7PMS3EDWL"
).split()
"""The stores that pay on demand: DE, FR, IT, ES, SE, NL, PL, BE."""

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
        own = {each["id"] for each in self.fake.demanded}
        found = [
            each
            for each in self.fake.trade.settlements
            if each.total > 0
            and (after is None or each.ended_at >= after)
            and f"P{each.ref}" not in own
        ]
        at = int(asked.query("nextToken") or 0)
        rows = [self._paid(each) for each in found]
        rows += [each for each in self.fake.demanded if after is None or _began(each) >= after]
        body: Document = {"payouts": rows[at : at + PAGE]}
        if at + PAGE < len(rows):
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

    @operation("initiatePayout", "POST", PATH, Published(0.017, 2))
    def begin(self, asked: Asked) -> Response:
        """Pay out what was released since the last settlement; once in a day, in some stores."""
        body = asked.document()
        if body.get("accountType") != "Standard Orders" or body.get("marketplaceId") not in STORES:
            raise Refusal(400, "InvalidInput", "The marketplace or account type is not supported.")
        if not self.fake.deposits:
            raise Refusal(400, "NoDepositMethod", "No deposit method found.")
        now = self.fake.clock.now()
        if any(now - _began(each) < timedelta(hours=24) for each in self.fake.demanded):
            raise Refusal(400, "PayoutLimitExceeded", "A payout was initiated within 24 hours.")
        trade = self.fake.trade
        owed = sum(each.amount for each in trade.truth.facts[trade.settled :])
        if owed < LEAST:
            raise Refusal(400, "InsufficientPayoutAmount", "The available balance is too small.")
        # What it pays is settled with it: the books learn of it by its settlement.
        settlement = settle(trade, now)
        document = self._paid(settlement) | {"type": "ON_DEMAND", "currentStatus": "STARTED"}
        document["statusHistory"] = [{"status": "STARTED", "lastUpdatedDate": text_of(now)}]
        self.fake.demanded.append(document)
        return as_json({"payoutReferenceId": document["id"]})

    def _paid(self, settlement: Settlement) -> Document:
        currency = self.fake.trade.terms.currency
        digits = minor_digits(currency)
        at = text_of(settlement.ended_at)
        return {
            "id": f"P{settlement.ref}",
            "partnerMetadata": self._partner(),
            "type": "SCHEDULED",
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


def _began(payout: Document) -> datetime:
    return datetime.fromisoformat(payout["creationDate"])
