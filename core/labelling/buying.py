"""Buying labels: offers are looked at first, what is chosen is committed, then bought once.

What is to be bought is written down under a key of its own before anybody is asked. One process at
a time buys for a connection, each label outside of any transaction. What was begun by one that
died, or got no answer, may have been bought: the seller is asked before it is said again, and where
he cannot tell, a person looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import httpx2
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.channels.calling import as_addon
from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.calling import is_passing
from core.channels.calling import noting_failure
from core.channels.capabilities import Call
from core.channels.labels import BoughtLabel
from core.channels.labels import LabelOffer
from core.channels.labels import LabelRequest
from core.errors import ConnectorError
from core.errors import EntrepotError
from core.errors import InputError
from core.errors import NotFound
from core.errors import OutcomeUnknown
from core.identity.deeds import say
from core.ids import next_id
from core.kernel.connection_states import note_success
from core.kernel.connections import ConnectionInfo
from core.kernel.jobs import enqueue
from core.kernel.kernel import Kernel
from core.kernel.leases import Grant
from core.kernel.leases import held
from core.labelling.asking import BUYING
from core.labelling.asking import METHOD
from core.labelling.asking import REFUSED
from core.labelling.asking import UNKNOWN
from core.labelling.asking import WAITING
from core.labelling.asking import Wanted
from core.labelling.asking import again as asked_before
from core.labelling.asking import lines_of
from core.labelling.asking import named
from core.labelling.asking import wanted
from core.labelling.keeping import keep_bought
from core.labelling.models import Label
from core.money import minor_digits
from core.orders.models import Order
from core.orders.record import Actor
from core.orders.record import Record

BUY_TASK = "labelling.buy"
LEASE_SECONDS = 300.0
MAX_TEXT = 2000
SELLS_NONE = "sells no labels"


@dataclass(frozen=True, slots=True)
class Offers:
    """What a seller offers for a parcel, and of which connection and from where it was asked."""

    connection: str
    warehouse_id: int
    parcel: Mapping[str, int]
    offers: Sequence[LabelOffer]


@dataclass(slots=True)
class Settled:
    """How many labels were bought, refused, and left for a person to look after."""

    bought: int = 0
    refused: int = 0
    unknown: int = 0

    def as_json(self) -> dict[str, int]:
        """Return it as the command line shows it."""
        return asdict(self)


def offers_for(
    kernel: Kernel,
    company_id: int,
    order_id: int,
    *,
    size: Mapping[str, int | None],
    warehouse: str = "",
    seller: str = "",
    transport: httpx2.BaseTransport | None = None,
) -> Offers:
    """Return which labels could be bought for what has still to leave of an order; none is.

    Raises: what `wanted` raises, ConnectorError as the connector raised it, AddonFailed.
    """
    # What is promised to an order is read with its rows locked, for which a reading session is not.
    with kernel.db.write() as session:
        found = wanted(session, company_id, order_id, size=size, warehouse=warehouse, seller=seller)
    connector = connector_with(kernel, found.connection, METHOD, SELLS_NONE)
    request = named(kernel, connector, found)
    with calling(kernel, found.connection, connector, transport) as call:  # noqa: SIM117
        with as_addon(kernel, found.connection.addon, "connector:offer_labels", "Ask again."):
            offers: Sequence[LabelOffer] = connector.offer_labels(call, request)
    return Offers(found.connection.label, found.warehouse_id, asdict(request.parcel), offers)


def order_label(
    session: Session,
    company_id: int,
    order_id: int,
    offer: LabelOffer,
    actor: Actor,
    *,
    size: Mapping[str, int | None],
    warehouse: str = "",
    seller: str = "",
) -> Label:
    """Decide on an offer: it is bought after the caller's commit, once.

    Raises: what `wanted` raises, InputError for an offer that is none.
    """
    _require_offer(offer)
    # Two at a time for one order wait for each other: the second sees what the first decided.
    order = session.scalars(
        sa.select(Order)
        .where(Order.company_id == company_id, Order.id == order_id)
        .with_for_update()
    ).one_or_none()
    if order is None:
        raise NotFound("There is no such order.")
    found = wanted(session, company_id, order_id, size=size, warehouse=warehouse, seller=seller)
    new = next_id(session)
    label = Label(
        company_id=company_id, id=new, order_id=order_id, warehouse_id=found.warehouse_id,
        connection_id=found.connection.id, key=_key(new, order), state=WAITING,
        lines=lines_of(found), parcel=asdict(found.request.parcel), offer=asdict(offer), ref="",
        carrier=offer.carrier, service=offer.name or offer.service, tracking="", price=offer.price,
        currency=offer.currency or order.currency, booked=0, reason="", made_by=actor.name,
        created_at=clock.now(), attempts=0,
    )  # fmt: skip
    session.add(label)
    session.flush()
    facts: dict[str, object] = {
        "service": label.service,
        "carrier": label.carrier,
        "key": label.key,
    }
    facts |= {"price": offer.price, "currency": label.currency} if offer.price is not None else {}
    say(session, company_id, "label.ordered", f"order:{order_id}", after=facts, by=actor.name)
    wake(session, found.connection.id, company_id)
    return label


def wake(session: Session, connection_id: int, company_id: int) -> None:
    """Have the job run that buys what was decided on."""
    enqueue(
        session,
        BUY_TASK,
        {},
        unique=str(connection_id),
        connection_id=connection_id,
        company_id=company_id,
    )


def buy_waiting(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    transport: httpx2.BaseTransport | None = None,
) -> Settled:
    """Buy the labels of a connection that were decided on.

    Raises: Conflict when another process is at it, ConnectorError, AddonFailed; what was bought is
    kept, and the rest is bought, or looked up, by the next run.
    """
    connector = connector_with(kernel, connection, METHOD, SELLS_NONE)
    settled = Settled()
    with (
        held(kernel.db, f"labelling:{connection.id}", LEASE_SECONDS) as grant,
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
    ):
        while (claimed := _claim(kernel, connection, grant)) is not None:
            state = _buy(kernel, connector, call, claimed, grant)
            setattr(settled, state, getattr(settled, state) + 1)
            grant.renew()
    with kernel.db.write() as session:
        note_success(session, connection)
    return settled


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A label that is to be bought; `again` may have been bought already."""

    id: int
    wanted: Wanted
    offer: LabelOffer
    again: bool


