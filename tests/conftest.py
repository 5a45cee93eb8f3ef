"""How much the property tests try: a twentieth of the full count, all of it under `-m soak`."""

from __future__ import annotations

import pytest
from hypothesis import settings

FULL_COUNT = 1000

# A slow machine is no failure: the suite as a whole has a time limit, single examples have none.
settings.register_profile("quick", max_examples=FULL_COUNT // 20, deadline=None, print_blob=True)
settings.register_profile("soak", max_examples=FULL_COUNT, deadline=None, print_blob=True)


def pytest_configure(config: pytest.Config) -> None:
    """Choose the count by the marker expression."""
    settings.load_profile("soak" if config.option.markexpr == "soak" else "quick")
