"""The cost of a hook beside plain pluggy; alone on the machine, with `-m bench`."""

from __future__ import annotations

import pytest

from tests.bench.dispatch import measure


@pytest.mark.bench
def test_dispatch_costs_little_beside_plain_pluggy() -> None:
    found = measure()

    assert found["beside_pluggy_microseconds"] <= found["limit_microseconds"], found
