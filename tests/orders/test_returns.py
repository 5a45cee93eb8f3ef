"""Returns: matched to that customer's latest earlier sale, at its cost and its rate."""

from __future__ import annotations

from tests.world import World


def test_a_return_brings_back_the_cost_and_the_rate_of_its_sale(world: World) -> None:
    world.stock("MUG 1 @ 2.00 on 2010-11-29", "MUG 9 @ 3.00 on 2010-11-30")
    world.orders(
        "1001 MUG 1 @ 10.00 on 2011-01-03 from ann",
        "1002 MUG 1 @ 10.00 on 2011-01-03 at 11:00 from bob",
    )
    world.orders("C1003 MUG -1 @ 10.00 on 2011-03-01 from ann")

    # Ann bought at 17.5 % and got the mug of the first layer.
    assert world.booked("/C1003#") == {
        "1210": -1175,
        "1300": 200,
        "2300": 175,
        "4200": 1000,
        "5000": -200,
    }
    (line,) = world.lines("C1003")
    assert (line.undoes, line.flag, line.tax_amount, line.cost_amount) == ("1001", None, -175, -200)
    assert world.lines("1001")[0].returned_quantity == 1
    assert world.order("C1003").kind == "credit_note"
    assert world.layers("MUG") == [(1, 200), (8, 2400)]
    assert not world.broken()


def test_the_profit_of_a_return_is_its_sales(world: World) -> None:
    world.stock("MUG 9 @ 3.00 on 2010-11-30")
    world.orders("1001 MUG 2 @ 10.00 on 2011-01-10 from ann to US")
    world.orders("C1002 MUG -1 @ 10.00 on 2011-03-01 from ann to US")
    rows = world.rows(
        "SELECT o.external_ref, SUM(p.sales), SUM(p.refunds), SUM(p.cogs) FROM ledger_profit p"
        " JOIN orders_order o ON o.company_id = p.company_id AND o.id = p.order_id"
        " GROUP BY o.external_ref"
    )
    assert [tuple(row) for row in rows] == [("1001", 2000, -1000, -300)]


def test_a_return_larger_than_the_last_sale_goes_on_to_the_one_before(world: World) -> None:
    world.stock("MUG 2 @ 2.00 on 2010-11-29", "MUG 9 @ 3.00 on 2010-11-30")
    world.orders(
        "1001 MUG 2 @ 10.00 on 2011-01-03 from ann",
        "1002 MUG 1 @ 10.00 on 2011-01-04 from ann",
        "C1003 MUG -2 @ 10.00 on 2011-01-05 from ann",
    )
    # One of the sale at 20 % that cost 3.00, one of the sale at 17.5 % that cost 2.00.
    assert [
        (line.undoes, line.quantity, line.net_amount, line.tax_amount, line.cost_amount)
        for line in world.lines("C1003")
    ] == [("1002", -1, -1000, -200, -300), ("1001", -1, -1000, -175, -200)]
    assert world.booked("/C1003#") == {
        "1210": -2375,
        "1300": 500,
        "2300": 375,
        "4200": 2000,
        "5000": -500,
    }
    assert not world.broken()


def test_an_odd_amount_is_split_without_losing_a_penny(world: World) -> None:
    world.orders(
        "1001 MUG 2 @ 1.00 on 2011-02-01 from ann to US",
        "1002 MUG 1 @ 1.00 on 2011-02-02 from ann to US",
        "C1003 MUG -3 @ 0.335 on 2011-02-03 from ann to US",
    )
    # 3 × 0.335 = 1.005 → 1.01: a third of it and two thirds.
    assert [line.net_amount for line in world.lines("C1003")] == [-34, -67]
    assert not world.broken()


def test_two_returns_share_one_sale(world: World) -> None:
    world.stock("MUG 3 @ 3.333333 on 2010-11-30")
    world.orders("1001 MUG 3 @ 10.00 on 2011-02-01 from ann to US")
    world.orders("C1002 MUG -1 @ 10.00 on 2011-02-02 from ann to US")
    world.orders("C1003 MUG -2 @ 10.00 on 2011-02-03 from ann to US")
    assert [world.lines(ref)[0].cost_amount for ref in ("C1002", "C1003")] == [-333, -667]
    assert world.layers("MUG") == [(3, 1000)]
    assert not world.broken()


def test_what_was_used_last_comes_back_first(world: World) -> None:
    world.stock("MUG 1 @ 2.00 on 2010-11-29", "MUG 1 @ 3.00 on 2010-11-30")
    world.orders("1001 MUG 2 @ 10.00 on 2011-02-01 from ann to US")
    world.orders("C1002 MUG -1 @ 10.00 on 2011-02-02 from ann to US")
    assert world.lines("C1002")[0].cost_amount == -300
    assert world.layers("MUG") == [(0, 0), (1, 300)]
    assert not world.broken()


