"""What is asked of eBay: operations with the rates of a day, and where each of them answers.

eBay counts by application and day. A third of the day's quota may be used at once here; what is
left comes back in even steps, so that other programs of the same application find some too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.api import Operation
from core.api import Rate

DAY = 86_400
FULFILLMENT = Rate(100_000 / DAY, 5_000)
INVENTORY = Rate(2_000_000 / DAY, 5_000)
FINANCES = Rate(15_000 / DAY, 2_000)
ACCOUNT = Rate(25_000 / DAY, 1_000)
# eBay publishes none for messages where it was looked for: a guess.
MESSAGES = Rate(10_000 / DAY, 1_000)
# 200 an hour for each seller.
AD_REPORTS = Rate(180 / 3600, 20)
POST_ORDER = Rate(5_000 / DAY, 500)

ORDERS_PATH = "/sell/fulfillment/v1/order"
GET_ORDERS = Operation("orders.search", "GET", ORDERS_PATH, FULFILLMENT)
GET_ORDER = Operation("orders.get", "GET", f"{ORDERS_PATH}/{{order_id}}", FULFILLMENT)
GET_PARCELS = Operation(
    "orders.parcels", "GET", f"{ORDERS_PATH}/{{order_id}}/shipping_fulfillment", FULFILLMENT
)
# Told twice it would be two parcels: without an answer it is looked up, not told again.
CREATE_PARCEL = Operation(
    "orders.ship",
    "POST",
    f"{ORDERS_PATH}/{{order_id}}/shipping_fulfillment",
    FULFILLMENT,
    repeatable=False,
)
INVENTORY_PATH = "/sell/inventory/v1"
GET_ITEMS = Operation("inventory.items", "GET", f"{INVENTORY_PATH}/inventory_item", INVENTORY)
READ_ITEMS = Operation(
    "inventory.read", "POST", f"{INVENTORY_PATH}/bulk_get_inventory_item", INVENTORY,
    repeatable=True,
)  # fmt: skip
GET_OFFERS = Operation("inventory.offers", "GET", f"{INVENTORY_PATH}/offer", INVENTORY)
# The numbers are whole, not more or less than before: told twice they are the same.
UPDATE_ITEMS = Operation(
    "inventory.update", "POST", f"{INVENTORY_PATH}/bulk_update_price_quantity", INVENTORY,
    repeatable=True,
)  # fmt: skip
GET_ITEM = Operation("inventory.item", "GET", f"{INVENTORY_PATH}/inventory_item/{{sku}}", INVENTORY)
PUT_ITEM = Operation(
    "inventory.put", "PUT", f"{INVENTORY_PATH}/inventory_item/{{sku}}", INVENTORY, repeatable=True
)
PUT_GROUP = Operation(
    "inventory.group", "PUT", f"{INVENTORY_PATH}/inventory_item_group/{{group}}", INVENTORY,
    repeatable=True,
)  # fmt: skip
# There is one offer of an item on a marketplace at most: told twice, the second one is refused.
CREATE_OFFER = Operation("offers.create", "POST", f"{INVENTORY_PATH}/offer", INVENTORY)
UPDATE_OFFER = Operation(
    "offers.update", "PUT", f"{INVENTORY_PATH}/offer/{{offer_id}}", INVENTORY, repeatable=True
)
GET_FEES = Operation(
    "offers.fees", "POST", f"{INVENTORY_PATH}/offer/get_listing_fees", INVENTORY, repeatable=True
)
PUBLISH = Operation(
    "offers.publish", "POST", f"{INVENTORY_PATH}/offer/{{offer_id}}/publish", INVENTORY
)
PUBLISH_GROUP = Operation(
    "offers.publish_group", "POST", f"{INVENTORY_PATH}/offer/publish_by_inventory_item_group",
    INVENTORY,
)  # fmt: skip
GET_LOCATIONS = Operation("inventory.locations", "GET", f"{INVENTORY_PATH}/location", INVENTORY)
DISPUTE_PATH = "/sell/fulfillment/v1/payment_dispute/{dispute}"
MARKETING_PATH = "/sell/marketing/v1"
# A report too many does no harm: nobody fetches it.
BEGIN_AD_REPORT = Operation(
    "ads.begin", "POST", f"{MARKETING_PATH}/ad_report_task", AD_REPORTS, repeatable=True
)
GET_AD_TASK = Operation("ads.task", "GET", f"{MARKETING_PATH}/ad_report_task/{{task}}", AD_REPORTS)
GET_AD_REPORT = Operation("ads.fetch", "GET", f"{MARKETING_PATH}/ad_report/{{report}}", AD_REPORTS)
TALKS_PATH = "/commerce/message/v1"
GET_TALKS = Operation("messages.talks", "GET", f"{TALKS_PATH}/conversation", MESSAGES)
GET_TALK = Operation("messages.talk", "GET", f"{TALKS_PATH}/conversation/{{talk}}", MESSAGES)
# Sent twice it is read twice: without an answer it is looked up, not sent again.
SEND_MESSAGE = Operation(
    "messages.send", "POST", f"{TALKS_PATH}/send_message", MESSAGES, repeatable=False
)
SEARCH_RETURNS = Operation("returns.search", "GET", "/post-order/v2/return/search", POST_ORDER)
CANCEL_PATH = "/post-order/v2/cancellation/{cancel_id}"
APPROVE_CANCEL = Operation("cancellations.approve", "POST", f"{CANCEL_PATH}/approve", POST_ORDER)
REJECT_CANCEL = Operation("cancellations.reject", "POST", f"{CANCEL_PATH}/reject", POST_ORDER)
SEARCH_INQUIRIES = Operation("inquiries.search", "GET", "/post-order/v2/inquiry/search", POST_ORDER)
SEARCH_CASES = Operation("cases.search", "GET", "/post-order/v2/casemanagement/search", POST_ORDER)
CLAIM_PATH = "/post-order/v2/{list}/{claim}"
GET_CLAIM = Operation("claims.get", "GET", CLAIM_PATH, POST_ORDER)
# Money and numbers are told once: without an answer it is read how the claim stands.
REFUND_CLAIM = Operation(
    "claims.refund", "POST", f"{CLAIM_PATH}/issue_refund", POST_ORDER, repeatable=False
)
SHIP_INQUIRY = Operation(
    "claims.ship", "POST", f"{CLAIM_PATH}/provide_shipment_info", POST_ORDER, repeatable=False
)
USER_LIMITS = Operation("account.limits", "GET", "/developer/analytics/v1_beta/user_rate_limit/")


def api_of(settings: Mapping[str, Any]) -> str:
    """Return where most of eBay's APIs answer."""
    return str(settings.get("simulator") or f"https://api.{settings['site']}")


