"""Keeping what was bought: the number of the parcel, the file, and what it costs."""

from __future__ import annotations

from sqlalchemy.orm import Session

from core import clock
from core.channels.labels import BoughtLabel
from core.errors import Unresolved
from core.identity.deeds import say
from core.labelling.asking import BOUGHT
from core.labelling.booking import book_label
from core.labelling.files import keep_file
from core.labelling.models import Label
from core.orders.record import Actor
from core.orders.record import Record

UNBOOKED = "Its cost is not booked: {} Enter it with `entrepot expense add` for this order."


def keep_bought(session: Session, label: Label, made: BoughtLabel, *, charged: bool) -> None:
    """Keep a label that was bought, whose money is spent: whatever else fails, it is kept."""
    label.state, label.bought_at, label.reason = BOUGHT, clock.now(), ""
    label.ref, label.tracking = made.ref, made.tracking
    label.carrier = made.carrier or label.carrier
    if made.price is not None:
        label.price, label.currency = made.price, made.currency
    if made.content:
        keep_file(session, label, made.content, made.kind)
    try:
        with session.begin_nested():
            book_label(session, label, charged=charged)
    except Unresolved as error:
        label.reason = UNBOOKED.format(error.message)
    record = Record(session, label.company_id, Actor(label.made_by))
    record.event(label.order_id, "label_bought", tracking=label.tracking)
    record.write()
    facts: dict[str, object] = {"key": label.key, "ref": label.ref, "service": label.service}
    facts |= {"price": label.price, "currency": label.currency} if label.price is not None else {}
    say(session, label.company_id, "label.bought", f"order:{label.order_id}", after=facts,
        by=label.made_by)  # fmt: skip
