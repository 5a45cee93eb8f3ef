"""Every static pair of Amazon's sandbox that belongs to an operation of the connector.

Where a pair is a real request the connector makes that request: each parameter is compared, but
those that `OTHERWISE` names with the reason. Every answer is read, and nothing of it is lost.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from addons.amazon import feeds
from addons.amazon import fees
from addons.amazon import labels
from addons.amazon import messages
from addons.amazon import offers
from addons.amazon import operations
from addons.amazon import outbound
from addons.amazon import parcels
from addons.amazon import payouts
from addons.amazon.connector import Amazon
from addons.amazon.errors import reasons
from addons.amazon.inputs import shipment_inputs
from addons.amazon.kinds import Kind
from addons.amazon.kinds import days
from addons.amazon.listings import push
from addons.amazon.listings import stock_patch
from addons.amazon.orders import read_order
from addons.amazon.requested import Wanted
from addons.amazon.requested import asked
from addons.amazon.requested import begun
from core.api import Address
from core.api import BoughtLabel
from core.api import ExternalListing
from core.api import ExternalOrder
from core.api import ExternalSettlement
from core.api import FulfilmentLine
from core.api import FulfilmentOrder
from core.api import FulfilmentState
from core.api import HeldMoney
from core.api import InputError
from core.api import LabelLine
from core.api import LabelOffer
from core.api import LabelRequest
from core.api import LineKind
from core.api import ListingDraft
from core.api import MessageDraft
from core.api import Operation
from core.api import ParcelSize
from core.api import PushResult
from core.api import RequestRefused
from core.api import SentMessage
from core.api import Shipment
from core.api import StockUpdate
from core.api import Window
from core.money import to_minor as minor
from tests.amazon import inbound_pairs
from tests.amazon.sandbox import MODELS
from tests.amazon.sandbox import Pair
from tests.amazon.sandbox import Sent
from tests.amazon.sandbox import Wire
from tests.amazon.sandbox import leaves
from tests.amazon.sandbox import read_pairs
from tests.amazon.sandbox import shape

pytestmark = pytest.mark.skipif(
    not MODELS.is_dir(), reason=f"there are no models at {MODELS}; ENTREPOT_SHARED names a folder"
)

OURS = {
    (each.method, shape(each.path))
    for each in vars(operations).values()
    if isinstance(each, Operation)
}
PAIRS = [pair for pair in read_pairs() if (pair.method, shape(pair.path)) in OURS]
AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)

# Of each operation: how many pairs are real requests, answers alone, and refusals.
COUNTS = {
    "confirmShipment": (1, 0, 1),
    "confirmCustomizationDetails": (1, 0, 1),
    "createConfirmDeliveryDetails": (1, 0, 1),
    "createConfirmOrderDetails": (1, 0, 1),
    "createConfirmServiceDetails": (1, 0, 1),
    "createDigitalAccessKey": (1, 0, 1),
    "createUnexpectedProblem": (1, 0, 1),
    "createProductReviewAndSellerFeedbackSolicitation": (1, 0, 0),
    "getMessagingActionsForOrder": (1, 1, 1),
    "getSolicitationActionsForOrder": (0, 1, 0),
    "createFeed": (1, 0, 1),
    "createFeedDocument": (1, 0, 1),
    "createReport": (1, 0, 1),
    "cancelShipment": (1, 0, 1),
    "createShipment": (1, 0, 1),
    "getAdditionalSellerInputs": (1, 0, 1),
    "getEligibleShipmentServices": (1, 0, 1),
    "getShipment": (2, 0, 2),
    "getCompetitiveSummary": (1, 1, 1),
    "getFeed": (1, 0, 1),
    "getFeedDocument": (1, 0, 1),
    "getFulfillmentOrder": (0, 1, 0),
    "getFulfillmentPreview": (0, 1, 0),
    "getMarketplaceParticipations": (1, 1, 0),
    "getMyFeesEstimates": (1, 0, 1),
    "getOrder": (3, 1, 1),
    "getPackageTrackingDetails": (0, 1, 0),
    "getReport": (1, 0, 1),
    "getReportDocument": (1, 0, 1),
    "getReports": (1, 0, 1),
    "initiatePayout": (1, 1, 2),
    "listExpectedPayouts": (1, 1, 1),
    "listPayouts": (0, 0, 1),
    "cancelInboundPlan": (1, 0, 1),
    "confirmDeliveryWindowOptions": (1, 0, 1),
    "confirmPackingOption": (1, 0, 1),
    "confirmPlacementOption": (1, 0, 1),
    "confirmTransportationOptions": (1, 0, 1),
    "createInboundPlan": (2, 0, 2),
    "generateDeliveryWindowOptions": (1, 0, 1),
    "generatePackingOptions": (1, 0, 1),
    "generatePlacementOptions": (1, 0, 1),
    "generateTransportationOptions": (1, 0, 1),
    "getInboundOperationStatus": (1, 0, 1),
    "getInboundPlan": (1, 0, 1),
    "getLabels": (1, 0, 1),
    "getShipmentItems": (1, 0, 1),
    "getShipmentItemsByShipmentId": (1, 0, 1),
    "listDeliveryWindowOptions": (1, 0, 1),
    "listInboundPlans": (1, 0, 1),
    "listPackingGroupItems": (0, 0, 1),
    "listPackingOptions": (1, 0, 1),
    "listPlacementOptions": (1, 0, 1),
    "listShipmentBoxes": (0, 0, 1),
    "listShipmentItems": (1, 0, 1),
    "listTransportationOptions": (1, 0, 1),
    "setPackingInformation": (1, 0, 1),
    "updateShipmentTrackingDetails": (1, 0, 1),
    "listTransactions": (1, 0, 1),
    "patchListingsItem": (2, 2, 1),
    "putListingsItem": (2, 2, 1),
    "searchListingsItems": (1, 1, 1),
    "searchOrders": (2, 1, 1),
}

SETS = "the connector asks for the sets that it reads"
FILES = tuple(
    f"attachments.{n}.{name}" for n in (0, 1) for name in ("uploadDestinationId", "fileName")
)
OTHERWISE: Mapping[str, Mapping[str, str]] = {
    "searchOrders": {
        "createdAfter": "orders are asked for by their last change",
        "marketplaceIds": "orders come from every marketplace of the region",
        "includedData": SETS,
    },
    "getOrder": {"includedData": SETS},
    "confirmShipment": {
        "packageDetail.packageReferenceId": "the parcel's own number, made of its key",
        "packageDetail.carrierName": "told only where Amazon has no code for the carrier",
        "packageDetail.shippingMethod": "not known of a parcel",
        "packageDetail.shipFromSupplySourceId": "for those who send from several places",
        "packageDetail.orderItems.0.transparencyCodes.0": "not kept",
    },
    "searchListingsItems": {
        "marketplaceIds": "an account is told stock and prices for one marketplace",
        "includedData": SETS,
        "pageSize": "as large as Amazon allows",
    },
    "confirmCustomizationDetails": dict.fromkeys(FILES, "files are not sent"),
    "createDigitalAccessKey": dict.fromkeys(FILES, "files are not sent"),
    "createFeed": {"marketplaceIds.1": "a feed is for one marketplace"},
    "createReport": {"marketplaceIds.1": "a report is of one marketplace"},
    "listTransactions": {"postedAfter": "as far back as Amazon answers for"},
}

# What of a person's data is not kept, since it says nothing new or nothing that is needed.
NOT_KEPT = (
    "addressType extendedFields taxRegistrationAddress taxRegistrationAttributes entityType"
    " taxRegistrationType deliveryTime deliveryCapabilities"
).split()


def drive_orders(wire: Wire, pair: Pair) -> None:
    """Ask for a page of orders as a pair does."""
    text = pair.given.get("createdAfter", "")
    since = datetime.fromisoformat(text) if pair.real else AT
    call = wire.calling(backfill_days=60, personal=True, marketplace="ATVPDKIKX0DER")
    window = Window(since, since + timedelta(days=1))
    page = Amazon().pull_orders(call, window, pair.given.get("paginationToken"))
    assert page.next_cursor == (pair.answer.get("pagination") or {}).get("nextToken")
    for document, record in zip(pair.answer["orders"], page.records, strict=True):
        assert isinstance(record, ExternalOrder), record
        is_whole(document, record)
    assert wire.sent[-1].query["lastUpdatedAfter"] == since.strftime("%Y-%m-%dT%H:%M:%SZ")


def drive_order(wire: Wire, pair: Pair) -> None:
    """Ask for one order, as is done before a parcel is told."""
    shipment = Shipment(pair.given.get("orderId", "1"), "FedEx", "1", AT, {"1": 1}, "1.1")
    results = Amazon().confirm_shipments(wire.calling(), [shipment])
    if pair.status >= 300:
        refused(pair, results)
    wire.sent[:] = wire.sent[:1]
    is_whole(pair.answer["order"], read_order(json.loads(json.dumps(pair.answer["order"]))))


def drive_parcel(wire: Wire, pair: Pair) -> None:
    """Tell of a parcel."""
    told = pair.given["body"]
    detail = told["packageDetail"]
    order = {"order": {"salesChannel": {"marketplaceId": told["marketplaceId"]}}}
    wire.others = {"orders.get": order}
    at = datetime.fromisoformat(detail["shipDate"]) if pair.real else AT
    lines = {each["orderItemId"]: each["quantity"] for each in detail["orderItems"]}
    shipment = Shipment(
        pair.given["orderId"], detail["carrierName"], detail["trackingNumber"], at, lines, "1.1"
    )
    results = Amazon().confirm_shipments(wire.calling(), [shipment])
    if pair.status >= 300:
        refused(pair, results)
    assert results == [PushResult("1.1", True)]


def drive_listings(wire: Wire, pair: Pair) -> None:
    """Ask for listings by their SKUs, and read them as a list of what is offered."""
    call = wire.calling(seller_id="A1", marketplace="ATVPDKIKX0DER")
    wanted = pair.given.get("identifiers", ["GM-ZDPI-9B4E"])
    seen = Amazon().read_stock(call, wanted)
    asked = wire.sent[-1]
    page = Amazon().pull_listings(call, Window(None, AT), None)
    assert page.next_cursor == (pair.answer.get("pagination") or {}).get("nextToken")
    for document, record in zip(pair.answer["items"], page.records, strict=True):
        assert isinstance(record, ExternalListing), record
        offer, summary = document["offers"][0]["price"], document["summaries"][0]
        assert record.price == amount_of(offer["amount"], offer["currencyCode"])
        assert (record.external_ref, record.title) == (document["sku"], summary["itemName"])
        shown = [each.quantity for each in seen if each.external_ref == record.external_ref]
        assert shown == [each["quantity"] for each in document["fulfillmentAvailability"]]
    wire.sent.append(asked)


def drive_patch(wire: Wire, pair: Pair) -> None:
    """Tell how much of a listing is for sale."""
    sku = pair.given.get("sku", "GM-ZDPI-9B4E")
    (place,) = pair.given.get("marketplaceIds", ["ATVPDKIKX0DER"])
    call = wire.calling(seller_id="A1", marketplace=place)
    if "mode" in pair.given:
        patch = stock_patch(StockUpdate(sku, 3, "1.1"))
        results = [push(call, sku, "1.1", patch, preview=True)]
    else:
        results = list(Amazon().push_stock(call, [StockUpdate(sku, 3, "1.1")]))
    if pair.status >= 300:
        refused(pair, results)
    told = pair.answer
    assert results[0].taken == (told["status"] in ("ACCEPTED", "VALID"))
    for issue in told["issues"]:
        assert issue["message"] in results[0].reason


def drive_put(wire: Wire, pair: Pair) -> None:
    """Offer a whole listing, or try to."""
    (place,) = pair.given.get("marketplaceIds", ["ATVPDKIKX0DER"])
    call = wire.calling(seller_id="A1", marketplace=place)
    draft = ListingDraft(pair.given.get("sku", "GM-ZDPI-9B4E"), "LUGGAGE", {"brand": []})
    verdict = Amazon().publish_listing(call, draft, preview="mode" in pair.given)
    if pair.status >= 300:
        refused(pair, [PushResult("", verdict.taken, "; ".join(verdict.issues))])
    assert verdict.taken == (pair.answer["status"] in ("ACCEPTED", "VALID"))
    assert len(verdict.issues) == len(pair.answer["issues"])
    for issue, said in zip(pair.answer["issues"], verdict.issues, strict=True):
        assert issue["message"] in said
        assert all(name in said for name in issue["attributeNames"])


def refused(pair: Pair, results: Sequence[PushResult]) -> None:
    """Pass a refusal on that was told as a result."""
    assert [result.taken for result in results] == [False]
    raise RequestRefused(results[0].reason, status=pair.status)


def is_whole(document: Any, order: ExternalOrder) -> None:
    """Compare an order with its document: every value is kept, and every amount is counted."""
    kept = dict(leaves(json.loads(order.payload), lambda _path: False))
    personal = {path: each for path, each in leaves(document, skipped) if path not in kept}
    for path, value in personal.items():
        assert is_personal(path), path
        assert not value or str(value) in told_of_buyer(order), path
    assert order.external_id == document["orderId"]
    total = document["proceeds"]["grandTotal"]
    currency = total["currencyCode"]
    taxes = [line.tax or 0 for line in order.lines]
    assert order.total + sum(taxes) == amount_of(total["amount"], currency)
    assert sum(line.net for line in order.lines) == order.total
    sold = [line for line in order.lines if line.kind is LineKind.SALE]
    for item, line in zip(document["orderItems"], sold, strict=True):
        fulfilled = item["fulfillment"]
        assert line.kept == fulfilled["quantityFulfilled"] + fulfilled["quantityUnfulfilled"]
        assert (line.external_id, line.code) == (item["orderItemId"], item["product"]["sellerSku"])


def amount_of(told: object, currency: str) -> int:
    return minor(Decimal(str(told)), currency)


def skipped(path: Sequence[str]) -> bool:
    return bool(path) and any(name in NOT_KEPT for name in path)


def is_personal(path: str) -> bool:
    return path.startswith(("buyer.", "recipient.", "tax.taxRegistrations.")) or (
        path.endswith("giftOption.giftMessage")
    )


def told_of_buyer(order: ExternalOrder) -> str:
    number = order.tax.buyer_number if order.tax is not None else ""
    return "\n".join([*order.personal.values(), order.country, number])


def drive_reports(wire: Wire, pair: Pair) -> None:
    """Ask whether a report is being made already, and take the one that is."""
    names = pair.given.get("reportTypes", ["GET_AFN_INVENTORY_DATA"])
    kind = Kind("pair", ",".join(names), days(1), ())
    ref = begun(
        wire.calling(marketplace="A1"), kind, "2026-03-01T00:00:00Z", "2026-03-04T00:00:00Z"
    )
    assert ref == pair.answer["reports"][0]["reportId"]


def drive_begin(wire: Wire, pair: Pair) -> None:
    """Begin a report."""
    told = pair.given["body"]
    kind = Kind("pair", told["reportType"], days(1), ())
    wire.others = {"reports.list": {"reports": []}}
    call = wire.calling(marketplace=told["marketplaceIds"][0])
    since = told["dataStartTime"]
    assert begun(call, kind, since, since) == pair.answer["reportId"]


def drive_report(wire: Wire, pair: Pair) -> None:
    """Ask how far a report is: this one is still being made."""
    wanted = Wanted("fba_returns", "2026-03-01", "2026-03-02", pair.given["reportId"])
    assert asked(wire.calling(), wanted) is None
    assert pair.answer["processingStatus"] == "IN_PROGRESS"


def drive_document(wire: Wire, pair: Pair) -> None:
    """Fetch a report."""
    name = pair.given.get("reportDocumentId", "D1")
    fetched: dict[str, Any] = {"reports.fetch": "settlement-id"}
    wire.others = fetched
    cursor = json.dumps({"waiting": [name], "token": None})
    page = Amazon().pull_settlements(wire.calling(), Window(None, AT), cursor)
    assert page.records == [ExternalSettlement(name, b'"settlement-id"')]
    assert wire.sent.pop().template == pair.answer["url"]


def drive_transactions(wire: Wire, pair: Pair) -> None:
    """Ask for what is held back."""
    page = Amazon().pull_held(wire.calling(), Window(None, AT), pair.given.get("nextToken"))
    assert page.next_cursor == pair.answer["payload"].get("nextToken")
    told = pair.answer["payload"]["transactions"]
    for document, record in zip(told, page.records, strict=True):
        assert isinstance(record, HeldMoney), record
        total = document["totalAmount"]
        assert record.amount == amount_of(total["currencyAmount"], total["currencyCode"])


def drive_places(wire: Wire, pair: Pair) -> None:
    """Ask where the account sells."""
    call = wire.calling()
    places = pair.answer["payload"] if pair.real else []
    for place in places:
        Amazon().check_account({"marketplace": place["marketplace"]["id"]}, call.http)
    with pytest.raises(InputError, match=r"Amazon\.com"):
        Amazon().check_account({"marketplace": "A1"}, call.http)


def drive_upload(wire: Wire, pair: Pair) -> None:
    """Ask where the document of a feed goes."""
    wire.others = {"feeds.upload": {}, "feeds.create": {"feedId": "F1"}}
    kind = pair.given["body"].get("contentType", "")
    ref = feeds.handed_in(wire.calling(marketplace="A1"), b"[]", "POST_PRODUCT_DATA", kind)
    asked_for, uploaded, begun_as = wire.sent
    assert (ref, uploaded.template) == ("F1", pair.answer["url"])
    assert begun_as.body["inputFeedDocumentId"] == pair.answer["feedDocumentId"]
    wire.sent[:] = [asked_for]


def drive_feed(wire: Wire, pair: Pair) -> None:
    """Let a document be worked off."""
    told = pair.given["body"]
    document = {"feedDocumentId": told["inputFeedDocumentId"], "url": "https://example.com/1"}
    wire.others = {"feeds.document": document, "feeds.upload": {}}
    call = wire.calling(marketplace=told["marketplaceIds"][0])
    kind = told.get("feedType", "POST_PRODUCT_DATA")
    assert feeds.handed_in(call, b"[]", kind, "text/plain") == pair.answer["feedId"]


def drive_fed(wire: Wire, pair: Pair) -> None:
    """Ask how far a feed is: this one was cancelled."""
    update = StockUpdate("MUG", 1, "1.1")
    found = feeds.results(wire.calling(), pair.given["feedId"], [update])
    assert found is not None
    if pair.status >= 300:
        refused(pair, found)
    assert [each.taken for each in found] == [False]
    assert pair.answer["processingStatus"] in found[0].reason


def drive_result(wire: Wire, pair: Pair) -> None:
    """Fetch what became of a feed."""
    wire.others = {"feeds.fetch": {"issues": []}}
    content = feeds.fetched(wire.calling(), pair.given["feedDocumentId"])
    assert not feeds.issues_of(content)
    assert wire.sent.pop().template == pair.answer["url"]


def drive_fees(wire: Wire, pair: Pair) -> None:
    """Ask what selling some listings would cost."""
    wanted = []
    for each in pair.given["body"]:
        told = each["FeesEstimateRequest"]
        price, sent = told["PriceToEstimateFees"]["ListingPrice"], told["IsAmazonFulfilled"]
        wanted.append(fees.request(each["IdValue"], price, sent, told["MarketplaceId"]))
    rows = fees.estimates(wire.calling(), wanted)
    for told, row in zip(pair.answer, rows, strict=True):
        total = told["FeesEstimate"]["TotalFeesEstimate"]
        assert int(row.cells["total"]) == amount_of(total["Amount"], total["CurrencyCode"])
        assert row.cells["sku"] == told["FeesEstimateIdentifier"]["IdValue"]


def drive_fulfilment(wire: Wire, pair: Pair) -> None:
    """Ask how far a fulfilment is; a shipment that is being picked is no parcel."""
    order = pair.answer["payload"]["fulfillmentOrder"]
    (seen,) = outbound.read(wire.calling(), [order["sellerFulfillmentOrderId"]])
    assert (seen.key, seen.status) == ("FBATestOrder-1", order["fulfillmentOrderStatus"])
    assert (seen.state, seen.parcels) == (FulfilmentState.STARTED, ())
    shipment = pair.answer["payload"]["fulfillmentShipments"][0]
    shipment["fulfillmentShipmentStatus"] = "SHIPPED"
    (parcel,) = parcels.parcels_of(wire.calling(), pair.answer["payload"])
    told = {e["sellerFulfillmentOrderItemId"]: e["quantity"]
            for e in shipment["fulfillmentShipmentItem"]}  # fmt: skip
    assert parcel.lines == told


def drive_payout(wire: Wire, pair: Pair) -> None:
    """Have it pay out before its day."""
    place = pair.given.get("body", {}).get("marketplaceId", "A1PA6795UKMFR9")
    result = payouts.begin(wire.calling(marketplace=place), "1.1")
    if pair.status >= 300:
        refused(pair, [result])
    assert result == PushResult("1.1", True, ticket=pair.answer["payoutReferenceId"])


def drive_preview(wire: Wire, pair: Pair) -> None:
    """Ask what sending would cost."""
    line = FulfilmentLine("OrderItemID2", "A-SKU", 1)
    where = Address("Amazon", street="1234 Amazon Way", postcode="48084", country="US")
    order = FulfilmentOrder("E1", "1", AT, [line], where)
    (offer,) = outbound.preview(wire.calling(marketplace="ATVPDKIKX0DER"), order)
    (told,) = pair.answer["payload"]["fulfillmentPreviews"]
    assert (offer.service, offer.possible) == (told["shippingSpeedCategory"], True)
    assert (offer.fee, offer.currency) == (1971, "USD")
    leaves = told["fulfillmentPreviewShipments"][0]
    assert offer.ships_by == datetime.fromisoformat(leaves["latestShipDate"])
    assert offer.arrives_by == datetime.fromisoformat(leaves["latestArrivalDate"])


def drive_offers(wire: Wire, pair: Pair) -> None:
    """Ask what others want for products."""
    body = pair.given.get("body") or {"requests": [{"asin": "B00ZIAODGE"}]}
    asins = [each["asin"] for each in body["requests"]]
    told = offers.summaries(wire.calling(marketplace="ATVPDKIKX0DER"), asins)
    seen = offers.read_summary("A-SKU", told["B00ZIAODGE"], "A2ZWOLFOFDPJL1")
    assert list(told) == ["B00ZIAODGE"]
    # The featured offer that 82 of 100 buyers see, and the lowest of the new ones, delivered.
    assert (seen.featured, seen.featured_is_ours) == (1811 + 250, False)
    assert seen.currency == "USD"
    (new, _used) = told["B00ZIAODGE"]["lowestPricedOffers"]
    prices = [minor(o["listingPrice"]["amount"] + o["shippingOptions"][0]["price"]["amount"], "USD")
              for o in new["offers"]]  # fmt: skip
    assert seen.lowest == min(prices)


OFFERS_OTHERWISE = {
    "requests.0.includedData.1": "what is not shown is not asked for",
    "requests.0.includedData.2": "what is not shown is not asked for",
    "requests.0.includedData.3": "what is not shown is not asked for",
    "requests.0.lowestPricedOffersInputs.1.itemCondition": "new goods alone",
    "requests.0.lowestPricedOffersInputs.1.offerType": "new goods alone",
}


def drive_payouts(wire: Wire, pair: Pair) -> None:
    """Ask what is going to be paid, and what was."""
    (place,) = pair.given.get("marketplaceIds", ["ATVPDKIKX0DER"])
    call, status = wire.calling(marketplace=place), pair.status
    if pair.operation == "listPayouts":
        if status < 300:
            known = [payouts.read_payout(each) for each in pair.answer["payouts"]]
            assert [each.external_id for each in known] == [e["id"] for e in pair.answer["payouts"]]
        wire.others = {"transfers.expected": {}}
    else:
        wire.others = {"transfers.payouts": {}}
        for each in pair.answer.get("expectedPayouts", ()):
            told = payouts.read_expected(each)
            assert told.amount == amount_of(each["amount"]["currencyAmount"], told.currency)
            assert told.settlements == ("SGI_20240308_001",)
            assert (told.status, told.kind) == ("SCHEDULED", "STANDARD_ORDERS")
    try:
        Amazon().read_payouts(call, AT)
    finally:
        wire.sent[:] = [each for each in wire.sent if shape(each.template) == shape(pair.path)]


def drive_tracking(wire: Wire, pair: Pair) -> None:
    """Ask for a parcel's number where its fulfilment does not tell it."""
    number = pair.answer["payload"]["packageNumber"]
    told = {
        "fulfillmentOrder": {"statusUpdatedDate": "2020-02-07T02:33:31Z"},
        "fulfillmentShipments": [
            {
                "amazonShipmentId": "D1",
                "fulfillmentShipmentStatus": "SHIPPED",
                "fulfillmentShipmentItem": [{"sellerFulfillmentOrderItemId": "1", "quantity": 1}],
                "fulfillmentShipmentPackage": [{"packageNumber": number, "carrierCode": "UPS"}],
            }
        ],
    }
    (parcel,) = parcels.parcels_of(wire.calling(), told)
    assert parcel.tracking == pair.answer["payload"]["trackingNumber"]


