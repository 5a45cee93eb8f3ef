"""Post-Order v2: buyers who want to cancel. eBay's own document leaves its answers open."""

from __future__ import annotations

from werkzeug.wrappers import Response

from core.testkit.fakes.ebay.documents import cancel_requests
from core.testkit.fakes.ebay.returns import RATE
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.verbs import answer_cancel

PATH = "/post-order/v2/cancellation/<cancel_id>"


class Cancellations(Part):
    """Requests to cancel, each answered once."""

    @operation("approveCancellationRequest", "POST", f"{PATH}/approve", RATE)
    def approve(self, asked: Asked) -> Response:
        """Cancel the order."""
        return self._answer(asked, granted=True)

    @operation("rejectCancellationRequest", "POST", f"{PATH}/reject", RATE)
    def reject(self, asked: Asked) -> Response:
        """Let the order stand."""
        return self._answer(asked, granted=False)

    def _answer(self, asked: Asked, *, granted: bool) -> Response:
        sale = self._sale(asked.path["cancel_id"])
        at = self.fake.clock.now().replace(microsecond=0)
        answer_cancel(self.fake.trade, sale, at, granted=granted)
        return as_json({})

    def _sale(self, number: str) -> Sale:
        for sale in self.fake.trade.sales.values():
            if any(each["cancelRequestId"] == number for each in cancel_requests(sale)):
                found: Sale = sale
                return found
        raise Refusal(404, "1607", "The cancellation request does not exist, or was answered.")
