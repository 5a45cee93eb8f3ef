"""Moving average: one pool for each SKU and warehouse, chosen before goods come in."""

from __future__ import annotations

import pytest

from core.errors import Conflict
from core.errors import InputError
from core.orders.taking_back import take_back
from core.stock.costing import choose_method
from tests.costing.buying import Buyer
from tests.orders.life import Life
from tests.world import World


@pytest.fixture
def buyer(world: World) -> Buyer:
    made = Buyer(world)
    made.do(choose_method, "average")
    return made


def test_what_leaves_costs_the_average_of_what_lies_there(buyer: Buyer) -> None:
    buyer.receive("R1", "MUG 100 for 1000.00")
    buyer.receive("R2", "MUG 50 for 650.00")
    buyer.sell("1", "MUG", 60)

    assert buyer.landed("1") == (66000, 0, 0, 0)
    assert buyer.worth() == {"MAIN MUG": [(90, 99000)]}
    buyer.sound()


def test_what_comes_back_brings_its_own_cost_and_moves_the_average(buyer: Buyer) -> None:
    buyer.receive("R1", "MUG 2 for 20.00")
    buyer.sell("1", "MUG", 2)
    buyer.receive("R2", "MUG 2 for 40.00")
    (line,) = Life(buyer.world).line_ids("1", "MUG")

    Life(buyer.world).one(take_back, "1", quantities={line: 1}, disposition="sellable")

    assert buyer.worth() == {"MAIN MUG": [(3, 5000)]}
    buyer.sound()


def test_an_emptied_pool_starts_clean(buyer: Buyer) -> None:
    buyer.receive("R1", "MUG 7 for 20.00")
    buyer.sell("1", "MUG", 3)
    buyer.sell("2", "MUG", 4)
    assert buyer.landed("2") == (1143, 0, 0, 0)
    assert buyer.worth() == {}

    buyer.receive("R2", "MUG 5 for 55.00")
    buyer.sell("3", "MUG", 2)
    assert buyer.landed("3") == (2200, 0, 0, 0)
    buyer.sound()


def test_goods_that_are_moved_carry_their_value_into_the_pool_there(buyer: Buyer) -> None:
    buyer.receive("R1", "MUG 10 for 100.00")
    buyer.move("T1", "MUG", 4, "FBA")
    buyer.receive("R2", "MUG 6 for 120.00")
    buyer.move("T2", "MUG", 6, "FBA")

    assert buyer.worth() == {"MAIN MUG": [(6, 9000)], "FBA MUG": [(10, 13000)]}
    buyer.sound()


def test_a_late_cost_is_borne_by_what_may_still_lie_there_and_the_rest_by_the_sku(
    buyer: Buyer,
) -> None:
    buyer.receive("R1", "MUG 400 for 2000.00")
    buyer.sell("1", "MUG", 300)
    buyer.charge("SEA1", "80.00", "quantity", "R1")

    assert buyer.world.booked("landed_cost:SEA1") == {"1300": 2000, "2120": -8000, "5090": 6000}
    assert buyer.worth() == {"MAIN MUG": [(100, 52000)]}
    buyer.sound()


def test_the_way_is_chosen_before_goods_come_in(world: World) -> None:
    buyer = Buyer(world)
    with pytest.raises(InputError, match="no way of costing"):
        buyer.do(choose_method, "lifo")
    buyer.receive("R1", "MUG 1 for 1.00")

    with pytest.raises(Conflict, match="costed by fifo already"):
        buyer.do(choose_method, "average")
    buyer.do(choose_method, "fifo")
