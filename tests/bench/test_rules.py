"""Fifty rules decide about at least 5,000 orders a second."""

from __future__ import annotations

import pytest

from tests.bench.rules import measure


@pytest.mark.bench
def test_fifty_rules_keep_up() -> None:
    figures = measure(20_000)

    assert figures["rules"] == 50
    assert figures["met_by_each"] > 1
    assert figures["orders_per_cpu_second"] >= 5000
