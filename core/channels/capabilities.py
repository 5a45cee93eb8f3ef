"""What an API connector can do: each capability is one method, found by its name."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from types import MappingProxyType
from typing import Any
from typing import Protocol

from core.channels.checking import NumberAnswer
from core.channels.checking import NumberQuestion
from core.channels.disputes import DisputeAnswer
from core.channels.disputes import DisputeVerdict
from core.channels.disputes import ExternalDispute
from core.channels.external import CancelAnswer
from core.channels.external import ExternalDocument
from core.channels.external import ExternalListing
from core.channels.external import ExternalMessage
from core.channels.external import ExternalOrder
from core.channels.external import ExternalReturn
from core.channels.external import ExternalSettlement
from core.channels.external import HeldMoney
from core.channels.external import ListingDraft
from core.channels.external import ListingVerdict
from core.channels.external import MessageDraft
from core.channels.external import MessageKind
from core.channels.external import OffersSeen
from core.channels.external import Page
from core.channels.external import PayoutSeen
from core.channels.external import PriceUpdate
from core.channels.external import PushResult
from core.channels.external import SentMessage
from core.channels.external import Shipment
from core.channels.external import StockSeen
from core.channels.external import StockUpdate
from core.channels.external import StoredGoods
from core.channels.external import Window
from core.channels.fulfilments import FulfilmentOffer
from core.channels.fulfilments import FulfilmentOrder
from core.channels.fulfilments import FulfilmentSeen
from core.channels.inbound import InboundAct
from core.channels.inbound import InboundAnswer
from core.channels.inbound import InboundOption
from core.channels.inbound import InboundOutcome
from core.channels.inbound import InboundPlan
from core.channels.inbound import InboundShipment
from core.channels.labels import BoughtLabel
from core.channels.labels import LabelOffer
from core.channels.labels import LabelRequest
from core.errors import ConnectorError
from core.http.calls import HttpResponse
from core.http.calls import Limits
from core.http.calls import Operation
from core.http.calls import Outgoing
from core.http.calls import Signer
from core.kernel.connections import ConnectionInfo
from core.kernel.secrets import SecretText


class Http(Protocol):
    """The only way of a connector to the network: `HttpClient` is one."""

    def call(
        self,
        operation: Operation,
        *,
        path: Mapping[str, object] | None = None,
        query: Mapping[str, object] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        expect: Collection[int] = (),
    ) -> HttpResponse:
        """Ask an operation and return its answer.

        Raises: AuthFailed, RateLimited, Unavailable or another ConnectorError.
        """


@dataclass(frozen=True)
class Call:
    """For whom a connector works: the account, its settings with the secrets, and its client."""

    connection: ConnectionInfo
    settings: Mapping[str, Any] = field(repr=False)
    http: Http = field(repr=False)


@dataclass(frozen=True)
class ClientOptions:
    """What the client of a connection must know; a connector's `client_options(settings)`.

    `learn` reads an operation's rate from the head of an answer. `judge` returns the error that a
    platform tells inside an answer of success, None if it tells none: a limit is waited for, and
    what may be repeated is, as if it had been told by the status. `rest` returns for how many
    seconds the platform has nothing left to give, read from an answer. `stamp` returns a request
    that has its credentials with what else it needs, such as a signature over all of it; it is
    told what the platform gave along with the tokens.
    """

    base_url: str
    signer: Signer | None = field(default=None, repr=False)
    limits: Limits | None = None
    learn: Callable[[Mapping[str, str]], float | None] | None = None
    judge: Callable[[HttpResponse], ConnectorError | None] | None = None
    rest: Callable[[HttpResponse], float] | None = None
    stamp: Callable[[Outgoing, Mapping[str, SecretText]], Outgoing] | None = None


class Connector(Protocol):
    """What every connector to an API has."""

    platform: str

    def client_options(self, settings: Mapping[str, Any]) -> ClientOptions:
        """Return where the platform answers, and what signs the requests."""


class ChecksAccount(Protocol):
    """No capability: what is asked before settings are stored, and by `connections test`."""

    def check_account(self, settings: Mapping[str, Any], http: Http) -> None:
        """Ask the platform something harmless by these settings.

        Raises: AuthFailed, InputError naming the setting, or another ConnectorError.
        """


class PullsOrders(Protocol):
    """`orders.import`: orders by the time of their last change.

    Windows end two minutes before now. With `lag = timedelta(0)` they end now: for platforms that
    show a change at once, so that what a webhook told is there when it is asked for.
    """

    def pull_orders(self, call: Call, window: Window, cursor: str | None) -> Page[ExternalOrder]:
        """Return one page of the orders that changed in the window."""


class AcknowledgesOrders(Protocol):
    """`orders.acknowledge`: tell the platform that orders have arrived."""

    def acknowledge_orders(self, call: Call, order_ids: Sequence[str]) -> Sequence[PushResult]:
        """Return what became of each; the key is the order's id."""


