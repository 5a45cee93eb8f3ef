"""What each kind of order line does to the books and to the stock, worked out by hand."""

from __future__ import annotations

import pytest

from tests.world import MAPPING
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
    assert world.order("1001").tax_amount == 299
    assert not world.broken()


@pytest.mark.parametrize(
    ("day", "tax"),
    # 9.99 × 17.5 % = 1.74825 until the day before the rate rose, × 20 % = 1.998 from that day.
    [("2011-01-03", 175), ("2011-01-04", 200)],
)
@pytest.mark.parametrize("country", ["GB", "DE", "ZZ"])
def test_the_rate_is_the_one_of_the_day(world: World, day: str, tax: int, country: str) -> None:
    world.orders(f"1001 MUG 1 @ 9.99 on {day} to {country}")
    assert world.booked("sale:") == {"1210": 999 + tax, "2300": -tax, "4000": -999}
    assert not world.broken()


@pytest.mark.parametrize("country", ["US", "JE", "AU"])
def test_goods_that_leave_the_tax_area_bear_no_tax(world: World, country: str) -> None:
    world.orders(f"1001 MUG 1 @ 9.99 on 2011-02-01 to {country}")
    assert world.booked("sale:") == {"1210": 999, "4000": -999}


def test_the_day_is_the_shops_and_the_month_the_days(world: World) -> None:
    world.orders(
        "1001 MUG 1 @ 1.00 on 2011-06-30 at 23:30 to US",
        "1002 MUG 1 @ 1.00 on 2011-07-01 at 00:30 to US",
    )
    # British summer time: both moments lie in June in UTC.
    booked = world.rows("SELECT natural_key, booked_on FROM ledger_entry ORDER BY natural_key")
    assert [str(row.booked_on) for row in booked] == ["2011-06-30", "2011-07-01"]
    assert not world.broken()


