"""What is asked of TikTok Shop: operations, each with a rate of its own.

TikTok tells no limits; these are so low that a small app was never seen to be turned away. Where
it turns us away all the same, the answer says so and we wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.api import Operation
from core.api import Rate

API = "https://open-api.tiktokglobalshop.com"
AUTH = "https://auth.tiktok-shops.com"
OFTEN = Rate(10, 20)

SHOPS_PATH = "/authorization/202309/shops"
LIST_SHOPS = Operation("account.shops", "GET", SHOPS_PATH, OFTEN)
# Searches are POST and change nothing.
SEARCH_ORDERS = Operation(
    "orders.search", "POST", "/order/202309/orders/search", OFTEN, repeatable=True
)
GET_ORDERS = Operation("orders.get", "GET", "/order/202507/orders", OFTEN)
SEARCH_RETURNS = Operation(
    "returns.search", "POST", "/return_refund/202602/returns/search", OFTEN, repeatable=True
)
SEARCH_CANCELS = Operation(
    "cancellations.search", "POST", "/return_refund/202602/cancellations/search", OFTEN,
    repeatable=True,
)  # fmt: skip
REJECT_REASONS = Operation(
    "cancellations.reasons", "GET", "/return_refund/202309/reject_reasons", OFTEN
)
# They have a key: told twice the answer is the same one.
CANCEL_PATH = "/return_refund/202309/cancellations/{cancel_id}"
APPROVE_CANCEL = Operation(
    "cancellations.approve", "POST", f"{CANCEL_PATH}/approve", OFTEN, repeatable=True
)
REJECT_CANCEL = Operation(
    "cancellations.reject", "POST", f"{CANCEL_PATH}/reject", OFTEN, repeatable=True
)
# Told twice a parcel is refused: without an answer it is looked up, not told again.
SHIP_ORDER = Operation(
    "parcels.mark", "POST", "/fulfillment/202610/orders/{order_id}/packages", OFTEN,
    repeatable=False,
)  # fmt: skip
SHIP_PACKAGE = Operation(
    "parcels.ship", "POST", "/fulfillment/202309/packages/{package_id}/ship", OFTEN,
    repeatable=False,
)  # fmt: skip
GET_PACKAGE = Operation("parcels.get", "GET", "/fulfillment/202309/packages/{package_id}", OFTEN)
GET_DOCUMENT = Operation(
    "parcels.document", "GET", "/fulfillment/202309/packages/{package_id}/shipping_documents", OFTEN
)
# It asks for prices, and changes nothing.
SHIPPING_SERVICES = Operation(
    "parcels.services", "POST", "/fulfillment/202309/orders/{order_id}/shipping_services/query",
    OFTEN, repeatable=True,
)  # fmt: skip
# Each buys a label: without an answer the order's packages are looked up.
CREATE_PACKAGE = Operation(
    "parcels.create", "POST", "/fulfillment/202512/packages", OFTEN, repeatable=False
)
GET_CARRIERS = Operation(
    "parcels.carriers", "GET",
    "/logistics/202309/delivery_options/{option_id}/shipping_providers", OFTEN,
)  # fmt: skip
SEARCH_PRODUCTS = Operation(
    "products.search", "POST", "/product/202502/products/search", OFTEN, repeatable=True
)
SEARCH_STOCK = Operation(
    "products.stock", "POST", "/product/202309/inventory/search", OFTEN, repeatable=True
)
# The numbers are whole, not more or less than before: told twice they are the same.
UPDATE_STOCK = Operation(
    "products.set_stock", "POST", "/product/202309/products/{product_id}/inventory/update", OFTEN,
    repeatable=True,
)  # fmt: skip
UPDATE_PRICES = Operation(
    "products.set_prices", "POST", "/product/202309/products/{product_id}/prices/update", OFTEN,
    repeatable=True,
)  # fmt: skip
PRODUCT_PATH = "/product/202309/products"
CATEGORY_PATH = "/product/202309/categories/{category_id}"
PREREQUISITES = Operation("publishing.shop", "GET", "/product/202312/prerequisites", OFTEN)
CATEGORY_RULES = Operation("publishing.rules", "GET", f"{CATEGORY_PATH}/rules", OFTEN)
CATEGORY_ATTRIBUTES = Operation(
    "publishing.attributes", "GET", f"{CATEGORY_PATH}/attributes", OFTEN
)
GET_WAREHOUSES = Operation("publishing.places", "GET", "/logistics/202309/warehouses", OFTEN)
# Twice the same picture is two pictures, of which one is used.
UPLOAD_IMAGE = Operation(
    "publishing.image", "POST", "/product/202309/images/upload", OFTEN, repeatable=True
)
CHECK_LISTING = Operation(
    "publishing.check", "POST", f"{PRODUCT_PATH}/listing_check", OFTEN, repeatable=True
)
# It has a key: told twice it is made once.
CREATE_PRODUCT = Operation("publishing.create", "POST", PRODUCT_PATH, OFTEN, repeatable=True)
GET_PRODUCT = Operation("publishing.read", "GET", f"{PRODUCT_PATH}/{{product_id}}", OFTEN)
EDIT_PRODUCT = Operation(
    "publishing.edit", "PUT", "/product/202509/products/{product_id}", OFTEN, repeatable=True
)
LIST_STATEMENTS = Operation("finance.statements", "GET", "/finance/202309/statements", OFTEN)
STATEMENT_ROWS = Operation(
    "finance.rows", "GET", "/finance/202501/statements/{statement_id}/statement_transactions", OFTEN
)
ORDER_ROWS = Operation(
    "finance.skus", "GET", "/finance/202501/orders/{order_id}/statement_transactions", OFTEN
)
# In one list all conversations stand, whenever something was said.
LIST_TALKS = Operation("messages.talks", "GET", "/customer_service/202309/conversations", OFTEN)
LIST_MESSAGES = Operation(
    "messages.list", "GET", "/customer_service/202309/conversations/{talk}/messages", OFTEN
)
# Sent twice it is read twice: without an answer it is looked up, not sent again.
SEND_MESSAGE = Operation(
    "messages.send", "POST", "/customer_service/202606/conversations/{talk}/messages", OFTEN,
    repeatable=False,
)  # fmt: skip
LIST_PAYMENTS = Operation("finance.payments", "GET", "/finance/202605/payments", OFTEN)
LIST_WITHDRAWALS = Operation("finance.withdrawals", "GET", "/finance/202309/withdrawals", OFTEN)
UNSETTLED = Operation("finance.unsettled", "GET", "/finance/202507/orders/unsettled", OFTEN)


def api_of(settings: Mapping[str, Any]) -> str:
    """Return where the API answers."""
    return str(settings.get("simulator") or API)


def auth_of(settings: Mapping[str, Any]) -> str:
    """Return where tokens are asked for."""
    return str(settings.get("simulator") or AUTH)
