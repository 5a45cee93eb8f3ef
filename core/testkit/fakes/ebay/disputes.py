"""Payment disputes, of the Fulfillment API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta

from werkzeug.wrappers import Response

from core.testkit.fakes.ebay.documents import username
from core.testkit.fakes.ebay.orders import RATE
from core.testkit.fakes.ebay.writing import Document
from core.testkit.fakes.ebay.writing import amount_text
from core.testkit.fakes.ebay.writing import moment_text
from core.testkit.fakes.ebay.writing import page_of
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation

MOST = 200
ANSWERED_WITHIN = timedelta(days=5)


@dataclass
class Dispute:
    """A buyer who asks his bank for the money of an order back."""

    ref: str
    order: str
    amount: int
    at: datetime
    status: str = "ACTION_NEEDED"


class Disputes(Part):
    """Disputes, which `fake.disputes` holds."""

    @operation(
        "getPaymentDisputeSummaries", "GET", "/sell/fulfillment/v1/payment_dispute_summary", RATE,
        query=("order_id", "open_date_from", "open_date_to", "limit", "offset",
               "payment_dispute_status", "buyer_username"),
    )  # fmt: skip
    def find(self, asked: Asked) -> Response:
        """List disputes by when they were opened."""
        begin, end = (asked.query(f"open_date_{name}") for name in ("from", "to"))
        found = [
            each
            for each in self.fake.disputes
            if (begin is None or datetime.fromisoformat(begin) <= each.at)
            and (end is None or each.at <= datetime.fromisoformat(end))
        ]
        page = page_of(asked, "paymentDisputeSummaries", found, MOST, MOST)
        name = "paymentDisputeSummaries"
        page[name] = [self._document(each) for each in page[name]]
        return as_json(page)

    def _document(self, dispute: Dispute) -> Document:
        return {
            "paymentDisputeId": dispute.ref,
            "orderId": dispute.order,
            "amount": amount_text(dispute.amount, self.fake.trade.terms.currency),
            "buyerUsername": username(self.fake.trade.sales[dispute.order].buyer),
            "openDate": moment_text(dispute.at),
            "respondByDate": moment_text(dispute.at + ANSWERED_WITHIN),
            "paymentDisputeStatus": dispute.status,
            "reason": "ITEM_NOT_RECEIVED",
        }
