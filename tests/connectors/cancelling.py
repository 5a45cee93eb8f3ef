"""Buyers who ask a simulated marketplace to cancel: nothing leaves until they are answered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.errors import Conflict
from core.orders.answering import answer_cancellation
from core.orders.approving import approve
from core.orders.naming import find_orders
from core.orders.record import Actor
from core.orders.releasing import release
from core.orders.shipping import ship
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.verbs import answer_cancel
from core.testkit.fakes.verbs import ask_to_cancel
from core.testkit.fakes.verbs import buy
from tests.selling import AnyFake
from tests.selling import Seller

BEA = Actor("bea")


def requests_stop_orders_until_they_are_answered(seller: Seller[AnyFake], reason: str) -> None:
    """Let four buyers ask: one is granted it, one is refused for a reason, two think better."""
    trade, start = seller.fake.trade, seller.fake.clock.now().replace(microsecond=0)
    person = next(iter(trade.sales.values())).buyer
    # Long enough ago that platforms may be asked for all of it.
    made, asked, ended = (start - timedelta(minutes=minutes) for minutes in (30, 20, 10))
    sales = [buy(trade, person, {"TOWEL": 1}, made) for _ in range(4)]
    granted, refused, early, late = sales
    seller.pull()
    for sale in sales:
        _do(seller, approve, sale)
    _do(seller, release, late)
    for sale in sales:
        ask_to_cancel(trade, sale, asked)
    seller.again()
    assert [state_of(seller, sale) for sale in sales] == ["cancel_requested"] * 4
    for verb in (release, ship):
        with pytest.raises(Conflict):
            _do(seller, verb, early)

    answer(seller, granted, granted=True)
    answer(seller, refused, granted=False, reason=reason)
    assert (state_of(seller, granted), state_of(seller, refused)) == ("cancelled", "allocated")
    assert refused.cancel_asked_at is None
    for sale in (early, late):
        answer_cancel(trade, sale, ended, granted=False)
    for sale in (granted, refused):
        sale.updated_at = ended
    seller.again()
    states = [state_of(seller, sale) for sale in sales]
    assert states == ["cancelled", "allocated", "allocated", "released"]
    assert str(granted.status) == "cancelled"
    _do(seller, ship, early)
    with pytest.raises(Conflict, match="no buyer asked"):
        answer(seller, early, granted=True)
    assert seller.world.broken() == []


def answer(seller: Seller[AnyFake], sale: Sale, *, granted: bool, reason: str = "") -> None:
    """Answer a buyer."""
    actor = Actor("bea", reason)
    answer_cancellation(seller.kernel, seller.connection, sale.ref, actor, granted=granted)


def state_of(seller: Seller[AnyFake], sale: Sale) -> str:
    """Return where an order is."""
    query = f"SELECT state FROM orders_order WHERE external_ref = '{sale.ref}'"
    return str(seller.world.rows(query)[0][0])


def _do(seller: Seller[AnyFake], verb: object, sale: Sale) -> None:
    with seller.kernel.db.write() as session:
        ids = find_orders(session, seller.world.company.id, [sale.ref]).values()
        verb(session, seller.world.company.id, list(ids), BEA)  # type: ignore[operator]