class ConfirmsShipments(Protocol):
    """`shipments.export`: tell the platform what left.

    With `line_of(payload)` a connector says what the platform calls the line of an order of which
    that is the payload, as `ExternalLine.external_id` has it: then it is told by itself what left.
    """

    def confirm_shipments(self, call: Call, shipments: Sequence[Shipment]) -> Sequence[PushResult]:
        """Return what became of each."""


class PushesStock(Protocol):
    """`stock.export`: how much of each listing is for sale.

    A connector that is told many at once, `stock_batch`, may answer with tickets. It then has
    `stock_results(call, ticket, updates)`, which returns what became of each, None while the
    platform is at work. With `compares_stock = True` the platform changes a number only if it is
    the one expected: each update then has that in `expected` where it is known, and a refusal tells
    what is there.
    """

    def push_stock(self, call: Call, updates: Sequence[StockUpdate]) -> Sequence[PushResult]:
        """Return what became of each."""


class ReadsStock(Protocol):
    """`stock.read`: how much of each listing the platform shows."""

    def read_stock(self, call: Call, listings: Sequence[str]) -> Sequence[StockSeen]:
        """Return what is shown of each listing that the platform knows."""


class ReadsOffers(Protocol):
    """`offers.read`: what others ask for what the account offers."""

    def read_offers(self, call: Call, listings: Sequence[str]) -> Sequence[OffersSeen]:
        """Return what is offered beside each listing that the platform knows."""


class ReadsPayouts(Protocol):
    """`payouts.read`: what the platform pays to the bank."""

    def read_payouts(self, call: Call, since: datetime) -> Sequence[PayoutSeen]:
        """Return what is going to be paid, then what was since a moment."""


class BeginsPayouts(Protocol):
    """`payouts.export`: have the platform pay to the bank now what it owes.

    It has `read_payouts` too, by which one without an answer is looked up.
    """

    def begin_payout(self, call: Call, key: str) -> PushResult:
        """Begin a payout of all that can be paid, once; the answer's ticket names it there.

        `key` is our name for the wish. Raises: OutcomeUnknown, or another ConnectorError when
        nothing was begun.
        """


class PushesPrices(Protocol):
    """`prices.export`: what each listing costs."""

    def push_prices(self, call: Call, updates: Sequence[PriceUpdate]) -> Sequence[PushResult]:
        """Return what became of each."""


class PullsListings(Protocol):
    """`listings.import`: what the account offers."""

    def pull_listings(
        self, call: Call, window: Window, cursor: str | None
    ) -> Page[ExternalListing]:
        """Return one page of listings."""


class PublishesListings(Protocol):
    """`listings.export`: offer what is not offered yet, or change all of an offer."""

    def publish_listing(self, call: Call, draft: ListingDraft, *, preview: bool) -> ListingVerdict:
        """Return what the platform says of a draft; with `preview` nothing is changed there."""


class AnswersCancellations(Protocol):
    """`cancellations.export`: say to a buyer whether the order is cancelled that he wants to be.

    An order with such a request is told as `OrderStatus.CANCEL_REQUESTED`.
    """

    def answer_cancellation(self, call: Call, answer: CancelAnswer) -> PushResult:
        """Return whether the platform took the answer; the key is the order's id."""


class PullsDisputes(Protocol):
    """`disputes.import`: buyers who ask their bank or the platform for the money of an order back.

    It is asked every hour. Until one is over, it is to be told whenever it may have changed.
    """

    def pull_disputes(
        self, call: Call, window: Window, cursor: str | None
    ) -> Page[ExternalDispute]:
        """Return one page of disputes."""


class AnswersDisputes(Protocol):
    """`disputes.export`: give in to a dispute, or contest it with evidence.

    An answer is final. So it is looked up first how the dispute stands, and one that was answered
    is not answered again; what was handed in of an attempt that broke off is not handed in twice.
    """

    def answer_dispute(self, call: Call, answer: DisputeAnswer, *, preview: bool) -> DisputeVerdict:
        """Answer a dispute; with `preview` only say what would be sent, or what speaks against it.

        Raises: ConnectorError when nobody knows whether the platform took it.
        """


