"""Test the speed of an import on a part of the real file."""

from __future__ import annotations

import pytest

from tests.bench.import_orders import measure
from tests.bench.instances import ENGINES

LINES = 20_000


@pytest.mark.bench
@pytest.mark.parametrize("engine", ENGINES)
def test_an_import_is_fast_small_and_steady(engine: str) -> None:
    figures = measure(engine, LINES)
    print(figures)
    assert figures["applied"] + figures["quarantined"] == figures["received"] == LINES
    assert figures["lines_per_second"] >= 2500
    assert figures["share_of_raw"] >= 0.1
    assert figures["peak_memory_mb"] < 600
    assert figures["batches"]["mean_ms"] <= 250
    assert figures["last_tenth_lines_per_second"] >= 0.8 * figures["first_tenth_lines_per_second"]
