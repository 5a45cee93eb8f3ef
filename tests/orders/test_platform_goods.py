"""Goods that a platform sends from its own warehouse: they leave it, and come back to it."""

from __future__ import annotations

import pytest

from core.errors import InputError
from core.orders.record import Actor
from core.orders.taking_back import take_back
from core.stock.warehouses import make_warehouse
from tests.world import MAPPING
from tests.world import World

FBA = MAPPING.replace("shipped = true", 'shipped = true\nwarehouse = "FBA"')


@pytest.fixture
def sold(world: World) -> World:
    """Give a company that has mugs in its own warehouse and in a platform's, and sold there."""
    with world.kernel.db.write() as session:
        make_warehouse(session, world.company.id, "FBA", "FBA", "GB", "amazon", "1330", "platform")
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    world.stock_in("FBA", "MUG 10 @ 3.00 on 2010-11-30")
    world.orders("1 MUG 4 @ 9.00 on 2011-02-01", mapping=FBA)
    return world


def left(world: World) -> dict[str, tuple[int, int]]:
    rows = world.rows(
        "SELECT w.code, SUM(y.remaining), SUM(y.remaining_value) FROM stock_layer y"
        " JOIN stock_level v ON v.id = y.level_id"
        " JOIN stock_warehouse w ON w.id = v.warehouse_id GROUP BY w.code"
    )
    return {code: (int(units), int(value)) for code, units, value in rows}


def take(world: World, units: int, disposition: str) -> None:
    line = world.lines("1")[0]
    with world.kernel.db.write() as session:
        take_back(
            session, world.company.id, line.order_id, Actor("ann"),
            quantities={line.id: units}, disposition=disposition, refund=False,
        )  # fmt: skip


def test_goods_leave_from_where_the_file_says(sold: World) -> None:
    assert left(sold) == {"MAIN": (10, 2000), "FBA": (6, 1800)}
    assert sold.booked("sale:")["1330"] == -1200
    assert sold.broken() == []


def test_they_come_back_to_it_at_their_own_cost(sold: World) -> None:
    take(sold, 1, "sellable")
    take(sold, 1, "damaged")
    assert left(sold) == {"MAIN": (10, 2000), "FBA": (7, 2100)}
    assert sold.booked("credit_note")["5000"] == -600
    assert sold.booked("return_loss")["5100"] == 300
    assert sold.broken() == []


def test_a_warehouse_that_is_not_there_is_refused_before_anything_is_booked(sold: World) -> None:
    nowhere = FBA.replace('"FBA"', '"FBB"')
    with pytest.raises(InputError, match="no warehouse 'FBB'.*") as refused:
        sold.orders("2 MUG 1 @ 9.00 on 2011-02-01", mapping=nowhere)
    assert "FBA, MAIN" in (refused.value.hint or "")
    assert sold.rows("SELECT COUNT(*) FROM orders_order")[0][0] == 1