def drive_allowed(wire: Wire, pair: Pair) -> None:
    """Ask what may be written about an order."""
    wire.answer = pair.answer.get("application/hal+json", pair.answer)
    wire.others = {"orders.get": PLACED, ELSE[pair.operation]: {"_links": {"actions": []}}}
    found = messages.kinds(wire.calling(), pair.given.get("amazonOrderId", "1"))
    if pair.status < 300:
        told = [each["name"] for each in wire.answer["_links"]["actions"]]
        # Those of Amazon's that are files, or none at all, are left out.
        assert [kind.code for kind in found] == [name for name in told if name in messages.KINDS]
    asks = [each for each in wire.sent if shape(each.template) == shape(pair.path)]
    wire.sent.append(asks[0])


def drive_message(wire: Wire, pair: Pair) -> None:
    """Write to the buyer of an order."""
    wire.others = {"orders.get": PLACED}
    kind = pair.path.rpartition("/")[2]
    text = (pair.given.get("body") or {}).get("text", "")
    draft = MessageDraft("1.1", kind, text, order_id=pair.given["amazonOrderId"])
    assert messages.send(wire.calling(), draft) == SentMessage()
    assert wire.sent[-1].query == {"marketplaceIds": "ATVPDKIKX0DER"}


PLACED = {"order": {"salesChannel": {"marketplaceId": "ATVPDKIKX0DER"}}}
ELSE = {
    "getMessagingActionsForOrder": "messages.solicitations",
    "getSolicitationActionsForOrder": "messages.actions",
}


