"""The life of orders that have still to leave: promised, held, handed over, cancelled, sent."""

from __future__ import annotations

import pytest

from core.errors import Conflict
from core.errors import InputError
from core.orders.approving import approve
from core.orders.approving import solve
from core.orders.cancelling import cancel
from core.orders.cancelling import cancel_lines
from core.orders.cancelling import confirm_cancel
from core.orders.cancelling import refuse_cancel
from core.orders.holding import hold
from core.orders.holding import resume
from core.orders.releasing import advance
from core.orders.releasing import recall
from core.orders.releasing import release
from core.orders.shipping import ship
from core.orders.states import State
from tests.orders.life import Life
from tests.world import World


@pytest.fixture
def life(world: World) -> Life:
    return Life(world)


def test_an_order_goes_from_import_to_its_parcel(life: Life) -> None:
    life.world.stock("MUG 5 @ 2.00 on 2010-11-30")
    life.orders("1001 MUG 2 @ 5.00 on 2011-02-01 from ann to US")
    assert life.state("1001") == ("allocated", None)
    assert life.level("MUG") == (5, 2)

    life.do(release, "1001")
    life.do(advance, "1001", to=State.PICKING)
    life.do(advance, "1001", to=State.PACKED)
    life.do(ship, "1001")

    assert life.state("1001") == ("shipped", None)
    assert life.level("MUG") == (3, 0)
    assert life.world.booked("/1001#") == {"1210": 1000, "1300": -400, "4000": -1000, "5000": 400}
    steps = "imported to_allocate allocated released picking packed shipped posted".split()
    assert life.timeline("1001") == steps
    life.sound()


def test_the_timeline_says_who_and_why(life: Life) -> None:
    life.world.stock("MUG 5 @ 2.00 on 2010-11-30")
    life.orders("1001 MUG 2 @ 5.00 on 2011-02-01 to US")
    life.do(hold, "1001")
    rows = life.world.rows("SELECT kind, actor, detail FROM orders_event ORDER BY id")
    assert [(row[0], row[1]) for row in rows] == [
        ("imported", "Till"),
        ("to_allocate", "Till"),
        ("allocated", "Till"),
        ("on_hold", "bea"),
    ]
    assert '"why": "she says so"' in rows[-1][2]


def test_a_shortage_is_seen_and_goods_that_come_end_it_oldest_promise_first(life: Life) -> None:
    life.world.stock("MUG 3 @ 2.00 on 2010-11-30")
    life.orders(
        "1002 MUG 2 @ 5.00 on 2011-02-02 to US",
        "1001 MUG 5 @ 5.00 on 2011-02-01 to US",
        "1003 MUG 1 @ 5.00 on 2011-02-03 to US",
    )
    assert life.promised("1001") == {"MUG": (3, 2)}
    assert life.state("1001") == life.state("1003") == ("backordered", "short")

    life.world.stock("MUG 3 @ 2.00 on 2011-02-04")
    assert life.state("1001") == ("allocated", None)
    assert (life.promised("1002"), life.state("1002")[0]) == ({"MUG": (1, 1)}, "backordered")
    assert life.promised("1003") == {"MUG": (0, 1)}

    life.world.stock("MUG 9 @ 2.00 on 2011-02-05")
    assert [life.state(ref)[0] for ref in ("1001", "1002", "1003")] == ["allocated"] * 3
    assert life.level("MUG") == (15, 8)
    life.sound()


def test_what_a_cancelled_order_had_goes_to_who_waits_longest(life: Life) -> None:
    life.world.stock("MUG 2 @ 2.00 on 2010-11-30")
    life.orders(
        "1001 MUG 2 @ 5.00 on 2011-02-01 to US",
        "1002 MUG 1 @ 5.00 on 2011-02-02 to US",
        "1003 MUG 2 @ 5.00 on 2011-02-03 to US",
    )
    life.do(cancel, "1001")
    assert life.state("1001") == ("cancelled", None)
    assert life.state("1002") == ("allocated", None)
    assert life.promised("1003") == {"MUG": (1, 1)}
    with pytest.raises(Conflict, match="final"):
        life.do(approve, "1001")
    life.sound()


