"""The Return and Refund API: buyers who want to cancel what has not left."""

from __future__ import annotations

from werkzeug.wrappers import Response

from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import operation
from core.testkit.fakes.tiktok.returns import MOST
from core.testkit.fakes.tiktok.returns import RATE
from core.testkit.fakes.tiktok.writing import PAGED
from core.testkit.fakes.tiktok.writing import SIGNED
from core.testkit.fakes.tiktok.writing import Document
from core.testkit.fakes.tiktok.writing import answer
from core.testkit.fakes.tiktok.writing import page_of
from core.testkit.fakes.tiktok.writing import seconds
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.verbs import answer_cancel

PENDING = "CANCELLATION_REQUEST_PENDING"
REASONS = {
    "seller_reject_apply_product_has_been_packed": "Product has been packed",
    "seller_reject_apply_buyer_agreed": "Reached an agreement with the buyer",
}
PATH = "/return_refund/202309/cancellations/<cancel_id>"
UNKNOWN = "25001005"


class Cancellations(Part):
    """Requests to cancel, each answered once."""

    @operation(
        "searchCancellations", "POST", "/return_refund/202602/cancellations/search", RATE,
        query=PAGED,
    )  # fmt: skip
    def search(self, asked: Asked) -> Response:
        """List requests that are open."""
        said = asked.document() if asked.request.get_data() else {}
        orders = said.get("order_ids")
        states = said.get("cancel_status") or [PENDING]
        sales = [
            sale
            for sale in self.fake.trade.sales.values()
            if sale.cancel_asked_at is not None
            and PENDING in states
            and (orders is None or sale.ref in orders)
        ]
        page = page_of(asked, "cancellations", sales, MOST)
        page["cancellations"] = [_document(sale) for sale in page["cancellations"]]
        return answer(page)

    @operation(
        "getRejectReasons", "GET", "/return_refund/202309/reject_reasons", RATE,
        query=(*SIGNED, "return_or_cancel_id", "locale"),
    )  # fmt: skip
    def reasons(self, _asked: Asked) -> Response:
        """Say why a seller may let an order stand."""
        return answer({"reasons": [{"name": n, "text": text} for n, text in REASONS.items()]})

    @operation(
        "approveCancellation", "POST", f"{PATH}/approve", RATE, query=(*SIGNED, "idempotency_key")
    )
    def approve(self, asked: Asked) -> Response:
        """Cancel the order."""
        return self._answer(asked, granted=True)

    @operation(
        "rejectCancellation", "POST", f"{PATH}/reject", RATE, query=(*SIGNED, "idempotency_key")
    )
    def reject(self, asked: Asked) -> Response:
        """Let the order stand."""
        if asked.document().get("reject_reason") not in REASONS:
            raise Refusal(200, "25001012", "The reject reason is invalid.")
        return self._answer(asked, granted=False)

    def _answer(self, asked: Asked, *, granted: bool) -> Response:
        number = asked.path["cancel_id"]
        found = [s for s in self.fake.trade.sales.values() if cancel_id(s) == number]
        if not found or found[0].cancel_asked_at is None:
            raise Refusal(200, UNKNOWN, "The cancellation does not exist, or was answered.")
        at = self.fake.clock.now().replace(microsecond=0)
        answer_cancel(self.fake.trade, found[0], at, granted=granted)
        return answer({})


def cancel_id(sale: Sale) -> str:
    """Return the number of the request to cancel an order."""
    return f"4035{sale.ref[4:]}"


def _document(sale: Sale) -> Document:
    assert sale.cancel_asked_at is not None
    return {
        "cancel_id": cancel_id(sale),
        "order_id": sale.ref,
        "cancel_type": "BUYER_CANCEL",
        "cancel_status": PENDING,
        "role": "BUYER",
        "cancel_reason": "ecom_order_to_ship_canceled_reason_no_longer_needed",
        "cancel_reason_text": "No longer needed",
        "create_time": seconds(sale.cancel_asked_at),
        "update_time": seconds(sale.cancel_asked_at),
    }