def test_a_return_without_its_sale_is_flagged_and_has_the_rate_of_its_day(world: World) -> None:
    world.stock("MUG 5 @ 2.00 on 2010-11-29", "MUG 5 @ 3.00 on 2010-11-30")
    world.orders("C1001 MUG -1 @ 10.00 on 2010-12-01 from ann")
    world.orders("C1002 MUG -1 @ 10.00 on 2011-02-01 from ann")
    # At the last known cost of 3.00.
    for ref, tax in (("C1001", 175), ("C1002", 200)):
        assert world.booked(f"/{ref}#") == {
            "1210": -1000 - tax,
            "1300": 300,
            "2300": tax,
            "4200": 1000,
            "5000": -300,
        }
        assert world.lines(ref)[0].flag == "no_original_sale"
    assert world.on_hand("MUG") == 12
    assert not world.broken()


def test_a_return_is_partly_without_its_sale(world: World) -> None:
    world.stock("MUG 5 @ 2.00 on 2010-11-29")
    world.orders("1001 MUG 1 @ 10.00 on 2010-12-01 from ann")
    world.orders("C1002 MUG -3 @ 10.00 on 2011-02-01 from ann")
    assert [
        (line.quantity, line.flag, line.tax_amount, line.undoes) for line in world.lines("C1002")
    ] == [(-1, None, -175, "1001"), (-2, "no_original_sale", -400, None)]
    assert not world.broken()


def test_an_anonymous_return_has_no_sale(world: World) -> None:
    world.stock("MUG 5 @ 2.00 on 2010-11-29")
    world.orders("1001 MUG 1 @ 10.00 on 2011-02-01", "C1002 MUG -1 @ 10.00 on 2011-02-02")
    (line,) = world.lines("C1002")
    assert (line.flag, line.undoes, line.customer_id) == ("no_original_sale", None, None)
    assert world.lines("1001")[0].returned_quantity == 0
    assert not world.broken()


def test_another_customers_sale_and_a_later_one_are_not_undone(world: World) -> None:
    world.orders(
        "1001 MUG 1 @ 10.00 on 2011-02-01 from bob",
        "1002 MUG 1 @ 10.00 on 2011-02-05 from ann",
        "1003 CUP 1 @ 10.00 on 2011-02-01 from ann",
        "C1004 MUG -1 @ 10.00 on 2011-02-03 from ann",
    )
    (line,) = world.lines("C1004")
    assert (line.flag, line.undoes) == ("no_original_sale", None)
    assert not world.broken()


def test_the_latest_earlier_sale_counts_whichever_file_came_first(world: World) -> None:
    world.orders("1002 MUG 1 @ 10.00 on 2011-02-10 from ann to US")
    world.orders(
        "1001 MUG 1 @ 10.00 on 2011-02-05 from ann to US",
        "C1003 MUG -1 @ 10.00 on 2011-02-20 from ann to US",
    )
    assert [line.undoes for line in world.lines("C1003")] == ["1002"]
    assert not world.broken()


def test_returned_postage_has_the_rate_of_its_sale(world: World) -> None:
    world.orders("1001 POST 1 @ 10.00 on 2011-01-03 from ann")
    world.orders("C1002 POST -1 @ 10.00 on 2011-03-01 from ann")
    assert world.booked("/C1002#") == {"1210": -1175, "2300": 175, "4210": 1000}
    assert not world.broken()


def test_goods_come_back_that_were_sold_short(world: World) -> None:
    world.stock("MUG 1 @ 2.00 on 2010-11-29")
    world.orders("1001 MUG 3 @ 10.00 on 2011-02-01 from ann to US")
    world.orders("C1002 MUG -3 @ 10.00 on 2011-02-02 from ann to US")
    assert world.lines("C1002")[0].cost_amount == -600
    assert world.on_hand("MUG") == 1
    assert world.layers("MUG") == [(1, 200)]
    assert [row[0] for row in world.rows("SELECT open_quantity FROM stock_short")] == [0]
    assert not world.broken()


def test_a_credited_customer_keeps_a_credit_that_is_open(world: World) -> None:
    world.orders("C1002 MUG -1 @ 10.00 on 2011-03-01 from ann to US")
    items = world.rows("SELECT natural_key, open_amount FROM ledger_item")
    assert [tuple(row) for row in items] == [("file/Till/C1002", -1000)]
