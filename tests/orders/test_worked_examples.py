"""Worked examples told in words: what becomes of the last unit, and what is never faked."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import Conflict
from core.kernel.connections import create_connection
from core.orders.importing import import_order_file
from core.orders.shipping import ship
from tests.orders.life import UNSHIPPED
from tests.orders.life import Life
from tests.rules.ruling import condition
from tests.rules.ruling import live
from tests.rules.ruling import rule
from tests.world import World


@pytest.fixture
def life(world: World) -> Life:
    return Life(world)


def sell_elsewhere(life: Life, line: str) -> None:
    """Import an order of another account."""
    world = life.world
    with world.kernel.db.write() as session:
        other = create_connection(
            session, "file_channel", "Fair", {}, company_id=world.company.id, account="fair"
        )
    rules = world.folder / "fair.toml"
    rules.write_text(UNSHIPPED, encoding="utf-8")
    import_order_file(world.kernel, other, world.write_orders(line), mapping=rules)


def open_tasks(life: Life, ref: str) -> list[Any]:
    return life.world.rows(
        "SELECT kind FROM orders_exception WHERE order_id = :id AND solved_at IS NULL",
        id=life.id(ref),
    )


def test_of_two_channels_that_sell_the_last_unit_the_first_has_it(life: Life) -> None:
    life.world.stock("MUG 1 @ 2.00 on 2010-11-30")
    life.orders("A1 MUG 1 @ 5.00 on 2011-02-01 at 10:00 to US")
    sell_elsewhere(life, "E1 MUG 1 @ 5.00 on 2011-02-01 at 10:01 to US")

    assert life.state("A1") == ("allocated", None)
    assert life.state("E1") == ("backordered", "short")
    assert [row[0] for row in open_tasks(life, "E1")] == ["short"]
    life.sound()


def test_nothing_is_said_to_have_left_that_is_not_there(life: Life) -> None:
    life.world.stock("MUG 1 @ 2.00 on 2010-11-30")
    life.orders("1001 MUG 2 @ 5.00 on 2011-02-01 to US")

    with pytest.raises(Conflict):
        life.do(ship, "1001")

    assert life.state("1001") == ("backordered", "short")
    assert life.world.booked("1001") == {}
    life.sound()


def test_an_order_that_looks_like_fraud_is_held_with_its_goods(life: Life) -> None:
    live(
        life.world,
        rule("Dear", condition("amount", "above", "50.00 GBP"), does="tag dear"),
        rule("Abroad", condition("country", "is_none_of", "GB"), does="tag abroad"),
        rule("Both", condition("tag", "has_all", "dear", "abroad"), does="hold parked"),
    )
    life.world.stock("MUG 9 @ 2.00 on 2010-11-30")
    life.orders(
        "1001 MUG 1 @ 80.00 on 2011-02-01 from ann to US",
        "1002 MUG 1 @ 80.00 on 2011-02-01 from bea to GB",
    )

    assert life.state("1001")[0] == "on_hold"
    assert life.promised("1001") == {"MUG": (1, 0)}
    assert life.state("1002")[0] == "allocated"
    life.sound()
