"""A supplier's invoice: what it differs from the order's price is a late cost of the purchase."""

from __future__ import annotations

import pytest

from core.costing.receiving import invoice_goods
from core.errors import Conflict
from core.errors import InputError
from tests.costing.buying import Buyer
from tests.world import World


def test_the_difference_reaches_stock_and_orders(world: World) -> None:
    buyer = Buyer(world)
    buyer.receive("R1", "MUG 10 for 100.00", "CUP 5 for 50.00")
    buyer.sell("1", "MUG", 4)

    difference = buyer.do(invoice_goods, "R1", {"MUG": 11000, "CUP": 4900}, invoice="77")

    assert difference == 900
    assert world.booked("goods_invoice:R1") == {
        "1300": 500,
        "2100": -15900,
        "2110": 15000,
        "5090": 400,
    }
    assert world.booked("R1").get("2110", 0) == 0
    assert buyer.worth() == {"MAIN MUG": [(6, 6600)], "MAIN CUP": [(5, 4900)]}
    assert buyer.landed("1") == (4400, 0, 0, 0)
    with pytest.raises(Conflict, match="invoiced already"):
        buyer.do(invoice_goods, "R1", {"MUG": 11000, "CUP": 4900}, invoice="77")
    buyer.sound()


def test_the_invoice_names_what_came_in(world: World) -> None:
    buyer = Buyer(world)
    buyer.receive("R1", "MUG 10 for 100.00", "CUP 5 for 50.00")

    with pytest.raises(InputError, match="differ about SKU CUP"):
        buyer.do(invoice_goods, "R1", {"MUG": 11000}, invoice="77")
