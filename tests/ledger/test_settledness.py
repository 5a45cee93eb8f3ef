"""The state of a figure that is the sum of several."""

from __future__ import annotations

import pytest

from core.ledger.settledness import States


@pytest.mark.parametrize(
    ("states", "name"),
    [
        (States(), "settled"),
        (States(estimated=3), "estimated"),
        (States(estimated=3, final=1), "partly settled"),
        (States(partly=1), "partly settled"),
        (States(partly=2, final=5), "partly settled"),
        (States(partly=6, final=89, reconciled=False), "partly settled"),
        (States(final=2), "reconciled"),
        (States(final=2, reconciled=False), "settled"),
    ],
)
def test_a_sum_is_as_settled_as_its_parts(states: States, name: str) -> None:
    assert states.name == name
