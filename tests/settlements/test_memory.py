"""What an import of a settlement holds in memory does not grow with the file."""

from __future__ import annotations

import tracemalloc

import pytest

from core import collector
from core.settlements import staging
from core.settlements import working
from tests.world import World

SHORT, LONG = 150, 1500
BATCH = 50


def told(ref: int, count: int) -> list[str]:
    """Return rows of orders that nobody knows, the last two the same as the first."""
    numbers = [*range(count - 2), 0, 0]
    return [
        f"Order/ItemFees/Commission -1.80 on 2011-02-03 for 026-{ref:07d}-{n:07d} of MUG"
        for n in numbers
    ]


def peak(world: World, ref: int, count: int) -> int:
    """Return the most memory that an import held at once, beyond what was held before."""
    path = world.write_settlement(*told(ref, count), ref=str(ref))
    tracemalloc.start()
    try:
        found = world.settlement_file(path).statements[0]
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (found.state, found.applied) == ("booked", count)
    return held


def test_a_settlement_ten_times_as_long_takes_no_more_memory(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "STAGED_ROWS", BATCH)
    monkeypatch.setattr(working, "BATCH_ROWS", BATCH)
    # As seldom as in a real import, measured by the size of its batches.
    monkeypatch.setattr(collector, "BULK_OBJECTS", 1000)
    world.settle(*told(1, SHORT), ref="1")

    short, long = peak(world, 2, SHORT), peak(world, 3, LONG)

    assert long < 1.2 * short, (short, long)
    occurrences = world.rows(
        "SELECT MAX(r.occurrence), COUNT(*) FROM settlements_row r JOIN settlements_statement s"
        " ON s.company_id = r.company_id AND s.id = r.statement_id GROUP BY s.external_ref"
        " ORDER BY 2"
    )
    assert [tuple(row) for row in occurrences] == [(3, SHORT), (3, SHORT), (3, LONG)]
    assert world.broken() == []
