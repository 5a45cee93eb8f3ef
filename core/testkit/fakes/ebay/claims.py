"""Post-Order v2: inquiries and cases. eBay's own document leaves their answers open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta

from werkzeug.wrappers import Response

from core.testkit.fakes.ebay.documents import listing_number
from core.testkit.fakes.ebay.documents import username
from core.testkit.fakes.ebay.returns import RATE
from core.testkit.fakes.ebay.writing import Document
from core.testkit.fakes.ebay.writing import amount_text
from core.testkit.fakes.ebay.writing import moment_text
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation

ANSWERED_WITHIN = timedelta(days=3)
INQUIRY, CASE = "inquiry", "casemanagement"
PATH = "/post-order/v2"


@dataclass
class Claim:
    """A buyer who turned to eBay: by an inquiry, or by a case that eBay decides."""

    ref: str
    order: str
    amount: int
    at: datetime
    place: str = INQUIRY
    status: str = "WAITING_SELLER_RESPONSE"
    tracking: str = ""
    refunded: int = 0


class Claims(Part):
    """Claims, which `fake.claims` holds."""

    @operation(
        "searchInquiries", "GET", f"{PATH}/inquiry/search", RATE,
        query=("fieldgroups", "inquiry_creation_date_range_from", "inquiry_creation_date_range_to",
               "inquiry_status", "item_id", "limit", "offset", "order_id", "sort",
               "transaction_id"),
    )  # fmt: skip
    def inquiries(self, asked: Asked) -> Response:
        """List inquiries; pages are counted from 1."""
        return self._list(asked, INQUIRY, "inquiryId", "inquiryStatusEnum")

    @operation(
        "searchCases", "GET", f"{PATH}/casemanagement/search", RATE,
        query=("case_creation_date_range_from", "case_creation_date_range_to",
               "case_status_filter", "fieldgroups", "item_id", "limit", "offset", "order_id",
               "return_id", "sort", "transaction_id"),
    )  # fmt: skip
    def cases(self, asked: Asked) -> Response:
        """List cases; pages are counted from 1."""
        return self._list(asked, CASE, "caseId", "caseStatusEnum")

    @operation("getInquiry", "GET", f"{PATH}/inquiry/<claim_id>", RATE)
    def inquiry(self, asked: Asked) -> Response:
        """Tell of an inquiry."""
        return as_json({"status": self._claim(asked, INQUIRY).status})

    @operation("getCase", "GET", f"{PATH}/casemanagement/<claim_id>", RATE)
    def case(self, asked: Asked) -> Response:
        """Tell of a case."""
        return as_json({"status": self._claim(asked, CASE).status})

    @operation("issueInquiryRefund", "POST", f"{PATH}/inquiry/<claim_id>/issue_refund", RATE)
    def refund_inquiry(self, asked: Asked) -> Response:
        """Give the money of an inquiry back."""
        return self._refund(asked, INQUIRY)

    @operation("issueCaseRefund", "POST", f"{PATH}/casemanagement/<claim_id>/issue_refund", RATE)
    def refund_case(self, asked: Asked) -> Response:
        """Give the money of a case back."""
        return self._refund(asked, CASE)

    @operation(
        "provideInquiryShipmentInfo", "POST",
        f"{PATH}/inquiry/<claim_id>/provide_shipment_info", RATE,
    )  # fmt: skip
    def ship(self, asked: Asked) -> Response:
        """Take the number of the parcel: the buyer has his turn."""
        claim, said = self._claim(asked, INQUIRY), asked.document()
        if not said.get("trackingNumber") or not said.get("shippingCarrierName"):
            raise Refusal(400, "1616", "Carrier and tracking number are needed.")
        claim.tracking, claim.status = said["trackingNumber"], "WAITING_BUYER_RESPONSE"
        return as_json({})

    def _refund(self, asked: Asked, place: str) -> Response:
        claim = self._claim(asked, place)
        if claim.refunded:
            raise Refusal(409, "1617", "The money went back already.")
        claim.refunded, claim.status = claim.amount, "CLOSED"
        return as_json({"refundResult": "SUCCESS"})

    def _claim(self, asked: Asked, place: str) -> Claim:
        for each in self.fake.claims:
            if (each.place, each.ref) == (place, asked.path["claim_id"]):
                found: Claim = each
                return found
        raise Refusal(404, "1607", "It does not exist.")

    def _list(self, asked: Asked, place: str, number: str, status: str) -> Response:
        size, page = int(asked.query("limit") or 25), int(asked.query("offset") or 1)
        if not 1 <= size <= 200 or page < 1:
            raise Refusal(400, "1616", "The parameters of the page are invalid.")
        rows = [each for each in self.fake.claims if each.place == place]
        shown = rows[(page - 1) * size : page * size]
        return as_json(
            {
                "members": [self._document(each, number, status) for each in shown],
                "paginationOutput": {
                    "limit": size,
                    "offset": page,
                    "totalPages": -(-len(rows) // size),
                    "totalEntries": len(rows),
                },
            }
        )

    def _document(self, claim: Claim, number: str, status: str) -> Document:
        sale = self.fake.trade.sales[claim.order]
        item = sale.items[0]
        found: Document = {
            number: claim.ref,
            status: claim.status,
            "buyer": username(sale.buyer),
            "itemId": listing_number(item.product.platform_id),
            "transactionId": item.ref,
            "claimAmount": amount_text(claim.amount, self.fake.trade.terms.currency),
            "creationDate": {"value": moment_text(claim.at)},
        }
        if claim.status in ("OPEN", "WAITING_SELLER_RESPONSE"):
            found["respondByDate"] = {"value": moment_text(claim.at + ANSWERED_WITHIN)}
        return found
