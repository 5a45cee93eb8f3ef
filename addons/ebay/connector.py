"""The connector: questions out, answers in; it keeps nothing between two calls."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from addons.ebay import ads
from addons.ebay import cancelling
from addons.ebay import contesting
from addons.ebay import disputes
from addons.ebay import held
from addons.ebay import messages
from addons.ebay import payouts
from addons.ebay import returns
from addons.ebay import stock
from addons.ebay.checking import check
from addons.ebay.operations import api_of
from addons.ebay.publishing import publish
from addons.ebay.pulling import pull
from addons.ebay.shipments import confirm
from addons.ebay.signing import stamper
from addons.ebay.statements import open_payouts
from core.api import Call
from core.api import CancelAnswer
from core.api import ClientOptions
from core.api import DisputeAnswer
from core.api import DisputeVerdict
from core.api import ExternalDispute
from core.api import ExternalDocument
from core.api import ExternalListing
from core.api import ExternalMessage
from core.api import ExternalOrder
from core.api import ExternalReturn
from core.api import ExternalSettlement
from core.api import HeldMoney
from core.api import Http
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


class Ebay:
    """Speaks to eBay's REST APIs for one seller account."""

    platform = "ebay"

    def client_options(self, settings: Mapping[str, Any]) -> ClientOptions:
        """Return where eBay answers, and what signs requests about money."""
        return ClientOptions(api_of(settings), stamp=stamper(settings))

    def check_account(self, settings: Mapping[str, Any], http: Http) -> None:
        """Ask whose account it is, and whether each of the things that are done may be done.

        Raises: InputError when it is another account, or a permission is missing; AuthFailed.
        """
        check(settings, http)

    def pull_orders(self, call: Call, window: Window, cursor: str | None) -> Page[ExternalOrder]:
        """Return one page of the orders that changed in the window."""
        return pull(call, window, cursor)

    def pull_settlements(
        self, call: Call, window: Window, cursor: str | None
    ) -> Page[ExternalSettlement]:
        """Return the next payout that began in the window."""
        return payouts.pull(call, window, cursor)

    def open_settlements(
        self, path: Path, settings: Mapping[str, object]
    ) -> Sequence[StatementFile]:
        """Open what was fetched of a payout, or the transaction report that a seller downloaded.

        Raises: InputError if the file is none, or leaves a doubt of what it says.
        """
        return open_payouts(path)

    def pull_disputes(
        self, call: Call, window: Window, cursor: str | None
    ) -> Page[ExternalDispute]:
        """Return one page of payment disputes, inquiries or cases."""
        return disputes.pull(call, window, cursor)

    def answer_dispute(self, call: Call, answer: DisputeAnswer, *, preview: bool) -> DisputeVerdict:
        """Give in to a dispute, or contest it; with `preview` only say what would be sent."""
        return contesting.answer(call, answer, preview=preview)

    def pull_documents(
        self, call: Call, window: Window, cursor: str | None
    ) -> Page[ExternalDocument]:
        """Return what advertising by the click was for, a month a page."""
        return ads.pull(call, window, cursor)

    def pull_held(self, call: Call, window: Window, cursor: str | None) -> Page[HeldMoney]:
        """Return one page of what eBay holds back now."""
        return held.pull_held(call, cursor)

    def pull_returns(self, call: Call, window: Window, cursor: str | None) -> Page[ExternalReturn]:
        """Return one page of returns."""
        return returns.pull(call, window, cursor)

    def line_of(self, payload: str) -> str:
        """Return what eBay calls a line of an order, of which that was received."""
        return str(read_json(payload)["lineItemId"])

    def answer_cancellation(self, call: Call, answer: CancelAnswer) -> PushResult:
        """Say to a buyer whether the order is cancelled that he wants to be."""
        return cancelling.answer(call, answer)

    def pull_messages(
        self, call: Call, window: Window, cursor: str | None
    ) -> Page[ExternalMessage]:
        """Return what was said in one page of the conversations that went on in the window."""
        return messages.pull(call, window, cursor)

    def message_kinds(self, call: Call, thread: str, order_id: str | None) -> Sequence[MessageKind]:
        """Return what may be sent: a text in a conversation that a buyer began."""
        return (messages.KIND,) if thread else ()

    def send_message(self, call: Call, draft: MessageDraft) -> SentMessage:
        """Send a text into a conversation."""
        return messages.send(call.http, draft)

    def find_message(self, call: Call, draft: MessageDraft) -> SentMessage | None:
        """Look whether a text was sent whose answer was lost."""
        return messages.find(call.http, draft, str(call.settings["seller"]))

    def confirm_shipments(self, call: Call, shipments: Sequence[Shipment]) -> Sequence[PushResult]:
        """Tell which parcels left; one that eBay knows already is not told again."""
        return [confirm(call.http, shipment) for shipment in shipments]

    def push_stock(self, call: Call, updates: Sequence[StockUpdate]) -> Sequence[PushResult]:
        """Tell how much there is of each listing."""
        return list(stock.push(call, updates))

    def read_stock(self, call: Call, listings: Sequence[str]) -> Sequence[StockSeen]:
        """Return how much of each listing eBay shows."""
        return list(stock.read(call, listings))

    def push_prices(self, call: Call, updates: Sequence[PriceUpdate]) -> Sequence[PushResult]:
        """Tell what each listing costs."""
        return list(stock.push_prices(call, updates))

    def publish_listing(self, call: Call, draft: ListingDraft, *, preview: bool) -> ListingVerdict:
        """Offer a listing with its variants, or say only what would speak against it."""
        return publish(call, draft, preview=preview)

    def pull_listings(
        self, call: Call, window: Window, cursor: str | None
    ) -> Page[ExternalListing]:
        """Return one page of listings."""
        return stock.pull(call, cursor)
