"""Orders that go apart or together, come back, and are sent again."""

from __future__ import annotations

import pytest

from core.errors import Conflict
from core.errors import InputError
from core.orders.inspecting import inspect
from core.orders.merging import merge
from core.orders.merging import separate
from core.orders.releasing import release
from core.orders.replacing import exchange
from core.orders.replacing import reship
from core.orders.shipping import ship
from core.orders.splitting import split
from core.orders.taking_back import take_back
from tests.orders.life import UNSHIPPED
from tests.orders.life import Life
from tests.world import World

EUROS = UNSHIPPED.replace('currency = "GBP"', 'currency = "EUR"')


@pytest.fixture
def life(world: World) -> Life:
    return Life(world)


def net(life: Life, ref: str) -> dict[str, int]:
    return {line.code: line.net_amount for line in life.world.lines(ref)}


def test_an_order_is_split_by_items_with_its_share_of_charges(life: Life) -> None:
    life.world.stock("MUG 5 @ 2.00 on 2010-11-30", "CUP 5 @ 2.00 on 2010-11-30")
    life.orders(
        "1001 MUG 1 @ 30.00 on 2011-02-01 to US",
        "1001 CUP 2 @ 10.00 on 2011-02-01 to US",
        "1001 D -1 @ 5.01 on 2011-02-01 to US",
        "1001 POST 1 @ 4.00 on 2011-02-01 to US",
    )
    (cups,) = life.line_ids("1001", "CUP")
    outcome = life.one(split, "1001", quantities={cups: 2})
    assert [each.order for each in outcome] == ["1001", "1001/2"]
    assert net(life, "1001") == {"MUG": 3000, "D": -301, "POST": 240}
    assert net(life, "1001/2") == {"CUP": 2000, "D": -200, "POST": 160}
    assert life.promised("1001/2") == {"CUP": (2, 0)}
    with pytest.raises(Conflict, match="Nothing would be left"):
        life.one(split, "1001", quantities={life.line_ids("1001", "MUG")[0]: 1})
    life.do(ship, "1001", "1001/2")
    assert life.world.booked("/1001#")["4000"] == -3000
    assert life.world.booked("/1001/2#")["4100"] == 200
    life.sound()


def test_what_is_not_there_is_split_off_and_the_rest_goes(life: Life) -> None:
    life.world.stock("MUG 3 @ 2.00 on 2010-11-30", "CUP 1 @ 2.00 on 2010-11-30")
    life.orders("1001 MUG 5 @ 5.00 on 2011-02-01 to US", "1001 CUP 1 @ 5.00 on 2011-02-01 to US")
    life.one(split, "1001", by="stock")
    assert life.state("1001") == ("allocated", None)
    assert life.promised("1001") == {"MUG": (3, 0), "CUP": (1, 0)}
    assert (life.state("1001/2"), life.promised("1001/2")) == (
        ("backordered", "short"), {"MUG": (0, 2)}
    )  # fmt: skip
    life.world.stock("MUG 3 @ 2.00 on 2011-02-04")
    assert life.state("1001/2") == ("allocated", None)
    with pytest.raises(Conflict, match="nothing to split"):
        life.one(split, "1001", by="stock")
    life.sound()


def test_what_lies_elsewhere_is_split_off(life: Life) -> None:
    life.warehouse("NORTH")
    life.world.stock("MUG 3 @ 2.00 on 2010-11-30")
    life.world.stock_in("NORTH", "MUG 2 @ 2.00 on 2010-11-30")
    life.orders("1001 MUG 4 @ 5.00 on 2011-02-01 to US")
    life.one(split, "1001", by="warehouse")
    assert (life.promised("1001"), life.promised("1001/2")) == ({"MUG": (3, 0)}, {"MUG": (1, 0)})
    assert life.world.order("1001").net_amount == 1500
    life.do(ship, "1001/2")
    assert life.level("MUG", "NORTH") == (1, 0)
    life.sound()


def test_orders_of_one_buyer_leave_together_and_are_booked_apart(life: Life) -> None:
    life.world.stock("MUG 5 @ 2.00 on 2010-11-30")
    life.orders(
        "1001 MUG 1 @ 5.00 on 2011-02-01 from ann to US",
        "1002 MUG 2 @ 5.00 on 2011-02-03 from ann to US",
        "1003 MUG 1 @ 5.00 on 2011-02-03 from bob to US",
    )
    with pytest.raises(Conflict, match="not of one buyer"):
        life.do(merge, "1001", "1003")
    life.do(merge, "1001", "1002")
    life.do(release, "1002")
    assert life.state("1001") == ("released", None)
    with pytest.raises(Conflict):
        life.do(separate, "1001")
    life.do(ship, "1001")
    assert life.state("1002") == ("shipped", None)
    assert life.world.booked("/1001#")["4000"] == -500
    assert life.world.booked("/1002#")["4000"] == -1000
    life.sound()


