"""What a connector hands over the border: frozen facts, with exact money and aware time.

A platform's documents are read into these by pure functions, so that the same document always
gives the same facts. What cannot be read is kept beside the rest with its reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from datetime import datetime
from decimal import Decimal
from decimal import InvalidOperation
from enum import StrEnum
from typing import Any
from typing import Generic
from typing import TypeVar
from zoneinfo import ZoneInfo

from core.channels.connector import LineKind
from core.channels.connector import ShopFacts
from core.channels.told_tax import TaxTold
from core.errors import InputError
from core.errors import MappingError
from core.money import to_minor

Record = TypeVar("Record")

MOST = 10**12
"""No amount of an order is as large; sums of such amounts fit into the database."""


class OrderStatus(StrEnum):
    """How far an order is, as the platform tells it.

    A pending order is not paid or has no prices yet: it is kept as received and derived later. One
    whose buyer asked to cancel it stays as it is, and nothing of it leaves, until that is decided.
    """

    PENDING = "pending"
    UNSHIPPED = "unshipped"
    CANCEL_REQUESTED = "cancel_requested"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ExternalLine:
    """One line of an order or of a refund; `net` in minor units for the whole quantity.

    Signed as the seller sees it: in a refund quantity and net are negative. `cancelled` is how
    much of the quantity will never be sent. `tax` is the platform's own figure of the tax on `net`.
    """

    external_id: str
    kind: LineKind
    code: str
    title: str
    quantity: int
    net: int
    cancelled: int = 0
    payload: str = field(default="{}", repr=False)
    tax: int | None = None

    @property
    def kept(self) -> int:
        """Return the quantity that was not cancelled."""
        return self.quantity - self.cancelled


@dataclass(frozen=True, slots=True)
class ExternalRefund:
    """Money, and perhaps goods, that went back to the buyer of an order."""

    external_id: str
    refunded_at: datetime
    lines: tuple[ExternalLine, ...]


@dataclass(frozen=True, slots=True)
class ExternalOrder:
    """An order as the platform tells it in one version; amounts in minor units without tax.

    `total` is the platform's own figure for the lines as ordered, so that a line that was
    overlooked is noticed. `payload` is the document as received without personal data, which
    stands in `personal` and is stored encrypted. `buyer_ref` is the platform's pseudonym, `service`
    how the buyer wants it sent, in the platform's words. `stored` says that the platform sends it
    from its own warehouse: it is derived once it has left there. `tax` is what its
    tax depends on.
    """

    external_id: str
    updated_at: datetime
    status: OrderStatus
    ordered_at: datetime
    shop: ShopFacts
    currency: str
    country: str
    lines: tuple[ExternalLine, ...]
    total: int
    refunds: tuple[ExternalRefund, ...] = ()
    buyer_ref: str | None = None
    service: str | None = None
    stored: bool = False
    payload: str = field(default="{}", repr=False)
    personal: Mapping[str, str] = field(default_factory=dict, repr=False)
    tax: TaxTold | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A document that has no certain meaning; `reason` is for a person."""

    external_id: str
    reason: str
    payload: str = field(default="{}", repr=False)


@dataclass(frozen=True, slots=True)
class ExternalListing:
    """An item that the account offers on the platform."""

    external_ref: str
    title: str
    price: int | None = None
    currency: str = ""
    quantity: int | None = None
    updated_at: datetime | None = None


class ReturnState(StrEnum):
    """How far a return is, as the platform tells it.

    A closed one is done for the platform, whether or not goods came; of a cancelled one none will.
    """

    REQUESTED = "requested"
    COMING = "coming"
    DELIVERED = "delivered"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ExternalReturn:
    """Goods that a buyer sends back, whether or not they have arrived.

    `line_id` is the line of the order as `ExternalLine.external_id` names it, empty where the
    platform does not say. `reason` is the platform's word and tells of no person. `announced_at`
    is when the buyer asked for it.
    """

    external_id: str
    order_id: str
    code: str
    quantity: int
    reason: str
    updated_at: datetime
    line_id: str = ""
    state: ReturnState = ReturnState.COMING
    tracking: str = ""
    announced_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ExternalSettlement:
    """A settlement as the platform publishes it: a document that `open_settlements` reads.

    Fetched or downloaded by a person, it is read in one way and counts once. `external_id` names
    the document, `content` is what was received; what is packed by gzip is unpacked.
    """

    external_id: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PayoutSeen:
    """What a platform pays to the bank: paid, on its way, or still to come.

    One that is to come has no `external_id`, and perhaps no amount yet. `status` is the platform's
    own word, `kind` its name for the seller's account, `account_tail` the end of the bank account's
    number, `settlements` what it pays, `reason` why it failed. `on_demand` is one that the seller
    asked for.
    """

    external_id: str
    status: str
    amount: int | None
    currency: str
    at: datetime | None
    kind: str = ""
    account_tail: str = ""
    settlements: tuple[str, ...] = ()
    reason: str = ""
    on_demand: bool = False


