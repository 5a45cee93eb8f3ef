"""Prepared queries answer as SQLAlchemy's own do, on both databases."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.orders.models import Order
from core.prepared import Prepared
from core.prepared import among
from tests.world import World

COLUMNS = (Order.id, Order.external_ref, Order.ordered_at, Order.ordered_on, Order.hold)
QUERY = sa.select(*COLUMNS).where(Order.kind == "sale").order_by(Order.external_ref)
BY_REF = Prepared(
    QUERY.where(Order.company_id == sa.bindparam("company"), among(Order.external_ref, "refs"))
)
BY_ID = Prepared(QUERY.where(among(Order.id, "ids"), among(Order.external_ref, "refs")))


def imported(world: World) -> None:
    world.orders(
        *(f"{n} MUG 1 @ 1.00 on 2011-02-0{n}" for n in (1, 2, 3)), "C4 MUG -1 @ 1.00 on 2011-02-04"
    )


def test_rows_have_the_types_of_their_columns(world: World) -> None:
    imported(world)
    with world.kernel.db.read() as session:
        wanted = [tuple(row) for row in session.execute(QUERY)]
        found = BY_REF.rows(session, company=world.company.id, refs=["3", "1", "2", "C4", "9"])

    assert [tuple(row) for row in found] == wanted
    assert [row.external_ref for row in found] == ["1", "2", "3"]
    assert found[0].ordered_at.tzinfo is not None


def test_lists_may_be_of_numbers_or_empty(world: World) -> None:
    imported(world)
    with world.kernel.db.read() as session:
        ids = [row.id for row in session.execute(QUERY)]
        assert [row.id for row in BY_ID.rows(session, ids=ids[:2], refs=["1", "2", "3"])] == ids[:2]
        assert BY_ID.rows(session, ids=[], refs=["1"]) == []


def test_what_is_pending_is_seen(world: World) -> None:
    imported(world)
    with world.kernel.db.write() as session:
        order = session.scalars(sa.select(Order).where(Order.external_ref == "2")).one()
        order.kind = "credit_note"
        found = BY_REF.rows(session, company=world.company.id, refs=["1", "2"])

    assert [row.external_ref for row in found] == ["1"]


def test_errors_of_the_driver_are_those_of_sqlalchemy(world: World) -> None:
    broken = Prepared(sa.select(sa.literal_column("nothing", sa.BigInteger())))
    with world.kernel.db.read() as session, pytest.raises(sa.exc.DBAPIError, match="nothing"):
        broken.rows(session)


@pytest.mark.parametrize("refs", [["2"], ["2", "3"], [], ["9"]])
def test_one_key_is_asked_for_as_several_are(world: World, refs: list[str]) -> None:
    imported(world)
    with world.kernel.db.read() as session:
        wanted = [row.id for row in session.execute(QUERY) if row.external_ref in refs]
        found = BY_REF.rows(session, company=world.company.id, refs=refs)
        assert [row.id for row in found] == wanted
        assert [row.id for row in BY_ID.rows(session, ids=wanted, refs=refs)] == wanted
