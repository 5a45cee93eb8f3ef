"""FBA inventory v1: what lies in the marketplace's own warehouses."""

from __future__ import annotations

from werkzeug.wrappers import Response

from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.goods import Product
from core.testkit.fakes.rates import Published
from core.testkit.fakes.time import text_of

PAGE = 5


class Inventory(Part):
    """What the marketplace stores for the seller."""

    @operation(
        "getInventorySummaries",
        "GET",
        "/fba/inventory/v1/summaries",
        Published(2, 2),
        query=("details", "granularityType", "granularityId", "startDateTime", "sellerSkus")
        + ("sellerSku", "nextToken", "marketplaceIds"),
    )
    def summaries(self, asked: Asked) -> Response:
        """List the stock of each SKU, five on a page: small enough to be seen in a test."""
        place = self.fake.credentials()["marketplace"]
        if asked.query("granularityType") != "Marketplace" or (
            asked.query("granularityId") != place or asked.listed("marketplaceIds") != [place]
        ):
            raise Refusal(400, "InvalidInput", "Ask for the marketplace of the account.")
        wanted = set(asked.listed("sellerSkus"))
        products = [
            product
            for sku, product in sorted(self.fake.trade.products.items())
            if not wanted or sku in wanted
        ]
        at = int(asked.query("nextToken") or 0)
        details = asked.query("details") == "true"
        body: dict[str, object] = {
            "payload": {
                "granularity": {"granularityType": "Marketplace", "granularityId": place},
                "inventorySummaries": [
                    self._summary(product, details) for product in products[at : at + PAGE]
                ],
            }
        }
        if at + PAGE < len(products):
            body["pagination"] = {"nextToken": str(at + PAGE)}
        return as_json(body)

    def _summary(self, product: Product, details: bool) -> dict[str, object]:
        summary: dict[str, object] = {
            "asin": product.platform_id,
            "fnSku": f"X{product.platform_id[1:]}",
            "sellerSku": product.sku,
            "condition": "NewItem",
            "lastUpdatedTime": text_of(self.fake.trade.started_at),
            "productName": product.title,
            "totalQuantity": product.stored,
        }
        if details:
            summary["inventoryDetails"] = {
                "fulfillableQuantity": product.stored,
                "inboundWorkingQuantity": 0,
                "inboundShippedQuantity": 0,
                "inboundReceivingQuantity": 0,
            }
        return summary
