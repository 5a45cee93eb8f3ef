"""How sure sales are: what is paid, what is estimated, and what left without a cost."""

from __future__ import annotations

from datetime import date

import pytest

from core.ledger.months import NET_SALES
from core.ledger.profit import profit_report
from core.profits.confidence import Confidence
from core.profits.confidence import confidence
from tests.world import World

FEBRUARY = (date(2011, 2, 1), date(2011, 2, 28))


def sure(world: World, *days: date) -> Confidence:
    start, end = days or (None, None)
    with world.kernel.db.read() as session:
        company = world.company.id
        lines = profit_report(session, company, "month", start=start, end=end).total_lines
        return confidence(session, company, start, end, sum(lines[name] for name in NET_SALES))


def test_sales_without_goods_are_incomplete_until_these_are_received(world: World) -> None:
    world.stock("MUG 1 @ 2.00 on 2010-11-30")
    world.orders(
        "1001 MUG 1 @ 5.00 on 2011-02-01 to GB",
        "1002 CUP 3 @ 5.00 on 2011-02-02 to GB",
        "1003 MUG 1 @ 80.00 on 2011-03-02 to GB",
    )

    assert sure(world, *FEBRUARY) == Confidence(0, 500, 1500)
    world.stock("CUP 3 @ 2.00 on 2011-02-01")
    assert sure(world, *FEBRUARY) == Confidence(0, 2000, 0)
    assert sure(world) == Confidence(0, 2000, 8000)


def test_what_a_platform_paid_is_settled(world: World) -> None:
    world.stock("MUG 9 @ 2.00 on 2010-11-30")
    world.orders(
        "1001 MUG 1 @ 5.00 on 2011-02-01 to GB",
        "1002 MUG 2 @ 5.00 on 2011-02-02 to GB",
    )
    world.change("UPDATE fees_finality SET state = 2 WHERE id = :id", id=world.order("1001").id)

    assert sure(world, *FEBRUARY) == Confidence(500, 1000, 0)


@pytest.mark.parametrize(
    ("amounts", "shares"),
    [
        ((92, 5, 3), (92, 5, 3)),
        ((100_000, 1, 1), (98, 1, 1)),
        ((1, 1, 1), (34, 33, 33)),
        ((0, 7, 0), (0, 100, 0)),
        ((-5, 10, 0), (0, 100, 0)),
        ((0, 0, 0), ()),
    ],
)
def test_shares_come_to_a_hundred(amounts: tuple[int, int, int], shares: tuple[int, ...]) -> None:
    assert tuple(Confidence(*amounts).shares.values()) == shares
