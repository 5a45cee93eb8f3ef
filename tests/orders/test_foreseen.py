"""What the review of new orders asks is asked ahead, once, and only where it stays true."""

from __future__ import annotations

from typing import Any

import pytest

from core.orders import orderwork
from tests.orders.life import Life
from tests.rules.ruling import condition
from tests.rules.ruling import live
from tests.rules.ruling import rule
from tests.rules.ruling import tags
from tests.world import World


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """Note of which SKUs the levels are asked in the review itself."""
    noted = list[set[int]]()
    original = orderwork.look_anywhere

    def note(session: Any, company_id: int, places: list[int], skus: Any) -> Any:
        noted.append(set(skus))
        return original(session, company_id, places, skus)

    monkeypatch.setattr(orderwork, "look_anywhere", note)
    return noted


def test_levels_asked_ahead_are_not_asked_again(world: World, asked: list[set[int]]) -> None:
    life = Life(world)
    world.stock("MUG 5 @ 2.00 on 2010-11-30")
    live(world, rule("Cups", condition("sku", "has_any", "MUG"), does="tag mugs"))

    life.orders("1001 MUG 2 @ 5.00 on 2011-02-01 from ann to GB")

    # SQLite gains nothing by asking ahead.
    assert len(asked) == (0 if world.kernel.db.dialect == "postgresql" else 1)
    assert life.state("1001") == ("allocated", None)
    assert life.level("MUG") == (5, 2)
    assert tags(world, "1001") == ["mugs"]
    life.sound()


def test_what_a_bundle_is_made_of_is_looked_at_when_it_is_known(
    world: World, asked: list[set[int]]
) -> None:
    life = Life(world)
    world.stock("MUG 5 @ 2.00 on 2010-11-30", "CUP 9 @ 1.00 on 2010-11-30")
    life.bundle("SET", MUG=1, CUP=2)

    life.orders("1001 SET 2 @ 9.00 on 2011-02-01 from ann to GB")

    assert [len(skus) for skus in asked] == [2]
    assert life.promised("1001") == {"MUG": (2, 0), "CUP": (4, 0)}
    life.sound()


def test_what_came_back_in_the_same_batch_is_promised(world: World, asked: list[set[int]]) -> None:
    life = Life(world)
    world.stock("MUG 2 @ 2.00 on 2010-11-30")
    world.orders("1000 MUG 2 @ 5.00 on 2011-02-01 from ann to GB")
    assert world.on_hand("MUG") == 0

    life.orders(
        "C1000 MUG -2 @ 5.00 on 2011-02-02 from ann to GB",
        "1001 MUG 2 @ 5.00 on 2011-02-03 from bea to GB",
    )

    assert len(asked) == 1
    assert life.state("1001") == ("allocated", None)
    assert life.level("MUG") == (2, 2)
    life.sound()
