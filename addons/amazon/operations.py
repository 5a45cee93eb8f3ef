"""What is asked of Amazon, each with the rate that its documents publish."""

from __future__ import annotations

from core.api import Operation
from core.api import Rate

SELLERS = Operation(
    "sellers.participations", "GET", "/sellers/v1/marketplaceParticipations", Rate(0.016, 15)
)
SEARCH_ORDERS = Operation("orders.search", "GET", "/orders/2026-01-01/orders", Rate(0.0056, 20))
GET_ORDER = Operation("orders.get", "GET", "/orders/2026-01-01/orders/{order_id}", Rate(0.5, 30))
CONFIRM_SHIPMENT = Operation(
    "orders.confirm",
    "POST",
    "/orders/v0/orders/{order_id}/shipmentConfirmation",
    Rate(2, 10),
    # The reference of a package names it: told twice it is one package.
    repeatable=True,
)
LISTING = "/listings/2021-08-01/items/{seller_id}"
SEARCH_LISTINGS = Operation("listings.search", "GET", LISTING, Rate(5, 5))
PATCH_LISTING = Operation(
    "listings.patch", "PATCH", LISTING + "/{sku}", Rate(5, 5), repeatable=True
)
PUT_LISTING = Operation("listings.put", "PUT", LISTING + "/{sku}", Rate(5, 10), repeatable=True)
GET_REPORTS = Operation("reports.list", "GET", "/reports/2021-06-30/reports", Rate(0.0222, 10))
CREATE_REPORT = Operation("reports.create", "POST", "/reports/2021-06-30/reports", Rate(0.0167, 15))
GET_REPORT = Operation("reports.get", "GET", "/reports/2021-06-30/reports/{report_id}", Rate(2, 15))
GET_REPORT_DOCUMENT = Operation(
    "reports.document", "GET", "/reports/2021-06-30/documents/{document_id}", Rate(0.0167, 15)
)
FBA_SUMMARIES = Operation("fba.summaries", "GET", "/fba/inventory/v1/summaries", Rate(2, 2))
LIST_TRANSACTIONS = Operation(
    "finances.transactions", "GET", "/finances/2024-06-19/transactions", Rate(0.5, 10)
)
MESSAGES = "/messaging/v1/orders/{order_id}"
SOLICITATIONS = "/solicitations/v1/orders/{order_id}"
GET_ACTIONS = Operation("messages.actions", "GET", MESSAGES, Rate(1, 5))
# Sent twice they are read twice, and Amazon shows nobody what was sent.
CONFIRM_ORDER = Operation(
    "messages.confirm_order", "POST", MESSAGES + "/messages/confirmOrderDetails", Rate(1, 5)
)
CONFIRM_DELIVERY = Operation(
    "messages.confirm_delivery", "POST", MESSAGES + "/messages/confirmDeliveryDetails", Rate(1, 5)
)
CONFIRM_SERVICE = Operation(
    "messages.confirm_service", "POST", MESSAGES + "/messages/confirmServiceDetails", Rate(1, 5)
)
CONFIRM_CUSTOMISATION = Operation(
    "messages.confirm_customisation",
    "POST",
    MESSAGES + "/messages/confirmCustomizationDetails",
    Rate(1, 5),
)
SEND_KEY = Operation("messages.key", "POST", MESSAGES + "/messages/digitalAccessKey", Rate(1, 5))
TELL_PROBLEM = Operation(
    "messages.problem", "POST", MESSAGES + "/messages/unexpectedProblem", Rate(1, 5)
)
GET_SOLICITATIONS = Operation("messages.solicitations", "GET", SOLICITATIONS, Rate(1, 5))
ASK_REVIEW = Operation(
    "messages.review", "POST", SOLICITATIONS + "/solicitations/productReviewAndSellerFeedback",
    Rate(1, 5),
)  # fmt: skip
CREATE_FEED_DOCUMENT = Operation(
    "feeds.document", "POST", "/feeds/2021-06-30/documents", Rate(0.5, 15), repeatable=True
)
CREATE_FEED = Operation("feeds.create", "POST", "/feeds/2021-06-30/feeds", Rate(0.0083, 15))
GET_FEED = Operation("feeds.get", "GET", "/feeds/2021-06-30/feeds/{feed_id}", Rate(2, 15))
GET_FEED_DOCUMENT = Operation(
    "feeds.result", "GET", "/feeds/2021-06-30/documents/{document_id}", Rate(0.0222, 10)
)
FEES = Operation(
    "fees.estimate", "POST", "/products/fees/v0/feesEstimate", Rate(0.5, 1), repeatable=True
)
OUTBOUND = "/fba/outbound/2020-07-01"
FULFILMENTS = OUTBOUND + "/fulfillmentOrders"
PREVIEW_FULFILMENT = Operation(
    "outbound.preview", "POST", FULFILMENTS + "/preview", Rate(2, 30), repeatable=True
)
# Not to be repeated blindly: whether Amazon has it is asked before it is sent again.
CREATE_FULFILMENT = Operation("outbound.create", "POST", FULFILMENTS, Rate(2, 30))
GET_FULFILMENT = Operation("outbound.get", "GET", FULFILMENTS + "/{key}", Rate(2, 30))
CANCEL_FULFILMENT = Operation(
    "outbound.cancel", "PUT", FULFILMENTS + "/{key}/cancel", Rate(2, 30), repeatable=True
)
TRACK_PACKAGE = Operation("outbound.track", "GET", OUTBOUND + "/tracking", Rate(2, 30))
COMPETITIVE_SUMMARY = Operation(
    "pricing.summary",
    "POST",
    "/batches/products/pricing/2022-05-01/items/competitiveSummary",
    Rate(0.033, 1),
    repeatable=True,
)
PAYOUTS = "/finances/transfers/2024-06-01/payouts"
LIST_PAYOUTS = Operation("transfers.payouts", "GET", PAYOUTS, Rate(0.5, 10))
# Begun twice it may pay twice: whether it was is looked up first.
BEGIN_PAYOUT = Operation("transfers.begin", "POST", PAYOUTS, Rate(0.017, 2))
LIST_EXPECTED = Operation("transfers.expected", "GET", PAYOUTS + "/expected", Rate(0.5, 10))
INBOUND = "/inbound/fba/2024-03-20"
PLANS = INBOUND + "/inboundPlans"
PLAN = PLANS + "/{plan}"
INBOUND_SHIPMENT = PLAN + "/shipments/{shipment}"
LIST_PLANS = Operation("inbound.plans", "GET", PLANS, Rate(2, 6))
# It has no key of ours: whether Amazon has it is looked up by its name before it is made again.
CREATE_PLAN = Operation("inbound.create", "POST", PLANS, Rate(2, 2))
GET_PLAN = Operation("inbound.plan", "GET", PLAN, Rate(2, 6))
CANCEL_PLAN = Operation("inbound.cancel", "PUT", PLAN + "/cancellation", Rate(2, 2))
OPERATION = Operation("inbound.operation", "GET", INBOUND + "/operations/{ticket}", Rate(2, 6))
OFFER_PACKING = Operation(
    "inbound.offer_packing", "POST", PLAN + "/packingOptions", Rate(2, 2), repeatable=True
)
LIST_PACKING = Operation("inbound.packing", "GET", PLAN + "/packingOptions", Rate(2, 6))
# What is confirmed costs money: it is looked at before it is confirmed again.
TAKE_PACKING = Operation(
    "inbound.take_packing", "POST", PLAN + "/packingOptions/{option}/confirmation", Rate(2, 2)
)
GROUP_ITEMS = Operation("inbound.group", "GET", PLAN + "/packingGroups/{group}/items", Rate(2, 30))
SET_BOXES = Operation(
    "inbound.boxes", "POST", PLAN + "/packingInformation", Rate(2, 2), repeatable=True
)
OFFER_PLACEMENT = Operation(
    "inbound.offer_placement", "POST", PLAN + "/placementOptions", Rate(2, 2), repeatable=True
)
LIST_PLACEMENT = Operation("inbound.placement", "GET", PLAN + "/placementOptions", Rate(2, 6))
TAKE_PLACEMENT = Operation(
    "inbound.take_placement", "POST", PLAN + "/placementOptions/{option}/confirmation", Rate(2, 2)
)
OFFER_TRANSPORT = Operation(
    "inbound.offer_transport", "POST", PLAN + "/transportationOptions", Rate(2, 2), repeatable=True
)
LIST_TRANSPORT = Operation("inbound.transport", "GET", PLAN + "/transportationOptions", Rate(2, 6))
TAKE_TRANSPORT = Operation(
    "inbound.take_transport", "POST", PLAN + "/transportationOptions/confirmation", Rate(2, 2)
)
WINDOWS = INBOUND_SHIPMENT + "/deliveryWindowOptions"
OFFER_WINDOW = Operation("inbound.offer_window", "POST", WINDOWS, Rate(2, 30), repeatable=True)
LIST_WINDOWS = Operation("inbound.windows", "GET", WINDOWS, Rate(2, 30))
TAKE_WINDOW = Operation(
    "inbound.take_window", "POST", WINDOWS + "/{option}/confirmation", Rate(2, 30)
)
GET_INBOUND_SHIPMENT = Operation("inbound.shipment", "GET", INBOUND_SHIPMENT, Rate(2, 6))
INBOUND_ITEMS = Operation("inbound.items", "GET", INBOUND_SHIPMENT + "/items", Rate(2, 30))
INBOUND_BOXES = Operation("inbound.packed", "GET", INBOUND_SHIPMENT + "/boxes", Rate(2, 30))
TRACK_BOXES = Operation(
    "inbound.track", "PUT", INBOUND_SHIPMENT + "/trackingDetails", Rate(2, 2), repeatable=True
)
# What is left of version 0, and has no other place: labels, and what has arrived.
INBOUND_V0 = "/fba/inbound/v0"
LABELS = Operation("inbound.labels", "GET", INBOUND_V0 + "/shipments/{code}/labels", Rate(2, 30))
ARRIVED = Operation("inbound.arrived", "GET", INBOUND_V0 + "/shipments/{code}/items", Rate(2, 30))
ARRIVED_NEXT = Operation("inbound.arrived_next", "GET", INBOUND_V0 + "/shipmentItems", Rate(2, 30))
BOUGHT = "/mfn/v0/shipments"
ELIGIBLE_SERVICES = Operation(
    "labels.offers", "POST", "/mfn/v0/eligibleShippingServices", Rate(6, 12), repeatable=True
)
LABEL_INPUTS = Operation(
    "labels.inputs", "POST", "/mfn/v0/additionalSellerInputs", Rate(1, 1), repeatable=True
)
# Asked twice it is bought twice, and Amazon lists no labels: see `addons.amazon.labels`.
CREATE_LABEL = Operation("labels.buy", "POST", BOUGHT, Rate(2, 2))
GET_LABEL = Operation("labels.get", "GET", BOUGHT + "/{shipment_id}", Rate(1, 1))
CANCEL_LABEL = Operation(
    "labels.void", "DELETE", BOUGHT + "/{shipment_id}", Rate(1, 1), repeatable=True
)
