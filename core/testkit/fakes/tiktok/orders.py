"""The Order API: what was ordered."""

from __future__ import annotations

from werkzeug.wrappers import Response

from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import operation
from core.testkit.fakes.rates import Published
from core.testkit.fakes.tiktok.documents import STATUS
from core.testkit.fakes.tiktok.documents import order_document
from core.testkit.fakes.tiktok.writing import INVALID
from core.testkit.fakes.tiktok.writing import PAGED
from core.testkit.fakes.tiktok.writing import SIGNED
from core.testkit.fakes.tiktok.writing import answer
from core.testkit.fakes.tiktok.writing import page_of
from core.testkit.fakes.tiktok.writing import within
from core.testkit.fakes.trade import Sale

RATE = Published(10, 20)
"""TikTok publishes none: a guess at what it lets a small app do."""
MOST, MOST_IDS = 100, 50


class Orders(Part):
    """Orders."""

    @operation("getOrderList", "POST", "/order/202309/orders/search", RATE, query=PAGED)
    def search(self, asked: Asked) -> Response:
        """List orders; the list is made anew for each page."""
        page = page_of(asked, "orders", self._found(asked), MOST)
        page["orders"] = [self._document(sale) for sale in page["orders"]]
        return answer(page)

    @operation("getOrderDetail", "GET", "/order/202507/orders", RATE, query=(*SIGNED, "ids"))
    def some(self, asked: Asked) -> Response:
        """Return orders by their numbers."""
        refs = asked.listed("ids")
        if not 1 <= len(refs) <= MOST_IDS:
            raise Refusal(400, INVALID, f"1 to {MOST_IDS} ids are taken.")
        sales = self.fake.trade.sales
        return answer({"orders": [self._document(sales[ref]) for ref in refs if ref in sales]})

    def _found(self, asked: Asked) -> list[Sale]:
        said = asked.document() if asked.request.get_data() else {}
        name = asked.query("sort_field") or "create_time"
        if name not in ("create_time", "update_time"):
            raise Refusal(400, INVALID, f"There is no sort_field {name}.")
        attribute = {"create_time": "ordered_at", "update_time": "updated_at"}
        found = [
            sale
            for sale in self.fake.trade.sales.values()
            if within(asked, said, "update_time", sale.updated_at)
            and within(asked, said, "create_time", sale.ordered_at)
            and said.get("order_status", STATUS[sale.status]) == STATUS[sale.status]
        ]
        found.sort(key=lambda sale: (getattr(sale, attribute[name]), sale.ref))
        # The newest stand first unless it is asked otherwise.
        return found if asked.query("sort_order") == "ASC" else found[::-1]

    def _document(self, sale: Sale) -> dict[str, object]:
        return order_document(sale, self.fake.trade.terms)
