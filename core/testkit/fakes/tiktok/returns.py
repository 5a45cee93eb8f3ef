"""The Return and Refund API: goods that buyers send back, and the money for them."""

from __future__ import annotations

from collections.abc import Iterator

from werkzeug.wrappers import Response

from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import operation
from core.testkit.fakes.rates import Published
from core.testkit.fakes.tiktok.documents import Piece
from core.testkit.fakes.tiktok.documents import pieces
from core.testkit.fakes.tiktok.documents import sku_id
from core.testkit.fakes.tiktok.writing import PAGED
from core.testkit.fakes.tiktok.writing import Document
from core.testkit.fakes.tiktok.writing import amount
from core.testkit.fakes.tiktok.writing import answer
from core.testkit.fakes.tiktok.writing import page_of
from core.testkit.fakes.tiktok.writing import seconds
from core.testkit.fakes.tiktok.writing import within
from core.testkit.fakes.trade import Item
from core.testkit.fakes.trade import Return
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.trade import Sending

RATE = Published(10, 20)
MOST = 50
Row = tuple[Sale, Return]
STATES = {
    Sending.REQUESTED: "RETURN_OR_REFUND_REQUEST_PENDING",
    Sending.COMING: "BUYER_SHIPPED_ITEM",
    Sending.DELIVERED: "REJECT_RECEIVE_PACKAGE",
    Sending.CANCELLED: "RETURN_OR_REFUND_REQUEST_CANCEL",
    Sending.CLOSED: "RETURN_OR_REFUND_REQUEST_COMPLETE",
}


class Returns(Part):
    """Returns: those that buyers announced, and each refund as one that has come back."""

    @operation("searchReturns", "POST", "/return_refund/202602/returns/search", RATE, query=PAGED)
    def search(self, asked: Asked) -> Response:
        """List returns."""
        said = asked.document() if asked.request.get_data() else {}
        orders = said.get("order_ids")
        found = [
            row
            for row in self._all()
            if (orders is None or row[0].ref in orders)
            and within(asked, said, "update_time", row[1].updated_at)
        ]
        found.sort(key=lambda row: (row[1].updated_at, row[1].ref))
        page = page_of(
            asked, "return_orders", found if asked.query("sort_order") == "ASC" else found[::-1],
            MOST,
        )  # fmt: skip
        page["return_orders"] = [self._document(*row) for row in page["return_orders"]]
        return answer(page)

    def _all(self) -> Iterator[Row]:
        for sale in self.fake.trade.sales.values():
            for made in sale.returns:
                yield sale, made

    def _document(self, sale: Sale, made: Return) -> Document:
        item, money = sale.item(made.item), self.fake.trade.terms.currency
        back = list(pieces(sale, item))[made.before : made.before + made.quantity]
        paid = sum(piece.paid_by_platform for piece in back)
        whole = sum(piece.price for piece in back) - paid
        return {
            "return_id": f"40{made.ref}",
            "order_id": sale.ref,
            "return_type": "RETURN_AND_REFUND",
            "return_status": STATES[made.state],
            "return_tracking_number": made.tracking,
            "return_reason": "ecom_order_delivered_refund_reason_no_longer_need",
            "return_reason_text": "No longer needed",
            "role": "BUYER",
            "create_time": seconds(made.asked_at),
            "update_time": seconds(made.updated_at),
            "refund_amount": _money_back(whole, money),
            "discount_amount": [
                {"currency": money, "product_platform_discount": amount(paid, money)}
            ],
            "return_line_items": [
                _line(item, piece, f"41{made.ref}{n}", money) for n, piece in enumerate(back)
            ],
        }


def _line(item: Item, piece: Piece, ref: str, money: str) -> Document:
    return {
        "return_line_item_id": ref,
        "order_line_item_id": piece.ref,
        "sku_id": sku_id(item.product),
        "sku_name": "Default",
        "seller_sku": item.product.sku,
        "product_name": item.product.title,
        "refund_amount": _money_back(piece.price - piece.paid_by_platform, money),
    }


def _money_back(value: int, money: str) -> Document:
    nothing = amount(0, money)
    return {
        "currency": money,
        "refund_total": amount(value, money),
        "refund_subtotal": amount(value, money),
        "refund_shipping_fee": nothing,
        "refund_tax": nothing,
    }