def apiz_of(settings: Mapping[str, Any]) -> str:
    """Return where those of eBay's APIs answer that look at persons and money."""
    return str(settings.get("simulator") or f"https://apiz.{settings['site']}")


def get_user(settings: Mapping[str, Any]) -> Operation:
    """Return what asks whose token it is."""
    return Operation("account.user", "GET", f"{apiz_of(settings)}/commerce/identity/v1/user/")


def get_payouts(settings: Mapping[str, Any]) -> Operation:
    """Return what lists payouts."""
    path = f"{apiz_of(settings)}/sell/finances/v1/payout"
    return Operation("finances.payouts", "GET", path, FINANCES)


def get_transactions(settings: Mapping[str, Any]) -> Operation:
    """Return what lists what moved on the balance."""
    path = f"{apiz_of(settings)}/sell/finances/v1/transaction"
    return Operation("finances.transactions", "GET", path, FINANCES)


def get_policies(settings: Mapping[str, Any], kind: str) -> Operation:
    """Return what lists the business policies of a kind."""
    path = f"{api_of(settings)}/sell/account/v1/{kind}_policy"
    return Operation(f"account.{kind}_policies", "GET", path, ACCOUNT)


def get_disputes(settings: Mapping[str, Any]) -> Operation:
    """Return what lists the disputes about payments."""
    path = f"{apiz_of(settings)}/sell/fulfillment/v1/payment_dispute_summary"
    return Operation("disputes.search", "GET", path, FULFILLMENT)


def get_dispute(settings: Mapping[str, Any]) -> Operation:
    """Return what tells all of a dispute about a payment."""
    path = f"{apiz_of(settings)}{DISPUTE_PATH}"
    return Operation("disputes.get", "GET", path, FULFILLMENT)


def do_dispute(settings: Mapping[str, Any], verb: str) -> Operation:
    """Return what does something about a dispute; eBay counts, so nothing is done twice."""
    path = f"{apiz_of(settings)}{DISPUTE_PATH}/{verb}"
    return Operation(f"disputes.{verb}", "POST", path, FULFILLMENT, repeatable=False)
