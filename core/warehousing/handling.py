"""What is done to goods within a warehouse: adjusted for a reason, sorted, relabelled."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import uuid4

from sqlalchemy.orm import Session

from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.identity.deeds import part_of_another
from core.ledger.models import Account
from core.ledger.models import Posting
from core.money import amount_of
from core.stock.booking import postings_of
from core.stock.states import DocumentState
from core.stock.storing import SELLABLE
from core.stock.warehouses import CONDITIONS
from core.warehousing.floor import Floor
from core.warehousing.floor import Spot
from core.warehousing.floor import require_new
from core.warehousing.floor import skus_named
from core.warehousing.floor import warehouse_named
from core.warehousing.timeline import note

GAINS: Mapping[str, str] = MappingProxyType({"found": "5130", "correction": "5130"})
LOSSES: Mapping[str, str] = MappingProxyType(
    {
        "lost": "5110",
        "damaged": "5100",
        "expired": "5100",
        "correction": "5130",
        "sample": "7050",
    }
)
"""Reasons of an adjustment, each with the account that bears it."""


@dataclass(frozen=True, slots=True)
class Goods:
    """How much of a SKU in one warehouse and condition."""

    warehouse: str
    sku: str
    quantity: int
    condition: str = SELLABLE


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something, why, and when; the same `key` is acted upon once."""

    actor: str = ""
    text: str = ""
    key: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Handled:
    """What an act did: its document, and the cost of the goods in minor units."""

    document_id: int
    quantity: int
    value: int


def adjust(
    session: Session,
    company_id: int,
    goods: Goods,
    reason: str,
    act: Act,
    *,
    unit_cost: int | None = None,
) -> Handled:
    """Take goods in (positive) or off (negative) for a reason; `unit_cost` in millionths.

    A gain without a cost comes in at the last known one. What is taken off may be promised: then
    promises are broken visibly, since goods that are not there cannot be sent.

    Raises: InputError for a reason or condition that is not known, Conflict if less lies there.
    """
    account = _account(goods.quantity, reason)
    floor, spot, event = _begin(session, company_id, goods, act, "adjustment")
    sku_id = skus_named(session, company_id, [goods.sku])[goods.sku]
    stock, why = floor.at_spot(spot), floor.why(reason, spot, sku_id)
    if goods.quantity > 0 and unit_cost is not None:
        value = amount_of(goods.quantity, unit_cost, floor.currency)
        stock.receive(event.id, event.happened_at, sku_id, goods.quantity, value, why)
    elif goods.quantity > 0:
        value = stock.find(event.id, event.happened_at, sku_id, goods.quantity, why)
    else:
        require_there(stock.on_hand(sku_id), -goods.quantity, goods.sku)
        value = -stock.write_off(event.id, event.happened_at, None, sku_id, -goods.quantity, why)
    entry = floor.entry(event, "stock_adjustment", act.text or f"Stock adjustment, {reason}")
    entry.add(floor.account(spot), value, floor.where(spot, sku_id))
    entry.add(account, -value, floor.where(spot, sku_id))
    floor.write()
    facts = {"quantity": goods.quantity, "reason": reason, "text": act.text}
    note(session, company_id, "sku", sku_id, "adjusted", act.actor, document=event.id, **facts)
    return Handled(event.id, goods.quantity, value)


def change_condition(
    session: Session, company_id: int, goods: Goods, condition: str, act: Act
) -> Handled:
    """Sort goods into another condition within their warehouse; their layers go along.

    Raises: Conflict if less than that is free.
    """
    if goods.condition == _condition(condition):
        raise InputError("the goods are in that condition already.", where="condition")
    require_positive(goods.quantity)
    floor, here, leaving = _begin(session, company_id, goods, act, "condition_out", condition)
    sku_id = skus_named(session, company_id, [goods.sku])[goods.sku]
    there = Spot(here.warehouse_id, condition)
    coming = floor.document(there, "condition_in", leaving.natural_key)
    parts = floor.at_spot(here).take_out(
        leaving.id, sku_id, goods.quantity, floor.why(condition, here, sku_id)
    )
    why = floor.why(goods.condition, there, sku_id)
    floor.at_spot(there).bring_in(coming.id, sku_id, parts, why)
    floor.write()
    facts: dict[str, object] = {"before": goods.condition, "after": condition, "text": act.text}
    facts |= {"quantity": goods.quantity, "document": leaving.id}
    note(session, company_id, "sku", sku_id, "sorted", act.actor, **facts)
    return Handled(leaving.id, goods.quantity, sum(part.value for part in parts))


