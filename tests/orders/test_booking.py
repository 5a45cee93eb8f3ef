"""What each kind of order line does to the books and to the stock, worked out by hand."""

from __future__ import annotations

import pytest

from tests.world import World


def test_a_sale_is_booked_with_its_tax_and_its_cost(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    result = world.orders("1001 MUG 3 @ 4.99 on 2011-02-01 from ann to GB")

    # 3 × 4.99 = 14.97 net, 20 % of it 2.994 → 2.99; the goods cost 3 × 2.00.
    assert world.booked("sale:file/Till/1001") == {
        "1210": 1497 + 299,
        "1300": -600,
        "2300": -299,
        "4000": -1497,
        "5000": 600,
    }
    assert (result.received, result.applied, result.by_kind) == (1, 1, {"sale": 1})
    assert world.on_hand("MUG") == 7
    assert not world.broken()
