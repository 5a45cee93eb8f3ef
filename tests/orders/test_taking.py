"""Goods that are taken with the commit: who is slower works his order out again, under locks."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.orders.approving import review_new
from core.orders.record import Actor
from core.stock.reserving import TakenMeanwhile
from core.stock.reserving import may_look
from core.stock.reserving import take_with_commit
from tests.orders.hammering import Yard
from tests.orders.hammering import prepare_yard
from tests.orders.hammering import store_order
from tests.orders.test_hammering import drift
from tests.world import World

RESERVED = sa.text("SELECT SUM(reserved) FROM stock_level")


def review(session: Session, yard: Yard, ref: str, quantity: int) -> str:
    """Store an order and return the state that its review brings it to."""
    order_id = store_order(session, yard, ref, [("S0", quantity)])
    (found,) = review_new(session, yard.company_id, [order_id], Actor("till"), unseen=True)
    return found.state


def test_who_is_slower_waits_for_what_is_lacking(world: World) -> None:
    yard, states = prepare_yard(world, 1), list[str]()
    free = world.on_hand("S0")
    assert free > 0

    def slow(session: Session) -> None:
        states.append(review(session, yard, "slow", free))
        if may_look(session):
            with world.kernel.db.write() as other:
                assert review(other, yard, "quick", free) == "allocated"

    take_with_commit(world.kernel.db, slow)

    on_postgresql = world.kernel.db.dialect == "postgresql"
    assert states == (["allocated", "backordered"] if on_postgresql else ["allocated"])
    kept = dict(world.rows("SELECT external_ref, state FROM orders_order WHERE account = 'hammer'"))
    assert kept["slow"] == states[-1]
    assert drift(world) == []
    assert not world.broken(), world.broken()


def test_what_is_asked_before_the_commit_sees_the_goods_as_taken(world: World) -> None:
    yard, seen = prepare_yard(world, 1), list[int]()

    def take(session: Session) -> None:
        review(session, yard, "one", 1)
        seen.append(session.scalar(RESERVED))

    with world.kernel.db.read() as session:
        before = session.scalar(RESERVED)
    take_with_commit(world.kernel.db, take)

    assert seen == [before + 1]


def test_nothing_of_who_is_slower_stays_where_he_does_not_try_again(world: World) -> None:
    yard = prepare_yard(world, 1)
    free = world.on_hand("S0")

    def slow(session: Session) -> None:
        review(session, yard, "slow", free)
        if not may_look(session):
            raise TakenMeanwhile("I have seen enough.")
        with world.kernel.db.write() as other:
            review(other, yard, "quick", 1)

    with pytest.raises(TakenMeanwhile, match="enough"):
        take_with_commit(world.kernel.db, slow)

    kept = [row[0] for row in world.rows("SELECT external_ref FROM orders_order")]
    assert "slow" not in kept
    assert drift(world) == []
