"""Sixteen who sell the same goods at once: nothing is promised twice, and no counter drifts."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter

import pytest

from tests.orders.hammering import Yard
from tests.orders.hammering import hammer
from tests.orders.hammering import prepare_yard
from tests.orders.hammering import take_turns
from tests.world import World

TIMES = int(os.environ.get("ENTREPOT_HAMMER_TIMES", "2084"))
SEED = int(os.environ.get("ENTREPOT_HAMMER_SEED", "0"))
"""A long run in slices: fewer operations by each of the sixteen, with another seed each time."""


def strike(yard: Yard, workers: int, times: int, *, seconds: int) -> Counter[str]:
    """Let some work at once, and return how often each kind of work was done.

    Raises: multiprocessing.TimeoutError when they are not done in time.
    """
    tasks = [(yard, number, times, SEED) for number in range(workers)]
    # Leaving the block ends those who still work, also one who died or waits for ever.
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        tallies = pool.starmap_async(hammer, tasks, 1).get(seconds)
    done = sum((tally.done for tally in tallies), Counter[str]())
    refused = sum((tally.refused for tally in tallies), Counter[str]())
    print(f"seed {SEED}: done {dict(done)}, refused {dict(refused)}")
    return done


def drift(world: World) -> list[tuple[int, int, int, int]]:
    """Return the levels whose counters are not the sums of their rows."""
    rows = world.rows(
        "SELECT v.reserved, (SELECT COALESCE(SUM(r.open_quantity), 0) FROM stock_reservation r"
        " WHERE r.level_id = v.id) AS promised, v.on_hand, (SELECT COALESCE(SUM(m.quantity), 0)"
        " FROM stock_move m WHERE m.level_id = v.id) AS moved FROM stock_level v"
    )
    return [tuple(row) for row in rows if row.reserved != row.promised or row.on_hand != row.moved]


def test_the_hammer_breaks_nothing(world: World) -> None:
    yard = prepare_yard(world, 3)
    done = strike(yard, 3, 30, seconds=180)
    assert done["order"] > 0
    assert done["ship"] > 0
    assert drift(world) == []
    assert not world.broken(), world.broken()


@pytest.mark.soak
@pytest.mark.parametrize("skus", [1, 10, 50])
def test_the_hammer_breaks_nothing_in_the_long_run(world: World, skus: int) -> None:
    yard = prepare_yard(world, skus)
    strike(yard, 16, TIMES, seconds=600 + 5 * 16 * TIMES)
    assert drift(world) == []
    assert not world.broken(), world.broken()


def test_without_locks_and_guard_the_hammer_finds_it(world: World) -> None:
    yard = prepare_yard(world, 2)
    done = take_turns(yard, 4, 40)
    assert done["order"] > 0
    assert drift(world) != []
    assert "What is reserved is the sum of the reservations." in " ".join(world.broken())
