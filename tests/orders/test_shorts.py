"""Goods that left although the books had none: a fact, and covered by the next goods that come."""

from __future__ import annotations

from typing import Any

from tests.world import World


def shorts(world: World) -> list[Any]:
    query = "SELECT quantity, value, open_quantity, open_value FROM stock_short ORDER BY id"
    return [tuple(row) for row in world.rows(query)]


def test_a_sale_beyond_stock_is_booked_at_the_last_cost(world: World) -> None:
    world.stock("MUG 2 @ 2.00 on 2010-11-29")
    world.orders("1001 MUG 5 @ 10.00 on 2011-02-01 from ann to US")
    assert world.booked("/1001#") == {"1210": 5000, "1300": -1000, "4000": -5000, "5000": 1000}
    assert shorts(world) == [(3, 600, 3, 600)]
    assert world.on_hand("MUG") == 0
    assert world.lines("1001")[0].flag == "short"
    assert not world.broken()


def test_found_goods_cover_the_oldest_short_first(world: World) -> None:
    world.stock("MUG 1 @ 2.00 on 2010-11-29")
    world.orders(
        "1001 MUG 3 @ 10.00 on 2011-02-01 to US",
        "1002 MUG 2 @ 10.00 on 2011-02-02 to US",
        "1003 MUG 3 @ 0.00 on 2011-02-03",
    )
    assert shorts(world) == [(2, 400, 0, 0), (2, 400, 1, 200)]
    assert world.on_hand("MUG") == 0
    assert not world.broken()


def test_a_receipt_books_the_difference_on_the_order_that_was_short(world: World) -> None:
    world.stock("MUG 1 @ 2.00 on 2010-11-29")
    world.orders("1001 MUG 3 @ 10.00 on 2011-02-01 from ann to FR")
    world.stock("MUG 5 @ 2.50 on 2011-02-10")
    # Two were booked at 2.00 and turn out to cost 2.50.
    assert world.booked("cover:") == {"1300": -100, "5090": 100}
    late = world.rows(
        "SELECT o.external_ref, p.country, p.booked_on, p.late_cost FROM ledger_profit p"
        " JOIN ledger_entry e ON e.company_id = p.company_id AND e.id = p.entry_id"
        " JOIN orders_order o ON o.company_id = p.company_id AND o.id = p.order_id"
        " WHERE e.kind = 'short_cover'"
    )
    assert [(r[0], r[1], str(r[2]), r[3]) for r in late] == [("1001", "FR", "2011-02-10", -100)]
    assert shorts(world) == [(2, 400, 0, 0)]
    assert world.layers("MUG") == [(0, 0), (3, 750)]
    assert world.on_hand("MUG") == 3
    assert not world.broken()


def test_a_loss_beyond_stock_is_covered_by_a_receipt(world: World) -> None:
    world.stock("MUG 1 @ 2.00 on 2010-11-29")
    world.orders("1001 MUG -3 @ 0.00 on 2011-02-01")
    world.stock("MUG 5 @ 2.50 on 2011-02-10")
    assert world.booked("cover:") == {"1300": -100, "5100": 100}
    assert world.on_hand("MUG") == 3
    assert not world.broken()


def test_goods_that_come_back_cover_another_sale(world: World) -> None:
    world.stock("MUG 1 @ 1.00 on 2010-11-29", "MUG 1 @ 3.00 on 2010-11-30")
    world.orders(
        "1001 MUG 2 @ 10.00 on 2011-02-01 from ann to US",
        "1002 MUG 1 @ 10.00 on 2011-02-02 from bob to US",
        "C1003 MUG -2 @ 10.00 on 2011-02-03 from ann to US",
    )
    # Bob's was booked at the last cost of 3.00 and is now the mug that had cost 1.00.
    assert world.booked("cover:") == {"1300": 200, "5090": -200}
    assert world.layers("MUG") == [(0, 0), (1, 300)]
    assert not world.broken()


def test_what_nobody_knows_the_cost_of_costs_nothing_yet(world: World) -> None:
    world.orders("1001 MUG 3 @ 10.00 on 2011-02-01 to US")
    assert world.booked("/1001#") == {"1210": 3000, "4000": -3000}
    world.stock("MUG 5 @ 2.50 on 2011-02-10")
    assert world.booked("cover:") == {"1300": -750, "5090": 750}
    assert not world.broken()


def test_a_short_that_waits_for_its_posting_is_covered_all_the_same(world: World) -> None:
    world.stock("MUG 1 @ 2.00 on 2010-11-29")
    world.orders("1001 MUG 3 @ 10.00 USD on 2011-02-01 from ann to US")
    assert world.booked("/1001#") == {}
    world.stock("MUG 5 @ 2.50 on 2011-03-10")
    assert world.on_hand("MUG") == 3
    assert not world.broken()