def relabel(session: Session, company_id: int, goods: Goods, new_sku: str, act: Act) -> Handled:
    """Let goods of one SKU become goods of another; cost and age go along.

    Raises: Conflict if less than that is free.
    """
    if goods.sku == new_sku:
        raise InputError("the goods bear that label already.", where="new SKU")
    require_positive(goods.quantity)
    skus = skus_named(session, company_id, [goods.sku, new_sku])
    floor, spot, event = _begin(session, company_id, goods, act, "relabel", more=skus.values())
    stock, before, after = floor.at_spot(spot), skus[goods.sku], skus[new_sku]
    parts = stock.take_out(event.id, before, goods.quantity, floor.why("relabel", spot, before))
    stock.bring_in(event.id, after, parts, floor.why("relabel", spot, after))
    value = sum(part.value for part in parts)
    entry = floor.entry(event, "relabel", act.text or f"Relabelled from {goods.sku} to {new_sku}")
    entry.add(floor.account(spot), -value, floor.where(spot, before))
    entry.add(floor.account(spot), value, floor.where(spot, after))
    floor.write()
    facts: dict[str, object] = {"sku": goods.sku, "new_sku": new_sku, "text": act.text}
    facts |= {"quantity": goods.quantity, "document": event.id}
    note(session, company_id, "sku", before, "relabelled", act.actor, **facts)
    with part_of_another():
        note(session, company_id, "sku", after, "relabelled", act.actor, **facts)
    return Handled(event.id, goods.quantity, value)


def turn_up(session: Session, company_id: int, goods: Goods, lost_by: int, act: Act) -> Handled:
    """Take goods back in that were written off and turned up, at the cost they had.

    `lost_by` is the document of the loss; the account that bore it is relieved.

    Raises: NotFound for a document that is no loss, InputError for more than it took off.
    """
    require_positive(goods.quantity)
    sku_id = skus_named(session, company_id, [goods.sku])[goods.sku]
    account = _account_of_loss(session, company_id, lost_by, sku_id)
    floor, spot, event = _begin(session, company_id, goods, act, "turned_up")
    why = floor.why("found", spot, sku_id)
    found, value = floor.at_spot(spot).turn_up(event.id, lost_by, sku_id, goods.quantity, why)
    if found < goods.quantity:
        raise InputError(
            f"document {lost_by} took {found} of {goods.sku} off that have not turned up yet.",
            where="quantity",
            hint="Book what is more as an adjustment with the reason `found`.",
        )
    entry = floor.entry(event, "stock_adjustment", act.text or "Goods turned up again")
    entry.add(floor.account(spot), value, floor.where(spot, sku_id))
    entry.add(account, -value, floor.where(spot, sku_id))
    floor.write()
    facts = {"quantity": found, "reason": "turned up", "text": act.text, "loss": lost_by}
    note(session, company_id, "sku", sku_id, "adjusted", act.actor, document=event.id, **facts)
    return Handled(event.id, found, value)


def _account_of_loss(session: Session, company_id: int, document_id: int, sku_id: int) -> str:
    bears = Account.profit_line.is_not(None) & (Posting.sku_id == sku_id)
    found = postings_of(session, company_id, [document_id], bears)
    if not found:
        raise NotFound(
            f"Document {document_id} took nothing of that SKU off.",
            hint="The SKU's timeline shows the documents of its losses.",
        )
    account: str = found[0][2]
    return account


def _begin(
    session: Session,
    company_id: int,
    goods: Goods,
    act: Act,
    kind: str,
    condition: str | None = None,
    more: Iterable[int] = (),
) -> tuple[Floor, Spot, DocumentState]:
    """Lock what is concerned, and begin the event.

    Raises: Conflict if the act was done already.
    """
    key = act.key or uuid4().hex
    require_new(session, company_id, kind, key)
    place = warehouse_named(session, company_id, goods.warehouse).id
    skus = {*skus_named(session, company_id, [goods.sku]).values(), *more}
    spots = {Spot(place, _condition(each)) for each in (goods.condition, condition) if each}
    floor = Floor(session, company_id, act.at)
    floor.lock(dict.fromkeys(spots, skus))
    spot = Spot(place, goods.condition)
    return floor, spot, floor.document(spot, kind, key)


def require_there(on_hand: int, quantity: int, sku: str) -> None:
    """Refuse to take off more than lies there: the books cannot lose what they do not hold."""
    if quantity > on_hand:
        raise Conflict(
            f"{quantity} of {sku} are to be taken off, {on_hand} lie there.",
            hint="Look at its last moves: it may have left meanwhile.",
        )


def require_positive(quantity: int) -> None:
    """Refuse a quantity that is not at least one."""
    if quantity < 1:
        raise InputError("it must be at least 1.", where="quantity")


def _account(quantity: int, reason: str) -> str:
    reasons = GAINS if quantity > 0 else LOSSES
    if quantity == 0:
        raise InputError("it must not be 0.", where="quantity")
    if reason not in reasons:
        raise InputError(
            f"{reason!r} is no reason for this.",
            where="reason",
            hint=f"Known: {', '.join(reasons)}.",
        )
    return reasons[reason]


def _condition(condition: str) -> str:
    if condition not in CONDITIONS:
        raise InputError(
            f"{condition!r} is no condition of goods.",
            where="condition",
            hint=f"Known: {', '.join(CONDITIONS)}.",
        )
    return condition
