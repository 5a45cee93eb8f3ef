"""Goods on hand are never worth more than they still bring."""

from __future__ import annotations

import pytest

from core.costing.writing_down import write_down
from core.errors import Conflict
from core.warehousing.handling import Act
from tests.costing.buying import Buyer
from tests.costing.test_commands import entrepot
from tests.world import World


def test_later_sales_cost_the_lower_value(world: World) -> None:
    buyer = Buyer(world)
    buyer.receive("R1", "MUG 1000 for 8000.00")

    done = buyer.do(write_down, "MUG", 6_500_000, Act(key="autumn"))
    with pytest.raises(Conflict, match="done already"):
        buyer.do(write_down, "MUG", 6_000_000, Act(key="autumn"))

    assert (done.quantity, done.value) == (1000, 150000)
    assert world.booked("write_down") == {"1300": -150000, "5140": 150000}
    buyer.sell("1", "MUG", 400)
    assert buyer.landed("1") == (260000, 0, 0, 0)
    assert buyer.worth() == {"MAIN MUG": [(600, 390000)]}
    with pytest.raises(Conflict, match="worth more"):
        buyer.do(write_down, "MUG", 6_500_000, Act())
    buyer.sound()


def test_each_layer_and_place_falls_by_its_own(world: World) -> None:
    buyer = Buyer(world)
    buyer.receive("R1", "MUG 10 for 100.00")
    buyer.receive("R2", "MUG 10 for 40.00")
    buyer.charge("SEA1", "20.00", "quantity", "R1")
    buyer.move("T1", "MUG", 5, "FBA")

    told = entrepot(world, "cost", "write-down", "MUG", "6.00", "--note", "last season")

    assert (told["quantity"], told["value"]) == (20, "60.00")
    assert buyer.worth() == {"MAIN MUG": [(5, 3000), (10, 4000)], "FBA MUG": [(5, 3000)]}
    buyer.sell("1", "MUG", 1)
    assert buyer.landed("1") == (600, 100, 0, 0)
    buyer.sound()
