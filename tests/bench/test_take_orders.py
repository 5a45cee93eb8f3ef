"""Orders are taken fast, in batches and one by one."""

from __future__ import annotations

import pytest

from tests.bench.hot_sku import measure as measure_hot
from tests.bench.instances import ENGINES
from tests.bench.take_orders import measure


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_measured_are_orders_whose_goods_are_promised(engine: str) -> None:
    figures = measure(engine, 40, 10)

    assert figures["orders"] == sum(figures["states"].values()) == 40
    assert figures["states"]["allocated"] > 20
    assert len(figures["addons"]) >= 3
    assert figures["raw_rows"] > 40 * 8
    assert figures["share_of_raw"] > 0


def test_the_hot_sku_is_reserved_as_often_as_is_said() -> None:
    figures = measure_hot(2, 14)

    # What is promised by rows: the bare statement makes none.
    assert figures["promised"] == 3 * figures["reservations"]
    assert figures["per_second"].keys() == {"bare", "reservation", "apart", "order"}


@pytest.mark.bench
@pytest.mark.parametrize("engine", ENGINES)
def test_batches_of_500_orders_are_fast(engine: str) -> None:
    figures = measure(engine, 5_000, 500)

    print(figures)
    assert figures["orders_per_second"] >= 1000
    assert figures["share_of_raw"] >= 0.1


@pytest.mark.bench
@pytest.mark.parametrize(("engine", "share"), [("sqlite", 0.05), ("postgresql", 0.15)])
def test_single_orders_keep_their_pace_with_three_addons(engine: str, share: float) -> None:
    figures = measure(engine, 600, 1)

    print(figures)
    assert len(figures["addons"]) >= 3
    assert figures["share_of_raw"] >= share


@pytest.mark.bench
def test_a_hot_sku_holds_nobody_up() -> None:
    figures = measure_hot(8, 150)

    print(figures)
    assert figures["apart_by_reservation"] <= 1.5
    assert figures["bare_by_reservation"] <= 1.5
