"""The cost of the gate for a request; alone on the machine, with `-m bench`."""

from __future__ import annotations

import pytest

from tests.bench.gate import measure


@pytest.mark.bench
def test_the_gate_costs_a_request_little() -> None:
    found = measure()

    assert found["gate_microseconds_median"] <= found["limit_microseconds"], found
