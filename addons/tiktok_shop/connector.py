"""The connector: questions out, answers in; it keeps nothing between two calls."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from addons.tiktok_shop import cancelling
from addons.tiktok_shop import held
from addons.tiktok_shop import labels
from addons.tiktok_shop import messages
from addons.tiktok_shop import paid
from addons.tiktok_shop import returns
from addons.tiktok_shop import stock
from addons.tiktok_shop.checking import check
from addons.tiktok_shop.errors import judge
from addons.tiktok_shop.fetching import pull as pull_statements
from addons.tiktok_shop.operations import api_of
from addons.tiktok_shop.publishing import publish
from addons.tiktok_shop.pulling import pull
from addons.tiktok_shop.shipments import confirm
from addons.tiktok_shop.signing import stamper
from addons.tiktok_shop.statements import open_statements
from core.api import BoughtLabel
from core.api import Call
from core.api import CancelAnswer
from core.api import ClientOptions
from core.api import ExternalDocument
from core.api import ExternalListing
from core.api import ExternalMessage
from core.api import ExternalOrder
from core.api import ExternalReturn
from core.api import ExternalSettlement
from core.api import HeldMoney
from core.api import Http
from core.api import LabelOffer
from core.api import LabelRequest
from core.api import ListingDraft
from core.api import ListingVerdict
from core.api import MessageDraft
from core.api import MessageKind
from core.api import Page
from core.api import PriceUpdate
from core.api import PushResult
from core.api import SentMessage
from core.api import Shipment
from core.api import StatementFile
from core.api import StockSeen
from core.api import StockUpdate
from core.api import Window
from core.api import read_json


class TiktokShop:
    """Speaks to TikTok Shop's signed API for one shop."""

    platform = "tiktok"
    # What is shown late is found by the next windows, each of which begins before the last ended.
    lag = timedelta(0)

    def client_options(self, settings: Mapping[str, Any]) -> ClientOptions:
        """Return where TikTok Shop answers; every request is signed, errors stand in answers."""
        return ClientOptions(api_of(settings), judge=judge, stamp=stamper(settings))

    def check_account(self, settings: Mapping[str, Any], http: Http) -> None:
        """Ask which shop it is, and whether each of the things that are done may be done.

        Raises: InputError when it is another shop, or a scope is missing; AuthFailed.
        """
        check(settings, http)

    def pull_orders(self, call: Call, window: Window, cursor: str | None) -> Page[ExternalOrder]:
        """Return one page of the orders that changed in the window."""
        return pull(call, window, cursor)

    def pull_settlements(
        self, call: Call, window: Window, cursor: str | None
    ) -> Page[ExternalSettlement]:
        """Return the next statement that was made in the window."""
        return pull_statements(call, window, cursor)

    def open_settlements(
        self, path: Path, settings: Mapping[str, object]
    ) -> Sequence[StatementFile]:
        """Open what was fetched of a statement, or the file that a seller downloaded.

        Raises: InputError if the file is none, or leaves a doubt of what it says.
        """
        return open_statements(path)

    def pull_documents(
        self, call: Call, window: Window, cursor: str | None
    ) -> Page[ExternalDocument]:
        """Return one page of payments, then of withdrawals."""
        return paid.pull(call, window, cursor)

    def pull_held(self, call: Call, window: Window, cursor: str | None) -> Page[HeldMoney]:
        """Return one page of what is not settled yet."""
        return held.pull_held(call, cursor)

    def pull_returns(self, call: Call, window: Window, cursor: str | None) -> Page[ExternalReturn]:
        """Return one page of returns."""
        return returns.pull(call, window, cursor)

    def pull_messages(
        self, call: Call, window: Window, cursor: str | None
    ) -> Page[ExternalMessage]:
        """Return what was said in one page of conversations since the window began."""
        return messages.pull(call, window, cursor)

    def message_kinds(self, call: Call, thread: str, order_id: str | None) -> Sequence[MessageKind]:
        """Return what may be sent: the list of conversations says whether a text may be."""
        return messages.kinds(call.http, thread)

    def send_message(self, call: Call, draft: MessageDraft) -> SentMessage:
        """Send a text into a conversation."""
        return messages.send(call.http, draft)

    def find_message(self, call: Call, draft: MessageDraft) -> SentMessage | None:
        """Look whether a text was sent whose answer was lost."""
        return messages.find(call.http, draft)

    def line_of(self, payload: str) -> str:
        """Return what TikTok Shop calls a line of an order, of which that was received."""
        first = read_json(payload)[0]
        return str(first.get("sku_id") or first["id"])

    def answer_cancellation(self, call: Call, answer: CancelAnswer) -> PushResult:
        """Say to a buyer whether the order is cancelled that he wants to be."""
        return cancelling.answer(call, answer)

    def confirm_shipments(self, call: Call, shipments: Sequence[Shipment]) -> Sequence[PushResult]:
        """Tell which parcels left; one that TikTok Shop knows already is not told again."""
        return [confirm(call.http, each, call.settings["region"]) for each in shipments]

    def offer_labels(self, call: Call, request: LabelRequest) -> Sequence[LabelOffer]:
        """Return which services of TikTok Shipping would carry a parcel."""
        return labels.offers(call, request)

    def buy_label(
        self, call: Call, request: LabelRequest, offer: LabelOffer, *, again: bool
    ) -> BoughtLabel | None:
        """Hand a package to TikTok's carrier; without an answer the package is looked up."""
        return labels.buy(call, request, offer, again=again)

    def fetch_label(self, call: Call, ref: str) -> BoughtLabel:
        """Return a label that was bought, by the number of its package."""
        return labels.fetch(call, ref)

    def void_label(self, _call: Call, ref: str) -> PushResult:
        """Say that labels are taken back in Seller Center alone."""
        return labels.void(ref)

    def push_stock(self, call: Call, updates: Sequence[StockUpdate]) -> Sequence[PushResult]:
        """Tell how much there is of each listing."""
        return list(stock.push(call, updates))

    def read_stock(self, call: Call, listings: Sequence[str]) -> Sequence[StockSeen]:
        """Return how much of each listing TikTok Shop shows."""
        return list(stock.read(call, listings))

    def push_prices(self, call: Call, updates: Sequence[PriceUpdate]) -> Sequence[PushResult]:
        """Tell what each listing costs."""
        return list(stock.push_prices(call, updates))

    def publish_listing(self, call: Call, draft: ListingDraft, *, preview: bool) -> ListingVerdict:
        """Offer a product with its SKUs, or say only what TikTok Shop would say of it."""
        return publish(call, draft, preview=preview)

    def pull_listings(
        self, call: Call, window: Window, cursor: str | None
    ) -> Page[ExternalListing]:
        """Return one page of listings."""
        return stock.pull(call, cursor)
