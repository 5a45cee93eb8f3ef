"""A source of rates that fails is its addon's fault: nothing else fails, and documents wait."""

from __future__ import annotations

from datetime import date
from datetime import datetime

import pytest

from core.orders.waiting import post_waiting
from tests.rates.test_published import enable
from tests.world import World

REASON = (
    "There is no rate from EUR to GBP on or before 2011-02-04."
    " rates_ecb failed to tell: see its faults."
)
SALES = (
    "1001 MUG 2 @ 5.00 EUR on 2011-02-04 from ann to GB",
    "1002 MUG 1 @ 5.00 on 2011-02-04 from bob to GB",
)


@pytest.fixture
def source(world: World) -> type:
    enable(world)
    world.stock("MUG 5 @ 2.00 on 2011-01-01")
    found = world.kernel.addon("rates_ecb").rate_sources.__func__.__globals__["EcbRates"]
    assert isinstance(found, type)
    return found


def waiting(world: World) -> list[str]:
    query = "SELECT waiting_for FROM stock_document WHERE posting_state = 'waiting'"
    return [row.waiting_for for row in world.rows(query)]


def faults(world: World) -> list[tuple[str, str, str]]:
    rows = world.rows("SELECT addon, place, error FROM kernel_fault")
    return [tuple(row) for row in rows]


def test_what_needs_its_rate_waits_and_the_rest_is_booked(
    world: World, source: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise RuntimeError("the file is gone")

    with monkeypatch.context() as patched:
        patched.setattr(source, "points", fail)
        assert world.orders(*SALES).applied == 2
    assert waiting(world) == [REASON]
    assert world.booked("1001") == {}
    assert world.booked("1002")["1210"] == 600
    assert faults(world) == [("rates_ecb", "hook:rate_sources", "RuntimeError")]
    with world.kernel.db.write() as session:
        assert post_waiting(session, world.company.id).posted == 1
    assert world.booked("1001")["1210"] == 1016
    assert world.broken() == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (None, "TypeError"),
        ([date(2011, 2, 4)], "TypeError"),
        ([(date(2011, 2, 4), 0.85)], "TypeError"),
        ([(datetime(2011, 2, 4), "0.85")], "TypeError"),  # noqa: DTZ001
        ([(date(2011, 2, 4), "much")], "InputError"),
        ([(date(2011, 2, 4), "-0.85")], "InputError"),
        ([(date(2011, 2, 4), "0.85"), (date(2011, 2, 3), "0.84")], "ValueError"),
        ([(date(2011, 2, 4), "0.85"), (date(2011, 2, 4), "0.84")], "ValueError"),
    ],
)
def test_an_answer_that_is_none_is_a_fault_too(
    world: World, source: type, monkeypatch: pytest.MonkeyPatch, answer: object, error: str
) -> None:
    monkeypatch.setattr(source, "points", lambda *_arguments: answer)
    assert world.orders(*SALES).applied == 2
    assert waiting(world) == [REASON]
    assert faults(world) == [("rates_ecb", "hook:rate_sources", error)]


def test_own_rates_serve_while_a_source_fails_but_not_old_ones(
    world: World, source: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "points", lambda *_arguments: None)
    world.rates("EUR/GBP 0.7 on 2010-12-01")
    world.orders(*SALES)
    assert waiting(world) == [REASON]
    world.rates("EUR/GBP 0.9 on 2011-02-01")
    with world.kernel.db.write() as session:
        assert post_waiting(session, world.company.id).posted == 1
    assert world.booked("1001")["1210"] == 1080
