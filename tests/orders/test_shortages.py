"""What short orders lack, and where else it lies."""

from __future__ import annotations

from core.orders.shortages import Shortage
from core.orders.shortages import shortages
from core.warehousing.places import add_warehouse
from tests.orders.life import Life
from tests.world import World


def test_short_order_says_what_it_lacks_and_who_has_it(world: World) -> None:
    life = Life(world)
    world.stock("MUG 1 @ 2.00 on 2010-11-30")
    with world.kernel.db.write() as session:
        add_warehouse(session, world.company.id, "FAR", "platform", "GB")
    world.stock_in("FAR", "MUG 3 @ 2.00 on 2010-11-30")
    life.orders(*(f"{n} MUG 2 @ 5.00 on 2011-02-0{n} from ann{n} to US" for n in (1, 2)))
    ids = [life.id("1"), life.id("2")]

    with world.kernel.db.read() as session:
        found = shortages(session, world.company.id, ids)

    (first,), (second,) = found[ids[0]], found[ids[1]]
    assert (first.sku, first.missing, second.missing) == ("MUG", 1, 2)
    assert (first.elsewhere, first.warehouse) == ({"FAR": 3}, "MAIN")
    assert isinstance(second, Shortage)
    life.sound()
