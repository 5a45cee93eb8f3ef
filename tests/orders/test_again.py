"""Files that come again, corrected or grown: nothing is lost, nothing is booked twice."""

from __future__ import annotations

import pytest

from core.kernel import lifecycle
from core.orders.waiting import post_waiting
from tests.world import MAPPING
from tests.world import World

CAREFUL = MAPPING.replace("create_skus = true", "create_skus = false")


def post(world: World) -> None:
    with world.kernel.db.write() as session:
        post_waiting(session, world.company.id)


def test_a_row_set_aside_is_booked_once_the_mapping_is_corrected(world: World) -> None:
    world.stock("MUG 9 @ 2.00 on 2010-11-29")
    wrong = MAPPING.replace('[[rule]]\nkind = "return"\ndocument_prefix = "C"\n', "").replace(
        '[[rule]]\nkind = "write_off"\nquantity = "negative"\n', ""
    )
    lines = (
        "1001 MUG 2 @ 10.00 on 2011-02-01 from ann",
        "C1002 MUG -1 @ 10.00 on 2011-03-01 from ann",
    )
    assert world.orders(*lines, mapping=wrong).quarantined == 1

    assert world.orders(*lines).applied == 1
    assert world.on_hand("MUG") == 8


@pytest.mark.parametrize(
    ("was", "becomes"),
    [("Europe/London", "Europe/Berlin"), ('marketplace = "till"', 'marketplace = "till-uk"')],
)
def test_a_corrected_mapping_books_nothing_twice(world: World, was: str, becomes: str) -> None:
    line = "1001 MUG 1 @ 10.00 on 2011-02-01 from ann to US"
    world.orders(line)

    assert world.orders(line, mapping=MAPPING.replace(was, becomes)).unchanged == 1
    assert world.booked("1001")["4000"] == -1000


def test_a_foreign_line_that_comes_later_waits_alone(world: World) -> None:
    world.orders("1001 MUG 1 @ 10.00 on 2011-02-01 to US")
    world.orders("1001 CUP 1 @ 10.00 EUR on 2011-02-01 to US")
    post(world)

    assert world.booked("1001")["4000"] == -1000
    assert world.order("1001").exception == "waiting"


def test_a_known_order_shows_what_its_later_lines_lack(world: World) -> None:
    world.stock("MUG 9 @ 2.00 on 2010-11-29")
    world.orders("1001 MUG 1 @ 10.00 on 2011-02-01 to US", mapping=CAREFUL)
    world.orders("1001 CUP 1 @ 10.00 on 2011-02-01 to US", mapping=CAREFUL)

    assert world.order("1001").exception == "unmapped"


@pytest.mark.parametrize(
    ("lines", "tax"),
    [
        (("1001 MUG 1 @ 10.00 on 2011-01-03", "1001 CUP 1 @ 10.00 on 2011-01-04"), -375),
        (("1001 MUG 1 @ 10.00 on 2011-01-05", "1001 CUP 1 @ 10.00 on 2011-01-05 to US"), -200),
    ],
)
def test_lines_that_waited_bear_the_tax_of_their_own_day_and_country(
    world: World, lines: tuple[str, str], tax: int
) -> None:
    lifecycle.disable(world.kernel, "tax_uk")
    world.orders(*lines)
    lifecycle.enable(world.kernel, "tax_uk")
    post(world)

    assert world.booked("/1001#")["2300"] == tax


def test_a_cover_is_booked_on_the_shops_own_day(world: World) -> None:
    tokyo = MAPPING.replace("Europe/London", "Asia/Tokyo")
    world.stock("MUG 1 @ 2.00 on 2010-11-29")
    world.orders("1001 MUG 2 @ 10.00 on 2011-03-01 at 08:00 from ann to US", mapping=tokyo)
    world.stock("MUG 1 @ 3.00 on 2011-01-29")

    days = world.rows("SELECT booked_on FROM ledger_entry WHERE kind = 'short_cover'")
    assert [str(row[0]) for row in days] == ["2011-03-01"]


def test_an_older_receipt_does_not_set_the_last_cost_back(world: World) -> None:
    world.stock("MUG 1 @ 5.00 on 2011-01-29")
    world.stock("MUG 1 @ 2.00 on 2010-11-29")
    world.orders("1001 MUG 3 @ 10.00 on 2011-02-01 from ann")

    assert world.lines("1001")[0].cost_amount == 200 + 500 + 500
