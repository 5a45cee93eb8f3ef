"""Many generated transactions: nothing is out of balance, and every balance can be rebuilt.

A hundredth of them in the suite, a million of them under `-m soak`, or in slices by
`python -m tests.ledger.generated`.
"""

from __future__ import annotations

import pytest

from tests.ledger.generated import BATCH
from tests.ledger.generated import FULL
from tests.ledger.generated import book
from tests.ledger.generated import check
from tests.ledger.generated import rebuilt
from tests.world import World


def run(world: World, number: int) -> None:
    assert book(world.kernel, world.company.id, number) == number
    check(world.kernel, number)


def test_generated_transactions_balance_and_can_be_rebuilt(world: World) -> None:
    # The second slice goes on where the first one ended.
    assert book(world.kernel, world.company.id, 2 * BATCH) == 2 * BATCH
    run(world, FULL // 100)


@pytest.mark.soak
def test_a_million_transactions_balance_and_can_be_rebuilt(world: World) -> None:
    run(world, FULL)


def test_what_was_changed_behind_the_books_is_found(world: World) -> None:
    book(world.kernel, world.company.id, 200)
    world.change("UPDATE ledger_balance SET amount = amount + 1 WHERE amount <> 0")
    world.change("UPDATE ledger_item SET open_functional = open_functional + 1")
    for what in ("an account's month", "an open item"):
        assert rebuilt(world.kernel, what)[1] > 0
