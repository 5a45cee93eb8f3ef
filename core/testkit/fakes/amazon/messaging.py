"""The Messaging and the Solicitations API: what may be written about an order, and writing it."""

from __future__ import annotations

from datetime import timedelta

from werkzeug.wrappers import Response

from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.mail import SELLER
from core.testkit.fakes.rates import Published
from core.testkit.fakes.trade import Sale

RATE = Published(1, 5)
PATH = "/messaging/v1/orders/<order_id>"
SOLICITATIONS = "/solicitations/v1/orders/<order_id>"
REVIEW = "productReviewAndSellerFeedback"
FIRST, LAST = timedelta(days=5), timedelta(days=30)
QUERY = ("marketplaceIds",)


class Messaging(Part):
    """Messages to buyers; none of theirs."""

    @operation("getMessagingActionsForOrder", "GET", PATH, RATE, query=QUERY)
    def actions(self, asked: Asked) -> Response:
        """Say what may be written."""
        return _links(asked, "messages", self._allowed(self._sale(asked)))

    @operation("createConfirmOrderDetails", "POST", f"{PATH}/messages/<kind>", RATE, query=QUERY)
    def write(self, asked: Asked) -> Response:
        """Take a message."""
        sale, kind = self._sale(asked), asked.path["kind"]
        if kind not in self._allowed(sale):
            raise Refusal(403, "Unauthorized", "This message type is not available for the order.")
        text = asked.document().get("text") or ""
        if not 0 < len(text) <= 2000:
            raise Refusal(400, "InvalidInput", "The text is not valid.")
        self.fake.mail.write(sale, text, self.fake.clock.now(), SELLER, kind)
        return _hal({}, 201)

    @operation("getSolicitationActionsForOrder", "GET", SOLICITATIONS, RATE, query=QUERY)
    def solicitations(self, asked: Asked) -> Response:
        """Say whether a review may be asked for: once, so many days after it was delivered."""
        found = [REVIEW] if self._may_be_asked(self._sale(asked)) else []
        return _links(asked, "solicitations", found)

    @operation(
        "createProductReviewAndSellerFeedbackSolicitation", "POST",
        f"{SOLICITATIONS}/solicitations/{REVIEW}", RATE, query=QUERY,
    )  # fmt: skip
    def ask(self, asked: Asked) -> Response:
        """Ask the buyer for a review."""
        sale = self._sale(asked)
        if not self._may_be_asked(sale):
            raise Refusal(400, "InvalidInput", "The order is not eligible for a solicitation.")
        self.fake.mail.write(sale, "", self.fake.clock.now(), SELLER, REVIEW)
        return _hal({}, 201)

    def _sale(self, asked: Asked) -> Sale:
        sale: Sale | None = self.fake.trade.sales.get(asked.path["order_id"])
        if sale is None:
            raise Refusal(404, "NotFound", "The order is not known.")
        if not asked.query("marketplaceIds"):
            raise Refusal(400, "InvalidInput", "marketplaceIds is missing.")
        return sale

    def _allowed(self, sale: Sale) -> list[str]:
        later = ["confirmDeliveryDetails", "unexpectedProblem", "legalDisclosure"]
        return ["confirmOrderDetails", *(later if sale.parcels else ())]

    def _may_be_asked(self, sale: Sale) -> bool:
        said = (s for t in self.fake.mail.talks.values() if t.sale is sale for s in t.said)
        if not sale.parcels or any(each.kind == REVIEW for each in said):
            return False
        # Nobody tells here when a parcel arrived: it is there as soon as it left.
        gone: timedelta = self.fake.clock.now() - sale.parcels[-1].sent_at
        return FIRST <= gone <= LAST


def _hal(document: object, status: int = 200) -> Response:
    answer = as_json(document, status)
    answer.mimetype = "application/hal+json"
    return answer


def _links(asked: Asked, name: str, found: list[str]) -> Response:
    place = asked.query("marketplaceIds")
    start = asked.request.path
    links = [
        {"href": f"{start}/{name}/{each}?marketplaceIds={place}", "name": each} for each in found
    ]
    here = {"href": f"{start}?marketplaceIds={place}"}
    return _hal({"_links": {"actions": links, "self": here}})
