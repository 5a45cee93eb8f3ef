"""Payment disputes, of the Fulfillment API: answered once, by the count of what was done."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta

from werkzeug.wrappers import Response

from core.testkit.fakes.ebay.documents import listing_number
from core.testkit.fakes.ebay.documents import username
from core.testkit.fakes.ebay.orders import RATE
from core.testkit.fakes.ebay.writing import Document
from core.testkit.fakes.ebay.writing import amount_text
from core.testkit.fakes.ebay.writing import moment_text
from core.testkit.fakes.ebay.writing import page_of
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation

MOST = 200
ANSWERED_WITHIN = timedelta(days=5)
PATH = "/sell/fulfillment/v1/payment_dispute/<dispute_id>"
ACTION_NEEDED, OPEN, CLOSED = "ACTION_NEEDED", "OPEN", "CLOSED"
SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass
class Dispute:
    """A buyer who asks his bank for the money of an order back.

    `files` are those that were uploaded, by their names; `sets` those of them that are evidence.
    """

    ref: str
    order: str
    amount: int
    at: datetime
    status: str = ACTION_NEEDED
    reason: str = "ITEM_NOT_RECEIVED"
    revision: int = 1
    response: str = ""
    note: str = ""
    files: dict[str, str] = field(default_factory=dict)
    sets: list[tuple[str, list[str]]] = field(default_factory=list)
    won: bool | None = None
    closed_at: datetime | None = None


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

    @operation("getPaymentDispute", "GET", PATH, RATE)
    def show(self, asked: Asked) -> Response:
        """Tell all of a dispute."""
        return as_json(self._whole(self._asked(asked)))

    @operation("contestPaymentDispute", "POST", f"{PATH}/contest", RATE)
    def contest(self, asked: Asked) -> Response:
        """Say why the buyer shall not have his money."""
        said = asked.document()
        dispute = self._answer(asked, said, "CONTEST")
        dispute.note = said.get("note") or ""
        return Response(status=204)

    @operation("acceptPaymentDispute", "POST", f"{PATH}/accept", RATE)
    def accept(self, asked: Asked) -> Response:
        """Give in: the dispute is lost at once."""
        dispute = self._answer(asked, asked.document(), "ACCEPT")
        self.fake.end_dispute(dispute, won=False)
        return Response(status=204)

    @operation("uploadEvidenceFile", "POST", f"{PATH}/upload_evidence_file", RATE)
    def upload(self, asked: Asked) -> Response:
        """Take a picture, which must be called `file`."""
        dispute, given = self._asked(asked), asked.request.files.get("file")
        for each in asked.request.files.values():
            each.close()
        if given is None or not str(given.filename).lower().endswith(SUFFIXES):
            raise Refusal(400, "33003", "The evidence file is missing, or is no JPEG or PNG.")
        ref = f"F{len(dispute.files) + 1}-{dispute.ref}"
        dispute.files[ref] = str(given.filename)
        return as_json({"fileId": ref})

    @operation("addEvidence", "POST", f"{PATH}/add_evidence", RATE)
    def add(self, asked: Asked) -> Response:
        """Make uploaded files evidence; that is an action, and counted."""
        dispute, said = self._open(asked), asked.document()
        refs = [each["fileId"] for each in said.get("files") or ()]
        if not refs or set(refs) - set(dispute.files) or not said.get("lineItems"):
            raise Refusal(400, "33004", "Files or line items are missing.")
        dispute.sets.append((said["evidenceType"], refs))
        dispute.revision += 1
        return as_json({"evidenceId": str(len(dispute.sets))})

    def _asked(self, asked: Asked) -> Dispute:
        for each in self.fake.disputes:
            if each.ref == asked.path["dispute_id"]:
                found: Dispute = each
                return found
        raise Refusal(404, "33001", "The payment dispute does not exist.")

    def _open(self, asked: Asked) -> Dispute:
        dispute = self._asked(asked)
        if dispute.status != ACTION_NEEDED:
            raise Refusal(409, "33005", "The payment dispute needs no action.")
        return dispute

    def _answer(self, asked: Asked, said: Document, response: str) -> Dispute:
        dispute = self._open(asked)
        if said.get("revision") != dispute.revision:
            raise Refusal(409, "33006", "The revision is not the current one.")
        dispute.revision += 1
        dispute.status, dispute.response = OPEN, response
        return dispute

    def _document(self, dispute: Dispute) -> Document:
        found = {
            "paymentDisputeId": dispute.ref,
            "orderId": dispute.order,
            "amount": amount_text(dispute.amount, self.fake.trade.terms.currency),
            "buyerUsername": username(self.fake.trade.sales[dispute.order].buyer),
            "openDate": moment_text(dispute.at),
            "paymentDisputeStatus": dispute.status,
            "reason": dispute.reason,
        }
        if dispute.status == ACTION_NEEDED:
            found["respondByDate"] = moment_text(dispute.at + ANSWERED_WITHIN)
        if dispute.closed_at is not None:
            found["closedDate"] = moment_text(dispute.closed_at)
        return found

    def _whole(self, dispute: Dispute) -> Document:
        item = self.fake.trade.sales[dispute.order].items[0]
        lines = [
            {"itemId": listing_number(item.product.platform_id), "lineItemId": item.ref},
        ]
        found = {**self._document(dispute), "revision": dispute.revision, "lineItems": lines}
        if dispute.status == ACTION_NEEDED:
            found["availableChoices"] = ["ACCEPT", "CONTEST"]
        if dispute.response:
            found["sellerResponse"] = dispute.response
        if dispute.note:
            found["note"] = dispute.note
        if dispute.sets:
            found["evidence"] = [
                {
                    "evidenceId": str(number),
                    "evidenceType": kind,
                    "files": [{"fileId": ref, "name": dispute.files[ref]} for ref in refs],
                    "lineItems": lines,
                }
                for number, (kind, refs) in enumerate(dispute.sets, 1)
            ]
        if dispute.won is not None:
            money = self.fake.trade.terms.currency
            taken = 0 if dispute.won else dispute.amount
            found["resolution"] = {
                "protectionStatus": "PROTECTED" if dispute.won else "UNPROTECTED",
                "recoupAmount": amount_text(taken, money),
            }
        return found