def test_goods_that_are_lost_break_the_promise_given_last(life: Life) -> None:
    life.world.stock("MUG 4 @ 2.00 on 2010-11-30")
    life.orders(
        "1001 MUG 2 @ 5.00 on 2011-02-01 to US",
        "1002 MUG 2 @ 5.00 on 2011-02-02 to US",
    )
    life.do(release, "1002")
    life.orders("L1 MUG -1 @ 0.00 on 2011-02-03")
    assert life.state("1001") == ("allocated", None)
    # The warehouse has it already: it keeps its state and shows the shortage.
    assert life.state("1002") == ("released", "short")
    assert life.promised("1002") == {"MUG": (1, 1)}
    assert life.level("MUG") == (3, 3)
    with pytest.raises(Conflict, match="only 1 of 2"):
        life.do(ship, "1002")
    life.do(recall, "1002")
    assert life.state("1002") == ("backordered", "short")
    life.orders("L2 MUG -2 @ 0.00 on 2011-02-04")
    assert life.state("1002") == ("backordered", "short")
    assert life.promised("1001") == {"MUG": (1, 1)}
    life.sound()


def test_a_parked_order_keeps_its_goods_and_a_locked_one_does_not(life: Life) -> None:
    life.world.stock("MUG 2 @ 2.00 on 2010-11-30")
    life.orders(
        "1001 MUG 2 @ 5.00 on 2011-02-01 to US",
        "1002 MUG 2 @ 5.00 on 2011-02-02 to US",
    )
    life.do(hold, "1001")
    assert (life.state("1001"), life.level("MUG")) == (("on_hold", None), (2, 2))
    assert life.state("1002") == ("backordered", "short")

    life.do(hold, "1001", keep_stock=False)
    assert life.state("1002") == ("allocated", None)
    assert life.promised("1001") == {}
    life.do(approve, "1001")
    assert life.state("1001") == ("backordered", "short")
    life.do(hold, "1001")
    life.do(resume, "1001")
    assert life.state("1001")[0] == "to_review"
    life.sound()


def test_the_warehouse_is_asked_before_an_order_it_has_is_cancelled(life: Life) -> None:
    life.world.stock("MUG 4 @ 2.00 on 2010-11-30")
    life.orders(
        "1001 MUG 2 @ 5.00 on 2011-02-01 to US",
        "1002 MUG 2 @ 5.00 on 2011-02-02 to US",
    )
    life.do(release, "1001", "1002")
    life.do(cancel, "1001", "1002")
    assert life.state("1001") == ("cancel_requested", None)
    assert life.level("MUG") == (4, 4)
    life.do(confirm_cancel, "1001")
    life.do(refuse_cancel, "1002", back_to=State.PACKED)
    assert (life.state("1001")[0], life.state("1002")[0]) == ("cancelled", "packed")
    assert life.level("MUG") == (4, 2)
    life.do(ship, "1002")
    with pytest.raises(Conflict):
        life.do(cancel, "1002")
    life.sound()


def test_a_line_is_cancelled_after_allocation(life: Life) -> None:
    life.world.stock("MUG 1 @ 2.00 on 2010-11-30", "CUP 1 @ 1.00 on 2010-11-30")
    life.orders("1001 MUG 1 @ 5.00 on 2011-02-01 to US", "1001 CUP 1 @ 3.00 on 2011-02-01 to US")
    life.one(cancel_lines, "1001", line_ids=life.line_ids("1001", "CUP"))
    assert life.state("1001") == ("allocated", None)
    assert life.promised("1001") == {"MUG": (1, 0)}
    assert life.level("CUP") == (1, 0)
    with pytest.raises(Conflict, match="Cancel the order"):
        life.one(cancel_lines, "1001", line_ids=life.line_ids("1001", "MUG"))
    life.do(ship, "1001")
    assert life.world.booked("/1001#")["4000"] == -500
    assert life.state("1001")[0] == "shipped"
    life.sound()


def test_an_order_leaves_in_parts_and_each_part_is_booked(life: Life) -> None:
    life.world.stock("MUG 5 @ 2.00 on 2010-11-30")
    life.orders("1001 MUG 3 @ 5.00 on 2011-02-01 to US", "1001 POST 1 @ 2.00 on 2011-02-01 to US")
    (line_id,) = life.line_ids("1001", "MUG")
    with pytest.raises(InputError, match="4 of MUG"):
        life.do(ship, "1001", quantities={line_id: 4})
    life.do(ship, "1001", quantities={line_id: 1})
    assert life.state("1001") == ("partially_shipped", None)
    assert (life.level("MUG"), life.promised("1001")) == ((4, 2), {"MUG": (2, 0)})
    booked = {"1210": 567, "1300": -200, "4000": -500, "4010": -67, "5000": 200}
    assert life.world.booked("/1001#") == booked
    life.sound()

    life.do(ship, "1001")
    assert life.state("1001") == ("shipped", None)
    whole = {"1210": 1700, "1300": -600, "4000": -1500, "4010": -200, "5000": 600}
    assert life.world.booked("/1001#") == whole
    mugs = (line for line in life.world.lines("1001") if line.code == "MUG")
    parts = sorted((line.quantity, line.net_amount) for line in mugs)
    assert parts == [(1, 500), (2, 1000)]
    life.sound()