class PullsReturns(Protocol):
    """`returns.import`: what buyers send back."""

    def pull_returns(self, call: Call, window: Window, cursor: str | None) -> Page[ExternalReturn]:
        """Return one page of returns."""


class PullsSettlements(Protocol):
    """`settlements.import`: what the platform paid out, and for what.

    A connector that has it has `open_settlements` too, which reads the documents.
    """

    def pull_settlements(
        self, call: Call, window: Window, cursor: str | None
    ) -> Page[ExternalSettlement]:
        """Return one page of the settlements that were published in the window.

        A page is stored and booked before the next one is asked for: small ones lose little.
        """


class PullsHeldMoney(Protocol):
    """`held.import`: what the platform owes, and holds back for a while."""

    def pull_held(self, call: Call, window: Window, cursor: str | None) -> Page[HeldMoney]:
        """Return one page of all that is held back at the end of the window.

        All pages together must be the whole: what is not told any more was released.
        """


class PullsStoredGoods(Protocol):
    """`stored.import`: what lies in the platform's own warehouses."""

    def pull_stored(self, call: Call, window: Window, cursor: str | None) -> Page[StoredGoods]:
        """Return one page of all that lies there now.

        All pages together must be the whole: of what is not told any more nothing is there.
        """


class PullsDocuments(Protocol):
    """`documents.import`: what the platform writes down beside orders and settlements.

    Such as goods that came back to its warehouses, what it paid for lost ones, or what ads cost.
    It is asked about once a day, and again while a page says that what follows comes `later`.
    """

    def pull_documents(
        self, call: Call, window: Window, cursor: str | None
    ) -> Page[ExternalDocument]:
        """Return one page of documents."""


class PullsMessages(Protocol):
    """`messages.import`: what buyers write."""

    def pull_messages(
        self, call: Call, window: Window, cursor: str | None
    ) -> Page[ExternalMessage]:
        """Return one page of messages."""


class SendsMessages(Protocol):
    """`messages.export`: answer buyers, in what the platform allows.

    A connector that can look whether a message was sent has `find_message(call, draft)`, which
    returns a `SentMessage`, or None when it was not: one without an answer is then looked up, and
    a person is asked about it otherwise. With `writes_first = True` buyers of orders can be written
    to who wrote nothing.
    """

    def message_kinds(self, call: Call, thread: str, order_id: str | None) -> Sequence[MessageKind]:
        """Return what may be sent now in a conversation, or about an order without one."""

    def send_message(self, call: Call, draft: MessageDraft) -> SentMessage:
        """Send a message.

        Raises: RequestRefused with the platform's reason, or another ConnectorError.
        """


class ChecksNumbers(Protocol):
    """`numbers.check`: ask a register whether a tax number is valid.

    A register that cannot say now raises Unavailable or RateLimited: the number stays as it is
    known, and is asked about again later.
    """

    def check_number(self, call: Call, question: NumberQuestion) -> NumberAnswer:
        """Return what the register says of a number."""


class SendsFulfilments(Protocol):
    """`fulfilments.export`: have somebody else's warehouse send goods to a buyer, or stop it.

    A connection that does so has a setting `stored_in`: the warehouse of our books that stands for
    theirs. What was sent `again` may be known there already: its key tells, and it is not made
    twice. That a cancellation is taken says that it was asked for; how it ended is read.
    """

    def send_fulfilment(self, call: Call, order: FulfilmentOrder, *, again: bool) -> PushResult:
        """Ask for goods to be sent; the answer's key is the order's."""

    def cancel_fulfilment(self, call: Call, key: str) -> PushResult:
        """Ask for what was not packed yet not to be sent."""

    def preview_fulfilment(self, call: Call, order: FulfilmentOrder) -> Sequence[FulfilmentOffer]:
        """Return what sending it would cost and how long it would take; nothing is asked for."""


class ReadsFulfilments(Protocol):
    """`fulfilments.import`: what became of goods that a warehouse was asked to send."""

    def read_fulfilments(self, call: Call, keys: Sequence[str]) -> Sequence[FulfilmentSeen]:
        """Return how each stands that the warehouse knows."""