@dataclass(frozen=True, slots=True)
class StoredGoods:
    """What of a listing lies in the platform's own warehouses; `inbound` is on its way there.

    `sellable` is all that is fit for sale, promised to buyers or not.
    """

    external_ref: str
    sellable: int
    damaged: int = 0
    inbound: int = 0


@dataclass(frozen=True, slots=True)
class HeldMoney:
    """What a platform owes for an event and holds back, such as until the buyer has his goods.

    `external_id` is the platform's name for it, empty where a file tells none. `kind` is the word
    of its settlements, `released` says that it is held no more. Positive is money for the seller.
    """

    external_id: str
    kind: str
    order_id: str
    posted_at: datetime
    amount: int
    currency: str
    reason: str = ""
    releases_at: datetime | None = None
    released: bool = False


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A row of a document as it was received; `ref` is what it is about, such as an order.

    The same row of the same `ref` is the same fact, however often and by which document it comes.
    """

    ref: str
    cells: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class CostWeight:
    """How much of a cost of a month a seller's code bears, in millionths of any unit."""

    month: date
    code: str
    weight: int


@dataclass(frozen=True, slots=True)
class ExternalDocument:
    """What a platform writes down beside orders and settlements, read and without personal data.

    With `weighs`, such as ads or storage, it says for which goods a cost of the account was: a
    month's weights are whole, and stand in place of what was told of the same codes before.
    """

    external_id: str
    kind: str
    rows: Sequence[DocumentRow] = field(repr=False)
    weighs: str = ""
    weights: Sequence[CostWeight] = field(default=(), repr=False)


class Direction(StrEnum):
    """Who wrote a message: the buyer, the seller, or the platform itself."""

    IN = "in"
    OUT = "out"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class MessageKind:
    """What a platform lets a seller send in a conversation or about an order.

    `code` is the platform's word for it. Of a text it takes `most` characters; 0 is for a message
    whose words are the platform's own, such as a request for a review.
    """

    code: str = "text"
    title: str = ""
    most: int = 2000


@dataclass(frozen=True, slots=True)
class ExternalMessage:
    """A message of a conversation; `text` is personal data and stored as such.

    `thread` is the platform's name of the conversation. `buyer_ref` is the pseudonym that the
    buyer has in orders too, by which a conversation without `order_id` finds its order.
    `answer_by` is until when the platform wants an answer. `allows` says what may be answered;
    None where only `message_kinds` can tell.
    """

    external_id: str
    thread: str
    sent_at: datetime
    text: str = field(repr=False)
    order_id: str | None = None
    direction: Direction = Direction.IN
    kind: str = "text"
    buyer_ref: str | None = None
    listing: str = ""
    answer_by: datetime | None = None
    allows: tuple[MessageKind, ...] | None = None


@dataclass(frozen=True, slots=True)
class MessageDraft:
    """A message to be sent: into the conversation `thread`, or about an order that has none yet.

    `key` is the same at every attempt; `begun_at` is when the first may have been.
    """

    key: str
    kind: str
    text: str = field(repr=False)
    thread: str = ""
    order_id: str | None = None
    begun_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SentMessage:
    """What a platform calls a message that it has taken; without a name, nobody can look it up."""

    external_id: str = ""
    sent_at: datetime | None = None


# Without slots: typing marks a generic alias on the object that it makes.
@dataclass(frozen=True)
class Page(Generic[Record]):
    """One answer to a question that may need several; without `next_cursor` it is the last.

    With `later` the platform is still at work on what follows: a later run asks for it.
    """

    records: Sequence[Record | Rejected]
    next_cursor: str | None = None
    later: bool = False


OrderPage = Page[ExternalOrder]


@dataclass(frozen=True, slots=True)
class Window:
    """What was changed from `since` (None: ever) to `until`."""

    since: datetime | None
    until: datetime