def test_every_kind_of_line_has_its_account(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    world.orders(
        "1001 MUG 2 @ 5.00 on 2011-02-01 from ann",
        "1001 POST 1 @ 3.50 on 2011-02-01 from ann",
        "1001 M 1 @ 1.25 on 2011-02-01 from ann",
        "1001 gift_0001_10 1 @ 10.00 on 2011-02-01 from ann",
        "C1002 D -1 @ 2.00 on 2011-02-02 from ann",
        "C1003 M -1 @ 4.00 on 2011-02-02 from ann",
        "C1004 S -1 @ 6.00 on 2011-02-02",
        "C1005 FEE -1 @ 13.00 on 2011-02-02",
        "C1006 POST -1 @ 3.50 on 2011-02-02 from bob",
    )
    # Tax: 20 % of 10.00, 3.50 and 1.25; a voucher is no supply yet.
    assert world.booked("sale:file/Till/1001") == {
        "1210": 1000 + 350 + 125 + 1000 + 200 + 70 + 25,
        "1300": -400,
        "2170": -1000,
        "2300": -(200 + 70 + 25),
        "4000": -1000,
        "4010": -350,
        "4020": -125,
        "5000": 400,
    }
    assert world.booked("/C1002#") == {"1210": -240, "2300": 40, "4100": 200}
    assert world.booked("/C1003#") == {"1210": -480, "2300": 80, "4220": 400}
    assert world.booked("/C1004#") == {"1210": -600, "7050": 600}
    assert world.booked("charge:file/Till/C1005") == {"1210": -1300, "6000": 1300}
    assert world.booked("/C1006#") == {"1210": -420, "2300": 70, "4210": 350}
    assert not world.broken()


def test_lost_and_found_goods_are_no_sales(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    world.orders(
        "1001 MUG -4 @ 0.00 on 2011-02-01",
        "1002 MUG 3 @ 0.00 on 2011-02-02",
    )
    assert world.booked("adjustment:file/Till/1001") == {"1300": -800, "5100": 800}
    assert world.booked("adjustment:file/Till/1002") == {"1300": 600, "5130": -600}
    assert world.rows("SELECT id FROM orders_order") == []
    assert world.on_hand("MUG") == 9
    assert not world.broken()


def test_one_document_may_sell_and_write_off(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    world.orders(
        "1001 MUG 1 @ 5.00 on 2011-02-01 to US",
        "1001 MUG -2 @ 0.00 on 2011-02-01 to US",
    )
    assert world.booked("sale:file/Till/1001") == {
        "1210": 500, "1300": -200, "4000": -500, "5000": 200
    }  # fmt: skip
    assert world.booked("adjustment:file/Till/1001") == {"1300": -400, "5100": 400}
    assert not world.broken()


def test_goods_given_away_to_a_customer_still_cost(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    world.orders("1001 MUG 1 @ 0.00 on 2011-02-01 from ann")
    assert world.booked("sale:") == {"1300": -200, "5000": 200}
    assert not world.broken()


def test_the_last_of_three_takes_the_last_penny(world: World) -> None:
    world.stock("MUG 3 @ 3.333333 on 2010-11-30")
    assert world.layers("MUG") == [(3, 1000)]
    world.orders(*[f"100{n} MUG 1 @ 5.00 on 2011-02-0{n} to US" for n in (1, 2, 3)])
    assert [world.booked(f"/100{n}#")["5000"] for n in (1, 2, 3)] == [333, 334, 333]
    assert world.layers("MUG") == [(0, 0)]


def test_a_sale_uses_the_oldest_layers_first(world: World) -> None:
    world.stock(
        "MUG 2 @ 3.00 on 2010-11-29",
        "MUG 2 @ 2.00 on 2010-11-28",
        "MUG 2 @ 4.00 on 2010-11-30",
    )
    world.orders("1001 MUG 3 @ 9.00 on 2011-02-01 to US")
    assert world.booked("sale:")["5000"] == 200 + 200 + 300
    assert world.layers("MUG") == [(0, 0), (1, 300), (2, 800)]
    assert not world.broken()


def test_each_line_is_rounded_once(world: World) -> None:
    world.orders("1001 MUG 3 @ 0.335 on 2011-02-01 to US", "1001 CUP 1 @ 0.005 on 2011-02-01 to US")
    # 1.005 → 1.01 and 0.005 → 0.01, half away from zero.
    assert world.booked("sale:") == {"1210": 102, "4000": -102}


def test_a_document_is_one_entry_wherever_its_lines_stand(world: World) -> None:
    world.orders(
        "1002 MUG 1 @ 1.00 on 2011-02-02 to US",
        "1001 MUG 1 @ 1.00 on 2011-02-01 to US",
        "1002 CUP 1 @ 2.00 on 2011-02-02 to US",
        "1001 CUP 1 @ 4.00 on 2011-02-01 to US",
    )
    assert world.booked("sale:file/Till/1001#1")["1210"] == 500
    assert world.booked("sale:file/Till/1002#1")["1210"] == 300
    assert world.order("1002").line_count == 2


def test_stock_goes_to_the_earlier_sale_wherever_it_stands(world: World) -> None:
    world.stock("MUG 1 @ 2.00 on 2010-11-30")
    world.orders(
        "1002 MUG 1 @ 5.00 on 2011-02-02 to US",
        "1001 MUG 1 @ 5.00 on 2011-02-01 to US",
    )
    assert world.lines("1001")[0].flag is None
    assert world.lines("1002")[0].flag == "short"


def test_a_foreign_currency_waits_for_a_rate_but_the_goods_are_gone(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    world.orders("1001 MUG 2 @ 5.00 EUR on 2011-02-01 to FR")
    assert world.booked("sale:") == {}
    assert world.on_hand("MUG") == 8
    assert world.order("1001").exception == "waiting"
    assert "EUR" in world.rows("SELECT waiting_for FROM stock_document WHERE kind='shipment'")[0][0]
    assert not world.broken()


def test_one_foreign_line_keeps_the_whole_document_waiting(world: World) -> None:
    world.orders(
        "1001 MUG 1 @ 5.00 on 2011-02-01 to FR",
        "1001 CUP 1 @ 5.00 EUR on 2011-02-01 to FR",
    )
    assert world.booked("sale:") == {}
    assert world.order("1001").exception == "waiting"


def test_what_left_in_a_closed_month_is_booked_in_the_next_and_says_so(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    world.close_month("2011-02")
    world.orders(
        "1001 MUG 2 @ 5.00 on 2011-02-28 from ann to US",
        "1002 MUG 2 @ 5.00 on 2011-03-01 from ann to US",
    )
    sold = {"1210": 1000, "1300": -400, "4000": -1000, "5000": 400}
    assert world.booked("/1001#") == world.booked("/1002#") == sold
    days = world.rows(
        "SELECT booked_on, attributed_on FROM ledger_entry WHERE kind = 'sale' ORDER BY natural_key"
    )
    assert [(str(day), str(own)) for day, own in days] == [
        ("2011-03-01", "2011-02-28"), ("2011-03-01", "None")
    ]  # fmt: skip
    assert world.order("1001").exception is None
    assert world.on_hand("MUG") == 6
    assert not world.broken()


def test_a_return_of_a_sale_that_waits_waits_for_itself_only(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    world.orders("1001 MUG 2 @ 5.00 USD on 2011-02-28 from ann to US")
    world.orders("C1002 MUG -1 @ 5.00 on 2011-03-02 from ann to US")
    assert world.booked("/C1002#") == {"1210": -500, "1300": 200, "4200": 500, "5000": -200}
    assert world.on_hand("MUG") == 9
    assert not world.broken()


def test_a_return_into_a_closed_month_may_cover_a_short(world: World) -> None:
    world.stock("MUG 1 @ 1.00 on 2010-11-29", "MUG 1 @ 3.00 on 2010-11-30")
    world.close_month("2011-02")
    world.orders(
        "1001 MUG 2 @ 5.00 on 2011-01-10 from ann to US",
        "1002 MUG 1 @ 5.00 on 2011-01-11 from bob to US",
        "C1003 MUG -2 @ 5.00 on 2011-02-12 from ann to US",
    )
    assert world.on_hand("MUG") == 1
    assert not world.broken()


def test_losses_in_a_closed_month_are_booked_in_the_next_open_one(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    world.close_month("2011-02")
    world.orders("1001 MUG -2 @ 0.00 on 2011-02-28", "1002 MUG 1 @ 0.00 on 2011-02-28")
    assert world.booked("adjustment:") == {"1300": -200, "5100": 400, "5130": -200}
    days = world.rows("SELECT DISTINCT booked_on FROM ledger_entry WHERE kind = 'stock_adjustment'")
    assert [str(row[0]) for row in days] == ["2011-03-01"]
    assert world.on_hand("MUG") == 9
    assert not world.broken()


def test_an_unknown_code_holds_its_order_and_only_that(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    careful = MAPPING.replace("create_skus = true", "create_skus = false")
    result = world.orders(
        "1001 MUG 1 @ 5.00 on 2011-02-01 to US",
        "1001 CUP 1 @ 5.00 on 2011-02-01 to US",
        "1002 MUG 1 @ 5.00 on 2011-02-01 to US",
        mapping=careful,
    )
    assert (result.applied, result.quarantined) == (3, 0)
    held = world.order("1001")
    assert (held.state, held.exception, held.line_count) == ("draft", "unmapped", 2)
    assert [line.sku_id is None for line in world.lines("1001")] == [False, True]
    assert world.booked("/1001#") == {}
    assert world.on_hand("MUG") == 9
    assert world.order("1002").state == "shipped"
    listed = world.rows("SELECT external_ref, sku_id FROM catalog_listing ORDER BY external_ref")
    assert [(row[0], row[1] is None) for row in listed] == [("CUP", True), ("MUG", False)]
    assert not world.broken()


def test_a_loss_of_an_unknown_code_is_not_dropped(world: World) -> None:
    careful = MAPPING.replace("create_skus = true", "create_skus = false")
    result = world.orders("1001 CUP -1 @ 0.00 on 2011-02-01", mapping=careful)
    assert result.applied + result.quarantined == 1
    kept = world.rows("SELECT payload FROM channels_raw_row")
    assert len(kept) == 1
    assert "CUP" in kept[0][0]
    assert not world.broken()


def test_orders_that_have_not_left_are_promised_what_is_there(world: World) -> None:
    world.stock("MUG 3 @ 2.00 on 2010-11-30")
    world.orders(
        "1001 MUG 2 @ 5.00 on 2011-02-01 to US",
        "1002 MUG 2 @ 5.00 on 2011-02-02 to US",
        mapping=MAPPING.replace("shipped = true", "shipped = false"),
    )
    level = world.rows("SELECT on_hand, reserved FROM stock_level")
    assert [tuple(row) for row in level] == [(3, 3)]
    promised = world.rows("SELECT open_quantity FROM stock_reservation ORDER BY id")
    assert [row[0] for row in promised] == [2, 1]
    assert (world.order("1001").state, world.order("1002").state) == ("allocated", "backordered")
    assert (world.order("1001").exception, world.order("1002").exception) == (None, "short")
    assert world.booked("sale:") == {}
    assert not world.broken()


def test_the_books_of_an_order_are_told_on_its_timeline(world: World) -> None:
    world.orders("1001 MUG 1 @ 5.00 on 2011-02-01 to US")
    kinds = world.rows("SELECT kind FROM orders_event ORDER BY id")
    assert [row[0] for row in kinds] == ["imported", "shipped", "posted"]
