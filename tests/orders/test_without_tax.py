"""Nothing is sold untaxed: without exactly one answer the parcel waits, and the goods are gone."""

from __future__ import annotations

import pytest

from core.kernel import lifecycle
from tests.world import World


def waiting(world: World) -> list[str]:
    query = "SELECT waiting_for FROM stock_document WHERE posting_state = 'waiting' ORDER BY id"
    return [row[0] for row in world.rows(query)]


def test_without_a_regime_parcels_wait(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    lifecycle.disable(world.kernel, "tax_uk")
    world.orders(
        "1001 MUG 2 @ 5.00 on 2011-02-01 from ann",
        "C1002 MUG -1 @ 5.00 on 2011-02-02 from ann",
        "C1003 FEE -1 @ 13.00 on 2011-02-02",
        "1004 MUG -1 @ 0.00 on 2011-02-02",
    )
    assert world.booked("/1001#") == world.booked("/C1002#") == {}
    # What bears no tax need not wait.
    assert world.booked("/C1003#") == {"1210": -1300, "6000": 1300}
    assert world.booked("/1004#") == {"1300": -200, "5100": 200}
    assert len(waiting(world)) == 2
    assert all("tax regime" in reason for reason in waiting(world))
    assert world.on_hand("MUG") == 8
    assert world.order("1001").exception == "waiting"
    assert not world.broken()


def test_a_regime_that_fails_keeps_parcels_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: object, _facts: object) -> None:
        raise RuntimeError("no rates today")

    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    regime = world.kernel.addon("tax_uk").tax_regimes.__func__.__globals__["UkVat"]
    monkeypatch.setattr(regime, "decide", fail)
    result = world.orders("1001 MUG 2 @ 5.00 on 2011-02-01 from ann")
    assert result.applied == 1
    assert world.booked("/1001#") == {}
    assert ["no rates today" in reason for reason in waiting(world)] == [True]
    assert world.on_hand("MUG") == 8
    assert not world.broken()
    faults = world.rows("SELECT addon, message FROM kernel_fault")
    assert [row[0] for row in faults] == ["tax_uk"]


def test_one_case_without_an_answer_does_not_hold_up_the_others(world: World) -> None:
    # There was no VAT in the UK before April 1973, and the regime has no rate for such a day.
    world.orders(
        "1001 MUG 1 @ 5.00 on 1970-02-01 from ann",
        "1002 MUG 1 @ 5.00 on 2011-02-01 from ann",
    )
    assert world.order("1001").exception == "waiting"
    assert world.booked("/1001#") == {}
    assert world.booked("/1002#")["2300"] == -100
    assert not world.broken()
