"""The connector: requests out, answers in; it keeps nothing between two calls."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from datetime import timedelta
from pathlib import Path
from typing import Any

from addons.amazon import feeds
from addons.amazon import inbound
from addons.amazon import inbound_reading
from addons.amazon import labels
from addons.amazon import messages
from addons.amazon import offers
from addons.amazon import outbound
from addons.amazon import payouts
from addons.amazon import requested
from addons.amazon.finances import pull_deferred
from addons.amazon.inventory import pull_summaries
from addons.amazon.listings import price_patch
from addons.amazon.listings import publish
from addons.amazon.listings import push
from addons.amazon.listings import read_listing
from addons.amazon.listings import shown
from addons.amazon.listings import stock_patch
from addons.amazon.marketplaces import HOSTS
from addons.amazon.marketplaces import MARKETPLACES
from addons.amazon.operations import SEARCH_LISTINGS
from addons.amazon.operations import SEARCH_ORDERS
from addons.amazon.operations import SELLERS
from addons.amazon.orders import is_of_another_channel
from addons.amazon.orders import read_order
from addons.amazon.reports import pull_reports
from addons.amazon.shipments import confirm
from addons.amazon_settlements.connector import AmazonSettlements
from core.api import BoughtLabel
from core.api import Call
from core.api import ClientOptions
from core.api import ExternalDocument
from core.api import ExternalListing
from core.api import ExternalOrder
from core.api import ExternalSettlement
from core.api import FulfilmentOffer
from core.api import FulfilmentOrder
from core.api import FulfilmentSeen
from core.api import HeldMoney
from core.api import Http
from core.api import InboundAct
from core.api import InboundAnswer
from core.api import InboundOption
from core.api import InboundOutcome
from core.api import InboundPlan
from core.api import InboundShipment
from core.api import InputError
from core.api import LabelOffer
from core.api import LabelRequest
from core.api import ListingDraft
from core.api import ListingVerdict
from core.api import MappingError
from core.api import MessageDraft
from core.api import MessageKind
from core.api import OffersSeen
from core.api import Page
from core.api import PayoutSeen
from core.api import PriceUpdate
from core.api import PushResult
from core.api import SentMessage
from core.api import Shipment
from core.api import StatementFile
from core.api import StockSeen
from core.api import StockUpdate
from core.api import StoredGoods
from core.api import Window
from core.api import rate_in_header
from core.api import read_each
from core.api import read_json

PAGE = 100
LISTINGS_PAGE = 20
SETS = ("PROCEEDS", "CANCELLATION", "FULFILLMENT", "PACKAGES", "TAX")
PERSONAL_SETS = ("BUYER", "RECIPIENT")


class Amazon:
    """Speaks to the Selling Partner API for every account."""

    platform = "amazon"
    writes_first = True
    stock_batch = feeds.MOST

    def client_options(self, settings: Mapping[str, Any]) -> ClientOptions:
        """Return where Amazon answers for a region; requests are signed with the token."""
        region = MARKETPLACES[settings["marketplace"]].region
        return ClientOptions(
            settings.get("simulator") or HOSTS[region],
            learn=rate_in_header("x-amzn-RateLimit-Limit"),
        )

    def check_account(self, settings: Mapping[str, Any], http: Http) -> None:
        """Ask where the account sells.

        Raises: InputError when it does not sell where the settings say; AuthFailed.
        """
        rows = _list(http.call(SELLERS).json(), "payload")
        names = {row["marketplace"]["id"]: row["marketplace"]["name"] for row in rows}
        if settings["marketplace"] not in names:
            raise InputError(
                f"The account sells on {', '.join(sorted(names.values())) or 'none'} only.",
                where="marketplace",
            )

    def pull_orders(self, call: Call, window: Window, cursor: str | None) -> Page[ExternalOrder]:
        """Return one page of the orders that changed in the window."""
        days = timedelta(days=call.settings["backfill_days"])
        sets = [*SETS, *(PERSONAL_SETS if call.settings["personal"] else ())]
        query = {
            "lastUpdatedAfter": _text(window.since or window.until - days),
            "lastUpdatedBefore": _text(window.until),
            "includedData": ",".join(sets),
            "maxResultsPerPage": PAGE,
            "paginationToken": cursor,
        }
        body = call.http.call(SEARCH_ORDERS, query=query).json()
        # What it sends for other channels is known from there: it is no order of its own.
        sold = [each for each in _list(body, "orders") if not is_of_another_channel(each)]
        orders = read_each(sold, read_order, key="orderId")
        return Page(orders, _next(body))

    def line_of(self, payload: str) -> str:
        """Return what Amazon calls a line of an order, of which that was received."""
        return str(read_json(payload)["orderItemId"])

    def confirm_shipments(self, call: Call, shipments: Sequence[Shipment]) -> Sequence[PushResult]:
        """Tell which parcels left; one that Amazon knows already is not told again."""
        return [confirm(call.http, shipment) for shipment in shipments]

    def push_stock(self, call: Call, updates: Sequence[StockUpdate]) -> Sequence[PushResult]:
        """Tell how much of each listing the seller himself can send; many of them by a feed."""
        if len(updates) > feeds.FEW:
            return feeds.push(call, updates)
        return [push(call, each.external_ref, each.key, stock_patch(each)) for each in updates]

    def stock_results(
        self, call: Call, ticket: str, updates: Sequence[StockUpdate]
    ) -> Sequence[PushResult] | None:
        """Return what became of a feed's listings; None while Amazon works on it."""
        return feeds.results(call, ticket, updates)

    def push_prices(self, call: Call, updates: Sequence[PriceUpdate]) -> Sequence[PushResult]:
        """Tell what each listing costs its buyers, tax included."""
        place = call.settings["marketplace"]
        return [
            push(call, each.external_ref, each.key, price_patch(each, place)) for each in updates
        ]

    def read_stock(self, call: Call, listings: Sequence[str]) -> Sequence[StockSeen]:
        """Return how much of each listing Amazon shows."""
        seen: list[StockSeen] = []
        for at in range(0, len(listings), LISTINGS_PAGE):
            wanted = listings[at : at + LISTINGS_PAGE]
            query = {"identifiers": ",".join(wanted), "identifiersType": "SKU"}
            body = _listings(call, {**query, "includedData": "fulfillmentAvailability"})
            seen += [each for item in _list(body, "items") if (each := shown(item)) is not None]
        return [each for each in seen if each.external_ref in set(listings)]

    def read_offers(self, call: Call, listings: Sequence[str]) -> Sequence[OffersSeen]:
        """Return the lowest and the featured offer of the product of each listing."""
        return offers.read(call, listings)

    def read_payouts(self, call: Call, since: datetime) -> Sequence[PayoutSeen]:
        """Return what Amazon is going to pay to the bank, and what it has paid."""
        return payouts.read(call, since)

    def begin_payout(self, call: Call, key: str) -> PushResult:
        """Have Amazon pay to the bank now what it owes on the marketplace."""
        return payouts.begin(call, key)

    def open_settlements(
        self, path: Path, settings: Mapping[str, object]
    ) -> Sequence[StatementFile]:
        """Open a settlement report, whether it was fetched or downloaded by a person.

        Raises: InputError if the file is none, or leaves a doubt of what it says.
        """
        return AmazonSettlements().open_settlements(path, settings)

    def pull_settlements(
        self, call: Call, window: Window, cursor: str | None
    ) -> Page[ExternalSettlement]:
        """Return the next settlement report that Amazon published in the window."""
        return pull_reports(call, window, cursor)

    def read_held(self, path: Path, settings: Mapping[str, object]) -> Iterable[HeldMoney]:
        """Return what a date-range report says that Amazon holds back."""
        return AmazonSettlements().read_held(path, settings)

    def pull_held(self, call: Call, window: Window, cursor: str | None) -> Page[HeldMoney]:
        """Return one page of what Amazon holds back until the goods have been with the buyer."""
        return pull_deferred(call, window, cursor)

    def pull_stored(self, call: Call, window: Window, cursor: str | None) -> Page[StoredGoods]:
        """Return one page of what lies in Amazon's own warehouses."""
        return pull_summaries(call, cursor)

    def send_fulfilment(self, call: Call, order: FulfilmentOrder, *, again: bool) -> PushResult:
        """Ask Amazon to send goods from its warehouses to a buyer of another channel."""
        return outbound.send(call, order, again=again)

    def cancel_fulfilment(self, call: Call, key: str) -> PushResult:
        """Ask Amazon not to send them, as long as it has not begun to pick."""
        return outbound.cancel(call, key)

    def preview_fulfilment(self, call: Call, order: FulfilmentOrder) -> Sequence[FulfilmentOffer]:
        """Return what Amazon would take for each speed, and how long it would need."""
        return outbound.preview(call, order)

    def read_fulfilments(self, call: Call, keys: Sequence[str]) -> Sequence[FulfilmentSeen]:
        """Return how far what Amazon sends for other channels is, and its parcels."""
        return outbound.read(call, keys)

    def offer_labels(self, call: Call, request: LabelRequest) -> Sequence[LabelOffer]:
        """Return which of Amazon's carriers would take a parcel of an order, and for how much."""
        return labels.offers(call, request)

    def buy_label(
        self, call: Call, request: LabelRequest, offer: LabelOffer, *, again: bool
    ) -> BoughtLabel | None:
        """Buy a label of Amazon's; without an answer it is looked for among the packages."""
        return labels.buy(call, request, offer, again=again)

    def fetch_label(self, call: Call, ref: str) -> BoughtLabel:
        """Return a label that was bought, by the number of its shipment."""
        return labels.fetch(call, ref)

    def void_label(self, call: Call, ref: str) -> PushResult:
        """Ask Amazon to take a label back that was not used."""
        return labels.void(call, ref)

    def message_kinds(self, call: Call, thread: str, order_id: str | None) -> Sequence[MessageKind]:
        """Return what Amazon lets a seller write about an order now."""
        return messages.kinds(call, order_id) if order_id else ()

    def send_message(self, call: Call, draft: MessageDraft) -> SentMessage:
        """Write to the buyer of an order, or ask him for a review."""
        return messages.send(call, draft)

    def publish_listing(self, call: Call, draft: ListingDraft, *, preview: bool) -> ListingVerdict:
        """Offer a listing with all its attributes, or ask only whether Amazon would take it."""
        return publish(call, draft, preview=preview)

    inbound_acts = inbound.ACTS

    def ask_inbound(
        self, call: Call, plan: InboundPlan, act: InboundAct, shipment: str, *, again: bool
    ) -> InboundAnswer:
        """Ask for one step of sending goods to Amazon's warehouses."""
        return inbound.ask(call, plan, act, shipment, again=again)

    def inbound_outcome(self, call: Call, ticket: str) -> InboundOutcome:
        """Say how far Amazon is with a step."""
        return inbound.outcome(call, ticket)

    def inbound_options(
        self, call: Call, plan: InboundPlan, what: str, shipment: str
    ) -> Sequence[InboundOption]:
        """Return what Amazon offers of packing, placement, transport or windows."""
        return inbound_reading.options(call, plan, what, shipment)

    def read_inbound(self, call: Call, plan: InboundPlan) -> Sequence[InboundShipment]:
        """Return how the shipments of a plan stand, and what has arrived."""
        return inbound_reading.read(call, plan)

    def inbound_labels(self, call: Call, plan: InboundPlan, shipment: InboundShipment) -> str:
        """Return where the labels of a shipment's boxes are."""
        return inbound.labels(call, shipment)

    def pull_documents(
        self, call: Call, window: Window, cursor: str | None
    ) -> Page[ExternalDocument]:
        """Go one step with the reports that Amazon makes when it is asked for them."""
        return requested.pull(call, window, cursor)

    def pull_listings(
        self, call: Call, window: Window, cursor: str | None
    ) -> Page[ExternalListing]:
        """Return one page of listings."""
        sets = "summaries,offers,fulfillmentAvailability"
        body = _listings(call, {"includedData": sets, "pageToken": cursor})
        return Page(read_each(_list(body, "items"), read_listing, key="sku"), _next(body))


def _listings(call: Call, query: Mapping[str, str | None]) -> Any:
    given = {"marketplaceIds": call.settings["marketplace"], "pageSize": LISTINGS_PAGE, **query}
    path = {"seller_id": call.settings["seller_id"]}
    return call.http.call(SEARCH_LISTINGS, path=path, query=given).json()


def _list(body: Any, name: str) -> list[Any]:
    """Return a list of an answer.

    Raises: MappingError when it has none.
    """
    found = body.get(name) if isinstance(body, dict) else None
    if not isinstance(found, list):
        # Its type alone: the answer may tell of persons.
        raise MappingError(name, type(found).__name__)
    return found


def _next(body: Mapping[str, Any]) -> str | None:
    token = (body.get("pagination") or {}).get("nextToken")
    return str(token) if token else None


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