def drive_services(wire: Wire, pair: Pair) -> None:
    """Ask which labels could be bought."""
    call = wire.calling(**BOUGHT_SO)
    found = Amazon().offer_labels(call, parcel_of(pair.given["body"]["ShipmentRequestDetails"]))
    for told, offer in zip(pair.answer["payload"]["ShippingServiceList"], found, strict=True):
        charged = told["RateWithAdjustments"]
        assert (offer.service, offer.name) == (
            told["ShippingServiceId"], told["ShippingServiceName"]
        )  # fmt: skip
        assert offer.price == amount_of(charged["Amount"], charged["CurrencyCode"])
        assert (offer.carrier, offer.currency) == (told["CarrierName"], "USD")
        assert offer.ref == labels.MORE + told["ShippingServiceOfferId"]
    # It leaves on the 28th, and arrives on the 31st or the 30th.
    assert [(each.earliest_days, each.latest_days) for each in found] == [(3, 3), (2, 2)]


def drive_purchase(wire: Wire, pair: Pair) -> None:
    """Buy a label."""
    body = pair.given["body"]
    offer = LabelOffer(body["ShippingServiceId"], "", "", ref=body["ShippingServiceOfferId"])
    request = parcel_of(body["ShipmentRequestDetails"])
    made = Amazon().buy_label(wire.calling(**BOUGHT_SO), request, offer, again=False)
    is_label(pair.answer["payload"], made)