def _claim(kernel: Kernel, connection: ConnectionInfo, grant: Grant) -> _Claimed | None:
    """Take the next label, first what one that died may have bought already."""
    with kernel.db.write() as session:
        grant.require(session)
        row = session.scalars(
            sa.select(Label)
            .where(
                Label.company_id == connection.company_id,
                Label.connection_id == connection.id,
                Label.state.in_((BUYING, WAITING)),
            )
            .order_by(Label.state, Label.id)
            .limit(1)
            .with_for_update()
        ).one_or_none()
        if row is None:
            return None
        before = row.state == BUYING
        row.state, row.attempts, row.row_version = BUYING, row.attempts + 1, row.row_version + 1
        return _Claimed(row.id, asked_before(session, row), LabelOffer(**row.offer), before)


def _buy(kernel: Kernel, connector: Any, call: Call, claimed: _Claimed, grant: Grant) -> str:
    """Buy one label, keep what became of it, and return that."""
    request = named(kernel, connector, claimed.wanted)
    try:
        made = _asked(kernel, connector, call, claimed, request)
    except ConnectorError as error:
        if is_passing(error) or isinstance(error, OutcomeUnknown):
            raise
        _keep_refusal(kernel, claimed, grant, _said(error))
        return REFUSED
    with kernel.db.write() as session:
        grant.require(session)
        label = locked(session, call.connection.company_id, claimed.id)
        label.row_version += 1
        if made is None:
            label.state = UNKNOWN
            return UNKNOWN
        keep_bought(session, label, made, charged=claimed.wanted.charged)
    return "bought"


def _asked(
    kernel: Kernel, connector: Any, call: Call, claimed: _Claimed, request: LabelRequest
) -> BoughtLabel | None:
    addon = call.connection.addon
    with as_addon(kernel, addon, "connector:buy_label", "Look whether it was bought."):
        made: BoughtLabel | None = connector.buy_label(
            call, request, claimed.offer, again=claimed.again
        )
    return made


def _keep_refusal(kernel: Kernel, claimed: _Claimed, grant: Grant, reason: str) -> None:
    with kernel.db.write() as session:
        grant.require(session)
        company_id = claimed.wanted.connection.company_id
        label = locked(session, company_id, claimed.id)
        label.state, label.reason = REFUSED, reason[:MAX_TEXT]
        label.row_version += 1
        record = Record(session, company_id, Actor(claimed.wanted.connection.label))
        record.event(label.order_id, "label_refused", service=label.service)
        record.write()


def locked(session: Session, company_id: int, label_id: int) -> Label:
    """Return a label, locked until the transaction ends."""
    query = sa.select(Label).where(Label.company_id == company_id, Label.id == label_id)
    return session.scalars(query.with_for_update()).one()


def _said(error: EntrepotError) -> str:
    return f"{error.message} {error.hint}".strip()


def _key(number: int, order: Order) -> str:
    """Return what a label is known by: it tells two databases apart."""
    owner = f"{order.platform}/{order.account}/{order.external_ref}"
    return f"L{number}-{blake2b(owner.encode(), digest_size=4).hexdigest()}"


def _require_offer(offer: LabelOffer) -> None:
    if not offer.service.strip():
        raise InputError(
            "No service was chosen.", where="service", hint="Ask for offers, and name one of them."
        )
    if offer.price is not None and offer.price < 0:
        raise InputError("A label costs nothing less than nothing.", where="price")
    if offer.price is not None:
        minor_digits(offer.currency)