@dataclass(frozen=True, slots=True)
class StockUpdate:
    """How much of a listing shall be for sale; `key` names this very change for the platform.

    `expected` is what the platform is believed to show, for those that change a number only if it
    is that one; None where that is not known, or the platform has no such thing.

    Raises: InputError for a quantity that is negative or no whole number.
    """

    external_ref: str
    quantity: int
    key: str
    location: str = ""
    expected: int | None = None

    def __post_init__(self) -> None:
        whole = isinstance(self.quantity, int) and not isinstance(self.quantity, bool)
        if not whole or self.quantity < 0:
            raise InputError(
                f"{self.quantity!r} is no quantity that can be for sale.",
                where=self.external_ref,
                hint="Give a whole number, 0 or more.",
            )


@dataclass(frozen=True, slots=True)
class StockSeen:
    """How much of a listing a platform shows to its buyers."""

    external_ref: str
    quantity: int


@dataclass(frozen=True, slots=True)
class OffersSeen:
    """What buyers can have an item for, delivered, that the account offers by a listing.

    In minor units: the `lowest` offer of new goods, and the `featured` one that the platform shows
    first; None where there is none. Each may be our own.
    """

    external_ref: str
    currency: str
    lowest: int | None
    lowest_is_ours: bool
    featured: int | None
    featured_is_ours: bool


@dataclass(frozen=True, slots=True)
class PriceUpdate:
    """What a listing shall cost, in minor units."""

    external_ref: str
    price: int
    currency: str
    key: str


@dataclass(frozen=True, slots=True)
class ListingDraft:
    """A listing as it shall be: `kind` is the platform's kind of product, as are the attributes."""

    external_ref: str
    kind: str
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ListingVerdict:
    """What a platform says of a draft: `issues` are its words, those of a draft it takes too."""

    external_ref: str
    taken: bool
    issues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CancelAnswer:
    """What a buyer is told who wants to cancel an order; `reason` says why not."""

    order_id: str
    granted: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Shipment:
    """A parcel that left, with the lines of the order that are in it."""

    order_id: str
    carrier: str
    tracking: str
    shipped_at: datetime
    lines: Mapping[str, int]
    key: str


@dataclass(frozen=True, slots=True)
class PushResult:
    """What became of one update: taken, or refused for a reason.

    `confirmed` is what the platform says that it holds now, where it says so; with a refusal, that
    it held another number than was expected. With a `ticket` it has only been taken in: what became
    of it is told later.
    """

    key: str
    taken: bool
    reason: str = ""
    confirmed: int | None = None
    ticket: str = ""


def money(value: object, currency: str, *, path: str) -> int:
    """Return an amount of a document in minor units, exactly.

    Raises: MappingError for a float, for text that is no number, for too many digits.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise MappingError(path, value, hint="Read JSON with read_json: it keeps every digit.")
    try:
        amount = Decimal(value)
        if not amount.is_finite() or abs(amount) >= MOST:
            raise MappingError(path, value)
        return to_minor(amount, currency)
    except (InvalidOperation, InputError) as error:
        raise MappingError(path, value) from error


def moment(value: object, *, path: str, timezone: str | None = None) -> datetime:
    """Return a moment of a document; one without offset needs the zone that it is told in.

    Raises: MappingError when it is no moment, or could be several.
    """
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise MappingError(path, value) from error
    if found.tzinfo is None:
        if timezone is None:
            raise MappingError(path, value, hint="It has no offset, and no zone was named for it.")
        found = found.replace(tzinfo=ZoneInfo(timezone))
    return found


def choice(value: object, meanings: Mapping[str, Record], *, path: str) -> Record:
    """Return what a code means.

    Raises: MappingError for a code that is not listed: a guess would be booked as a fact.
    """
    if not isinstance(value, str) or value not in meanings:
        raise MappingError(path, value)
    return meanings[value]


def read_json(text: str | bytes) -> Any:
    """Return a JSON document whose numbers with a point are `Decimal`.

    Raises: MappingError when it is no JSON.
    """
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError as error:
        raise MappingError(
            "body",
            bytes(str(text), "utf-8")[:80].decode("utf-8", "replace"),
            hint="The platform's answer is no JSON.",
        ) from error


def write_json(document: object) -> str:
    """Return a document as the JSON text that is kept as its payload."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, default=str)


def read_each(
    documents: Iterable[Mapping[str, Any]],
    read: Callable[[Mapping[str, Any]], Record],
    *,
    key: str,
) -> list[Record | Rejected]:
    """Read documents; those without a certain meaning are kept with the reason, none is lost."""
    records: list[Record | Rejected] = []
    for document in documents:
        try:
            records.append(read(document))
        except (MappingError, LookupError, TypeError, ValueError) as error:
            reason = (
                str(error)
                if isinstance(error, MappingError)
                else f"The document is not as expected: {type(error).__name__}: {error}."
            )
            records.append(Rejected(str(document.get(key, "")), reason))
    return records