def drive_label(wire: Wire, pair: Pair) -> None:
    """Fetch a label that was bought."""
    made = Amazon().fetch_label(wire.calling(), pair.given["shipmentId"])
    is_label(pair.answer["payload"], made)


def drive_shipment(wire: Wire, pair: Pair) -> None:
    """Ask for a shipment: two models call their operation so."""
    bought = pair.path.startswith("/mfn/")
    (drive_label if bought else inbound_pairs.DRIVERS["getShipment"])(wire, pair)


def drive_void(wire: Wire, pair: Pair) -> None:
    """Give a label back."""
    ref = pair.given["shipmentId"]
    result = Amazon().void_label(wire.calling(), ref)
    if pair.status >= 300:
        refused(pair, [result])
    assert result == PushResult(ref, True)
    is_label(pair.answer["payload"], labels.read_label(pair.answer["payload"]))


def drive_inputs(wire: Wire, pair: Pair) -> None:
    """Ask what a service wants to know beside; what it need not know is left out."""
    body = pair.given["body"]
    sender = labels.address_of(place_of(body["ShipFromAddress"]))
    known = shipment_inputs(wire.calling(), body["OrderId"], body["ShippingServiceId"], sender)
    assert known == []


def parcel_of(told: Any) -> LabelRequest:
    """Return a parcel as a pair tells it; ours are whole grams and millimetres."""
    lines = [LabelLine(e["OrderItemId"], "", "", e["Quantity"]) for e in told["ItemList"]]
    size = ParcelSize(291, 260, 260, 260)
    sender = place_of(told["ShipFromAddress"])
    return LabelRequest("L1", told["AmazonOrderId"], lines, size, sender, None, AT)