class SendsInbound(Protocol):
    """`inbound.export`: goods that are sent to the platform's own warehouse.

    `inbound_acts` are the steps it has, in their order. What is asked for `again` may have been
    heard: where asking twice would do more than asking once, the connector looks first.
    """

    inbound_acts: Sequence[InboundAct]

    def ask_inbound(
        self, call: Call, plan: InboundPlan, act: InboundAct, shipment: str, *, again: bool
    ) -> InboundAnswer:
        """Ask for one step; a refusal is an answer."""

    def inbound_outcome(self, call: Call, ticket: str) -> InboundOutcome:
        """Say how far the platform is with a step."""

    def inbound_options(
        self, call: Call, plan: InboundPlan, what: str, shipment: str
    ) -> Sequence[InboundOption]:
        """Return what is offered of `what`: packing, placement, transport or window."""

    def read_inbound(self, call: Call, plan: InboundPlan) -> Sequence[InboundShipment]:
        """Return the shipments of a plan, and what of them has arrived."""

    def inbound_labels(self, call: Call, plan: InboundPlan, shipment: InboundShipment) -> str:
        """Return the address from which the labels of a shipment's boxes are fetched."""


class BuysLabels(Protocol):
    """`labels.buy`: have a parcel carried, against a label that is stuck on it.

    A marketplace sells labels for its own orders alone; with `labels_for_all = True` they are sold
    for any order. What is bought `again` may have been bought by an attempt without an answer: the
    seller is asked first, and None is returned where he cannot tell, for a person to look.
    """

    def offer_labels(self, call: Call, request: LabelRequest) -> Sequence[LabelOffer]:
        """Return which services would carry a parcel, and for how much; nothing is bought.

        Raises: RequestRefused with the seller's reason, or another ConnectorError.
        """

    def buy_label(
        self, call: Call, request: LabelRequest, offer: LabelOffer, *, again: bool
    ) -> BoughtLabel | None:
        """Buy the label of an offer.

        Raises: RequestRefused with the seller's reason, or another ConnectorError.
        """

    def fetch_label(self, call: Call, ref: str) -> BoughtLabel:
        """Return a label that was bought, once more.

        Raises: RequestRefused where the seller knows none of that name.
        """

    def void_label(self, call: Call, ref: str) -> PushResult:
        """Ask the seller to take a label back that was not used; the key is the label's name."""


PULLS: Mapping[str, tuple[str, type]] = MappingProxyType(
    {
        "orders.import": ("pull_orders", ExternalOrder),
        "listings.import": ("pull_listings", ExternalListing),
        "returns.import": ("pull_returns", ExternalReturn),
        "settlements.import": ("pull_settlements", ExternalSettlement),
        "held.import": ("pull_held", HeldMoney),
        "stored.import": ("pull_stored", StoredGoods),
        "documents.import": ("pull_documents", ExternalDocument),
        "messages.import": ("pull_messages", ExternalMessage),
        "disputes.import": ("pull_disputes", ExternalDispute),
    }
)
"""Capabilities that bring records in, each with its method and what it brings."""

PUSHES: Mapping[str, str] = MappingProxyType(
    {
        "orders.acknowledge": "acknowledge_orders",
        "shipments.export": "confirm_shipments",
        "stock.export": "push_stock",
        "prices.export": "push_prices",
    }
)
"""Capabilities that tell the platform something, each with its method."""

READS: Mapping[str, str] = MappingProxyType(
    {
        "stock.read": "read_stock",
        "offers.read": "read_offers",
        "payouts.read": "read_payouts",
        "numbers.check": "check_number",
    }
)
"""Capabilities that ask the platform what it shows, each with its method."""

WRITES: Mapping[str, str] = MappingProxyType(
    {
        "listings.export": "publish_listing",
        "cancellations.export": "answer_cancellation",
        "disputes.export": "answer_dispute",
        "payouts.export": "begin_payout",
        "inbound.export": "ask_inbound",
        "messages.export": "send_message",
    }
)
"""Capabilities that a person uses, one thing at a time, each with its method."""

FULFILS: Mapping[str, str] = MappingProxyType(
    {"fulfilments.export": "send_fulfilment", "fulfilments.import": "read_fulfilments"}
)
"""Capabilities of those who keep a warehouse for others, each with its method."""

SELLS: Mapping[str, str] = MappingProxyType({"labels.buy": "buy_label"})
"""Capabilities of those who sell something to a seller, each with its method."""


def capabilities_of(connector: object) -> frozenset[str]:
    """Return the capabilities whose methods a connector has; files of orders are a way too."""
    methods: dict[str, tuple[str, ...]] = {name: (way,) for name, (way, _) in PULLS.items()}
    methods |= {
        name: (method,)
        for known in (PUSHES, READS, WRITES, FULFILS, SELLS)
        for name, method in known.items()
    }
    methods["orders.import"] = ("pull_orders", "open_orders")
    methods["settlements.import"] = ("pull_settlements", "open_settlements")
    return frozenset(
        name
        for name, ways in methods.items()
        if any(callable(getattr(connector, way, None)) for way in ways)
    )
