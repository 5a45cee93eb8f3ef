"""What leaves is booked, estimated and settled fast."""

from __future__ import annotations

import pytest

from tests.bench.instances import ENGINES
from tests.bench.posting import measure


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_measured_are_orders_that_were_booked_and_settled(engine: str) -> None:
    figures = measure(engine, 40)

    rows = figures["rows"]
    assert figures["postings_per_order"] > 12
    assert rows["stock_move"] == 40
    assert rows["fees_estimate"] == 2 * 40
    assert rows["settlements_row"] == 4 * 40
    assert rows["open_estimates"] == 0
    assert figures["share_of_raw"] > 0


@pytest.mark.bench
@pytest.mark.parametrize("engine", ENGINES)
def test_orders_are_booked_and_settled_at_a_tenth_of_the_raw_rate(engine: str) -> None:
    figures = measure(engine, 10_000)

    print(figures)
    assert figures["orders_per_second"] >= 1000
    assert figures["share_of_raw"] >= 0.1