def place_of(told: Any) -> Address:
    return Address(
        told["Name"], "", told["AddressLine1"], "", told["City"], told["StateOrProvinceCode"],
        told["PostalCode"], told["CountryCode"], told["Phone"], told["Email"],
    )  # fmt: skip


def is_label(told: Any, made: BoughtLabel | None) -> None:
    """Compare a label with its document; the file of a pair is cut, so that there is none."""
    assert made is not None
    charged = told["ShippingService"]["RateWithAdjustments"]
    assert (made.ref, made.tracking) == (told["ShipmentId"], told["TrackingId"])
    assert made.carrier == told["ShippingService"]["CarrierName"]
    assert made.price == amount_of(charged["Amount"], charged["CurrencyCode"])
    assert (made.currency, made.content) == (charged["CurrencyCode"], b"")


BOUGHT_SO = {"label_delivery": "NoTracking", "label_format": "PDF"}
MEASURES = {
    f"ShipmentRequestDetails.{path}": "told in grams and centimetres, as SKUs are measured"
    for path in (
        *(f"PackageDimensions.{side}" for side in ("Length", "Width", "Height", "Unit")),
        *("Weight.Value", "Weight.Unit"),
    )
}

FEE_WORDS = {
    "Identifier": "the connector's own name",
    "PriceToEstimateFees.Shipping.CurrencyCode": "postage is estimated with the order",
    "PriceToEstimateFees.Shipping.Amount": "postage is estimated with the order",
    "PriceToEstimateFees.Points.PointsNumber": "points are given in Japan only",
    "PriceToEstimateFees.Points.PointsMonetaryValue.CurrencyCode": "as the points",
    "PriceToEstimateFees.Points.PointsMonetaryValue.Amount": "as the points",
}
FEES_OTHERWISE = {
    f"{place}.FeesEstimateRequest.{path}": why
    for place in (0, 1)
    for path, why in FEE_WORDS.items()
} | {"0.IdType": "listings are named by the seller's SKU"}

