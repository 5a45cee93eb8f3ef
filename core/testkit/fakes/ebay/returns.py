"""Post-Order v2: goods that buyers send back. eBay's own document leaves its answers open."""

from __future__ import annotations

from werkzeug.wrappers import Response

from core.testkit.fakes.ebay.documents import listing_number
from core.testkit.fakes.ebay.documents import username
from core.testkit.fakes.ebay.writing import Document
from core.testkit.fakes.ebay.writing import amount_text
from core.testkit.fakes.ebay.writing import moment_text
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.rates import Published
from core.testkit.fakes.trade import Return
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.trade import Sending

RATE = Published(5_000 / 86_400, 500)
PATH = "/post-order/v2/return"
STATES = {
    Sending.REQUESTED: "RETURN_REQUESTED",
    Sending.COMING: "ITEM_SHIPPED",
    Sending.DELIVERED: "ITEM_DELIVERED",
    Sending.CANCELLED: "RETURN_REJECTED",
    Sending.CLOSED: "CLOSED",
}


class Returns(Part):
    """Returns: those that buyers announced, and each refund as one that has come back."""

    @operation(
        "searchReturns", "GET", f"{PATH}/search", RATE,
        query=("limit", "offset", "sort", "creation_date_range_from", "creation_date_range_to"),
    )  # fmt: skip
    def search(self, asked: Asked) -> Response:
        """List returns; pages are counted from 1, as only this API does."""
        size, page = int(asked.query("limit") or 25), int(asked.query("offset") or 1)
        if not 1 <= size <= 200 or page < 1:
            raise Refusal(400, "1616", "The parameters of the page are invalid.")
        rows = sorted(self._all(), key=lambda row: (row[1].asked_at, row[1].ref))
        found = rows[(page - 1) * size : page * size]
        return as_json(
            {
                "members": [self._document(*row) for row in found],
                "total": len(rows),
                "paginationOutput": {
                    "limit": size,
                    "offset": page,
                    "totalPages": -(-len(rows) // size),
                    "totalEntries": len(rows),
                },
            }
        )

    @operation("issueReturnRefund", "POST", f"{PATH}/<return_id>/issue_refund", RATE)
    def give_back(self, asked: Asked) -> Response:
        """Give the money for a return back, which was done here with the return itself."""
        if asked.path["return_id"] not in {f"5{row[1].ref[:9]}" for row in self._all()}:
            raise Refusal(404, "1607", "The return does not exist.")
        return as_json({"refundStatus": "SUCCESS"})

    def _all(self) -> list[tuple[Sale, Return]]:
        sales = self.fake.trade.sales.values()
        return [(sale, made) for sale in sales for made in sale.returns]

    def _document(self, sale: Sale, made: Return) -> Document:
        item = sale.item(made.item)
        at, money = {"value": moment_text(made.asked_at)}, self.fake.trade.terms.currency
        paid = sum(
            each.net + each.tax for each in sale.refunds if each.ref in (made.refund, made.ref)
        )
        number = listing_number(item.product.platform_id)
        return {
            "returnId": f"5{made.ref[:9]}",
            "orderId": sale.ref,
            "buyerLoginName": username(sale.buyer),
            "sellerLoginName": self.fake.credentials()["seller"],
            "currentType": "MONEY_BACK",
            "state": STATES[made.state],
            "status": STATES[made.state],
            "creationInfo": {
                "item": {
                    "itemId": number,
                    "transactionId": item.ref,
                    "returnQuantity": made.quantity,
                },
                "type": "MONEY_BACK",
                "reason": "NO_LONGER_NEED_ITEM",
                "creationDate": at,
            },
            "sellerTotalRefund": {"actualRefundAmount": amount_text(paid, money)},
        }
