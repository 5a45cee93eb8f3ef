"""Finances 2024-06-19: money as it comes up, days before it is settled."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

from werkzeug.wrappers import Response

from core.money import minor_digits
from core.testkit.fakes.amazon.settlement import CODES
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.rates import Published
from core.testkit.fakes.time import text_of
from core.testkit.fakes.truth import Fact
from core.testkit.fakes.truth import Kind

PAGE = 100
TYPES = {"Order": "Shipment", "Refund": "Refund", "ServiceFee": "ServiceFee"}


class Finances(Part):
    """What was earned and charged."""

    @operation(
        "listTransactions",
        "GET",
        "/finances/2024-06-19/transactions",
        Published(0.5, 10),
        query=("postedAfter", "postedBefore", "marketplaceId", "transactionStatus", "nextToken")
        + ("relatedIdentifierName", "relatedIdentifierValue"),
    )
    def transactions(self, asked: Asked) -> Response:
        """List the events of a time: all amounts of an order at one moment are one of them."""
        since, until = self._bounds(asked)
        order = asked.query("relatedIdentifierValue")
        facts = [
            fact
            for fact in self.fake.trade.truth.facts
            if fact.kind in CODES and since <= fact.at <= until
            if order is None or fact.order == order
        ]
        events = [self._event(key, list(rows)) for key, rows in _grouped(facts)]
        status = asked.query("transactionStatus")
        events = [each for each in events if status in (None, each["transactionStatus"])]
        at = int(asked.query("nextToken") or 0)
        payload: dict[str, object] = {"transactions": events[at : at + PAGE]}
        if at + PAGE < len(events):
            payload["nextToken"] = str(at + PAGE)
        return as_json({"payload": payload})

    def _bounds(self, asked: Asked) -> tuple[datetime, datetime]:
        after = asked.query("postedAfter")
        if after is None and asked.query("relatedIdentifierValue") is None:
            raise Refusal(400, "InvalidInput", "postedAfter must be given.")
        try:
            since = datetime.fromisoformat(after) if after else self.fake.trade.started_at
            before = asked.query("postedBefore")
            return since, datetime.fromisoformat(before) if before else self.fake.clock.now()
        except ValueError:
            raise Refusal(400, "InvalidInput", "A date is no ISO 8601 moment.") from None

    def _event(self, key: tuple[datetime, str, str], facts: list[Fact]) -> dict[str, object]:
        at, order, kind = key
        trade, now = self.fake.trade, self.fake.clock.now()
        paid = facts[0] in trade.truth.facts[: trade.settled] and facts[0] not in trade.held
        # Without a delay all that is not settled yet is told as deferred.
        waits = trade.releases_at(facts[0])
        delayed = waits > facts[0].at
        deferred = waits > now if delayed else not paid
        event: dict[str, object] = {
            "sellingPartnerMetadata": {
                "sellingPartnerId": self.fake.credentials()["seller_id"],
                "accountType": "PAYABLE",
                "marketplaceId": self.fake.credentials()["marketplace"],
            },
            "relatedIdentifiers": [
                {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": order}
            ]
            if order
            else [],
            "transactionType": TYPES.get(kind, kind),
            "transactionId": f"{at:%Y%m%d%H%M%S}-{order or kind}",
            "transactionStatus": "DEFERRED" if deferred else "RELEASED",
            "postedDate": text_of(at),
            "totalAmount": self._money(sum(fact.amount for fact in facts)),
            "contexts": [
                {
                    "contextType": "DeferredContext",
                    "deferralReason": "DD7",
                    "maturityDate": text_of(waits),
                }
            ]
            if deferred and delayed
            else [],
            "items": [self._item(fact) for fact in facts if fact.sku],
            "breakdowns": [
                {
                    "breakdownType": CODES[fact.kind][2],
                    "breakdownAmount": self._money(fact.amount),
                }
                for fact in facts
            ],
        }
        return event

    def _item(self, fact: Fact) -> dict[str, object]:
        quantity = fact.quantity if fact.kind is Kind.SALE else 0
        product = {"contextType": "ProductContext", "sku": fact.sku, "quantityShipped": quantity}
        return {
            "description": CODES[fact.kind][2],
            "totalAmount": self._money(fact.amount),
            "contexts": [product],
        }

    def _money(self, amount: int) -> dict[str, object]:
        currency = self.fake.trade.terms.currency
        digits = minor_digits(currency)
        # A JSON number, as Amazon sends it: whoever reads it as a float loses a digit some day.
        return {"currencyCode": currency, "currencyAmount": round(amount / 10**digits, digits)}


def _grouped(
    facts: Iterable[Fact],
) -> Iterable[tuple[tuple[datetime, str, str], Iterable[Fact]]]:
    def key(fact: Fact) -> tuple[datetime, str, str]:
        return fact.at, fact.order, CODES[fact.kind][0]

    return groupby(sorted(facts, key=key), key=key)