OF_BODIES = {
    "getMyFeesEstimates": FEES_OTHERWISE,
    "getCompetitiveSummary": OFFERS_OTHERWISE,
    **inbound_pairs.OTHERWISE,
    "getEligibleShipmentServices": MEASURES,
    "createShipment": MEASURES,
}

DRIVERS: Mapping[str, Callable[[Wire, Pair], None]] = {
    "confirmCustomizationDetails": drive_message,
    "createConfirmDeliveryDetails": drive_message,
    "createConfirmOrderDetails": drive_message,
    "createConfirmServiceDetails": drive_message,
    "createDigitalAccessKey": drive_message,
    "createUnexpectedProblem": drive_message,
    "createProductReviewAndSellerFeedbackSolicitation": drive_message,
    "getMessagingActionsForOrder": drive_allowed,
    "getSolicitationActionsForOrder": drive_allowed,
    "createFeed": drive_feed,
    "createFeedDocument": drive_upload,
    "getFeed": drive_fed,
    "getFeedDocument": drive_result,
    "cancelShipment": drive_void,
    "createShipment": drive_purchase,
    "getAdditionalSellerInputs": drive_inputs,
    "getEligibleShipmentServices": drive_services,
    "searchOrders": drive_orders,
    "getMyFeesEstimates": drive_fees,
    "getOrder": drive_order,
    "confirmShipment": drive_parcel,
    "searchListingsItems": drive_listings,
    "patchListingsItem": drive_patch,
    "putListingsItem": drive_put,
    "getCompetitiveSummary": drive_offers,
    "listExpectedPayouts": drive_payouts,
    "listPayouts": drive_payouts,
    "initiatePayout": drive_payout,
    **inbound_pairs.DRIVERS,
    "getShipment": drive_shipment,
    "getFulfillmentOrder": drive_fulfilment,
    "getFulfillmentPreview": drive_preview,
    "getPackageTrackingDetails": drive_tracking,
    "createReport": drive_begin,
    "getReport": drive_report,
    "getReports": drive_reports,
    "getReportDocument": drive_document,
    "listTransactions": drive_transactions,
    "getMarketplaceParticipations": drive_places,
}