def test_what_is_cancelled_of_an_order_that_left_in_part_stays_here(life: Life) -> None:
    life.world.stock("MUG 5 @ 2.00 on 2010-11-30")
    life.orders("1001 MUG 3 @ 5.00 on 2011-02-01 to US")
    life.do(ship, "1001", quantities={life.line_ids("1001", "MUG")[0]: 1})
    life.do(cancel, "1001")
    assert life.state("1001") == ("cancelled", None)
    assert life.level("MUG") == (4, 0)
    assert life.world.booked("/1001#")["4000"] == -500
    life.sound()


def test_bundles_promise_their_components_once(life: Life) -> None:
    life.bundle("KIT", CUP=2, MUG=1)
    life.world.stock("CUP 5 @ 1.00 on 2010-11-30", "MUG 5 @ 2.00 on 2010-11-30")
    life.orders(
        "1001 KIT 2 @ 9.00 on 2011-02-01 to US",
        "1001 CUP 1 @ 2.00 on 2011-02-01 to US",
        "1002 KIT 1 @ 9.00 on 2011-02-02 to US",
    )
    assert life.promised("1001") == {"CUP": (5, 0), "MUG": (2, 0)}
    assert life.promised("1002") == {"CUP": (0, 2), "MUG": (1, 0)}
    assert life.state("1002") == ("backordered", "short")
    life.do(ship, "1001")
    assert life.level("CUP") == (0, 0)
    booked = {"1210": 2000, "1300": -900, "4000": -2000, "5000": 900}
    assert life.world.booked("/1001#") == booked
    life.sound()


def test_one_sku_on_two_lines_is_not_promised_twice(life: Life) -> None:
    life.world.stock("MUG 3 @ 2.00 on 2010-11-30")
    line = "1001 MUG 2 @ 5.00 on 2011-02-01 to US"
    life.orders(line, line)
    assert life.promised("1001") == {"MUG": (3, 1)}
    assert life.level("MUG") == (3, 3)
    life.sound()


def test_what_one_warehouse_lacks_comes_from_another_whole_if_it_can(life: Life) -> None:
    life.warehouse("NORTH")
    life.world.stock("MUG 2 @ 2.00 on 2010-11-30", "CUP 1 @ 1.00 on 2010-11-30")
    life.world.stock_in("NORTH", "MUG 5 @ 2.00 on 2010-11-30", "CUP 5 @ 1.00 on 2010-11-30")
    life.orders("1001 MUG 1 @ 5.00 on 2011-02-01 to US", "1001 CUP 2 @ 5.00 on 2011-02-01 to US")
    # One parcel from the north beats two.
    assert (life.level("MUG"), life.level("MUG", "NORTH")) == ((2, 0), (5, 1))
    life.orders("1002 MUG 6 @ 5.00 on 2011-02-02 to US")
    assert (life.level("MUG"), life.level("MUG", "NORTH")) == ((2, 2), (5, 5))
    assert life.state("1002") == ("allocated", None)

    life.do(ship, "1002")
    assert life.state("1002") == ("shipped", None)
    parcels = life.world.rows("SELECT COUNT(*) FROM stock_document WHERE kind = 'shipment'")
    assert parcels[0][0] == 2
    assert life.world.booked("/1002#")["4000"] == -3000
    life.sound()


def test_an_order_that_would_lose_money_waits_for_a_person(life: Life) -> None:
    life.world.stock("MUG 5 @ 7.00 on 2010-11-30")
    life.orders("1001 MUG 1 @ 5.00 on 2011-02-01 to US")
    assert life.state("1001") == ("to_review", "loss")
    assert life.level("MUG") == (5, 1)
    life.do(solve, "1001", kind="loss")
    assert life.state("1001") == ("allocated", None)
    life.sound()


def test_the_same_order_again_and_one_to_nowhere_wait_for_a_person(life: Life) -> None:
    life.world.stock("MUG 9 @ 2.00 on 2010-11-30")
    life.orders(
        "1001 MUG 1 @ 5.00 on 2011-02-01 from ann to US",
        "1002 MUG 1 @ 5.00 on 2011-02-01 at 10:05 from ann to US",
        "1003 MUG 1 @ 5.00 on 2011-02-09 from ann to US",
        "1004 MUG 1 @ 5.00 on 2011-02-09 from bob to ZZ",
    )
    states = [life.state(ref) for ref in ("1001", "1002", "1003", "1004")]
    assert states == [
        ("allocated", None),
        ("to_review", "duplicate"),
        ("allocated", None),
        ("to_review", "address"),
    ]
    life.do(approve, "1002", "1004")
    assert life.state("1002") == life.state("1004") == ("allocated", None)
    life.sound()