def test_a_parcel_may_not_grow_over_the_value_of_a_small_consignment(life: Life) -> None:
    life.warehouse("SHENZHEN", "CN")
    life.world.stock_in("SHENZHEN", "MUG 9 @ 2.00 on 2010-11-30")
    lines = [f"100{n} MUG 1 @ 100.00 on 2011-02-0{n} from ann to DE" for n in (1, 3)]
    life.orders(*[line.replace("@ 100.00", "@ 100.00 EUR") for line in lines])
    with pytest.raises(Conflict, match="EUR 150"):
        life.do(merge, "1001", "1003")
    life.do(merge, "1001", "1003", accept_value=True)
    life.sound()


def shipped(life: Life) -> int:
    life.world.stock("MUG 5 @ 2.00 on 2010-11-30")
    life.orders("1001 MUG 3 @ 5.00 on 2011-02-01 from ann to US")
    life.do(ship, "1001")
    return life.line_ids("1001", "MUG")[0]


def test_what_comes_back_as_new_undoes_cost_and_price(life: Life) -> None:
    line_id = shipped(life)
    life.one(take_back, "1001", quantities={line_id: 2}, disposition="sellable")
    assert life.level("MUG") == (4, 0)
    assert life.world.booked("/1001/R1#") == {
        "1210": -1000, "1300": 400, "4200": 1000, "5000": -400
    }  # fmt: skip
    with pytest.raises(InputError, match="1 of it are out"):
        life.one(take_back, "1001", quantities={line_id: 2}, disposition="sellable")
    life.one(take_back, "1001", quantities={line_id: 1}, disposition="sellable", refund=False)
    assert life.world.booked("/1001/R2#") == {"1300": 200, "5000": -200}
    life.sound()


def test_what_comes_back_damaged_is_a_loss_of_the_order(life: Life) -> None:
    line_id = shipped(life)
    life.one(take_back, "1001", quantities={line_id: 1}, disposition="damaged")
    assert life.level("MUG") == (2, 0)
    assert life.world.booked("/1001/R1#") == {"1210": -500, "4200": 500, "5000": -200, "5100": 200}
    life.sound()


def test_what_is_inspected_goes_on_the_shelf_or_is_lost(life: Life) -> None:
    line_id = shipped(life)
    life.one(take_back, "1001", quantities={line_id: 3}, disposition="inspection")
    assert life.level("MUG") == (2, 0)
    aside = life.world.rows(
        "SELECT on_hand FROM stock_level WHERE condition = 'qc' AND on_hand > 0"
    )
    assert [row[0] for row in aside] == [3]
    life.sound()
    (back,) = life.world.lines("1001/R1")
    life.one(inspect, "1001/R1", sellable={back.id: 2})
    assert life.level("MUG") == (4, 0)
    assert life.world.booked("/1001/R1#")["5100"] == 200
    with pytest.raises(Conflict, match="Nothing"):
        life.one(inspect, "1001/R1", sellable={back.id: 2})
    life.sound()


def test_a_lost_parcel_is_sent_again_at_the_cost_of_its_order(life: Life) -> None:
    life.world.stock("MUG 5 @ 8.00 on 2010-11-30")
    life.orders("1001 MUG 1 @ 20.00 on 2011-02-01 from ann to US")
    life.do(ship, "1001")
    life.one(reship, "1001", quantities={life.line_ids("1001", "MUG")[0]: 1})
    assert life.state("1001/E1") == ("allocated", None)
    life.do(ship, "1001/E1")
    profit = life.world.rows(
        "SELECT SUM(sales), SUM(cogs), SUM(stock_losses) FROM ledger_profit WHERE order_id = :id",
        id=life.id("1001"),
    )
    assert tuple(profit[0]) == (2000, -800, -800)
    assert life.world.booked("1001/E1") == {"1300": -800, "5120": 800}
    life.sound()


def test_goods_are_exchanged_for_others(life: Life) -> None:
    life.world.stock("CUP 2 @ 3.00 on 2010-11-30")
    line_id = shipped(life)
    life.one(exchange, "1001", quantities={line_id: 1}, items={"CUP": 1}, disposition="sellable")
    assert life.promised("1001/E1") == {"CUP": (1, 0)}
    life.do(ship, "1001/E1")
    assert life.level("MUG") == (3, 0)
    assert life.world.booked("1001/E1") == {"1300": -300, "5000": 300}
    life.sound()


def test_a_bundle_comes_back_damaged_or_to_be_inspected(life: Life) -> None:
    life.bundle("KIT", MUG=1, CUP=2)
    life.world.stock("MUG 2 @ 2.00 on 2010-11-30", "CUP 4 @ 1.00 on 2010-11-30")
    life.orders("1001 KIT 2 @ 9.00 on 2011-02-01 from ann to US")
    life.do(ship, "1001")
    (line_id,) = life.line_ids("1001", "KIT")
    life.one(take_back, "1001", quantities={line_id: 1}, disposition="damaged")
    assert life.world.booked("/1001/R1#")["5100"] == 400
    life.one(take_back, "1001", quantities={line_id: 1}, disposition="inspection")
    (back,) = life.world.lines("1001/R2")
    life.one(inspect, "1001/R2", sellable={back.id: 0})
    assert life.world.booked("/1001/R2#")["5100"] == 400
    assert (life.level("MUG"), life.level("CUP")) == ((0, 0), (0, 0))
    life.sound()