@pytest.mark.parametrize(
    "pair", PAIRS, ids=[f"{pair.operation}-{pair.status}-{n}" for n, pair in enumerate(PAIRS)]
)
def test_pair(pair: Pair) -> None:
    wire = Wire(pair.answer, pair.status)
    if pair.status >= 300:
        for error in pair.answer["errors"]:
            detail = json.dumps(pair.answer)
            said = reasons(RequestRefused("No.", status=pair.status, detail=detail))
            assert f"{error['code']}: {error['message']}" in said
        with pytest.raises(RequestRefused):
            DRIVERS[pair.operation](wire, pair)
        return
    DRIVERS[pair.operation](wire, pair)
    if pair.real:
        is_asked(pair, wire.sent[-1])


def is_asked(pair: Pair, sent: Sent) -> None:
    """Compare a request with the one of its pair."""
    assert (sent.method, shape(sent.template)) == (pair.method, shape(pair.path))
    path = pair.path
    for name, value in pair.in_place("path").items():
        path = path.replace(f"{{{name}}}", str(value))
    if "{" not in path:
        assert sent.path == path
    apart = (OTHERWISE | OF_BODIES).get(pair.operation, {})
    for name, value in pair.in_place("query").items():
        if name not in apart:
            wanted = ",".join(value) if isinstance(value, list) else str(value)
            assert sent.query.get(name) == wanted, name
    given = dict(leaves(sent.body, lambda _path: False))
    for path, value in leaves(pair.given.get("body", {}), lambda _path: False):
        if path not in apart:
            assert equal(given.get(path), value), path


def equal(ours: object, theirs: object) -> bool:
    """Compare two values; a moment may be written with more digits."""
    return ours == theirs or str(ours).replace("Z", ".000Z") == theirs


def test_every_pair_was_walked() -> None:
    counts: dict[str, Counter[str]] = {}
    for pair in PAIRS:
        kind = "refusal" if pair.status >= 300 else "real" if pair.real else "answer"
        counts.setdefault(pair.operation, Counter())[kind] += 1
    found = {name: (n["real"], n["answer"], n["refusal"]) for name, n in counts.items()}
    assert found == COUNTS
