"""One verb for many orders: all that can go on do, and each of the others says why not."""

from __future__ import annotations

import pytest

from core.errors import InputError
from core.orders.queries import OrderFilter
from core.orders.queries import matching_ids
from core.orders.record import Actor
from core.orders.several import MOST
from core.orders.several import act_on_several
from tests.orders.life import Life
from tests.world import World

ANN = Actor("ann", "")


def several(life: Life, verb: str, ids: list[int]) -> dict[str, tuple[str, str]]:
    found = act_on_several(life.world.kernel.db, life.world.company.id, ids, verb, ANN)
    return {each.order: (each.state, each.why) for each in found}


def test_what_can_be_done_is_done_and_the_rest_says_why_not(world: World) -> None:
    life = Life(world)
    world.stock("MUG 9 @ 2.00 on 2010-11-30")
    life.orders(
        *(f"{n} MUG 1 @ 5.00 on 2011-02-0{n} from ann{n} to US" for n in range(1, 5)),
        "5 CUP 1 @ 5.00 on 2011-02-05 from ann to US",
    )
    ids = [life.id(str(n)) for n in range(1, 6)]
    several(life, "hold", [ids[3]])

    done = several(life, "release", [*ids, ids[0], 10**15])

    assert done["1"] == done["2"] == done["3"] == ("released", "")
    assert done["4"] == ("on_hold", "not_offered")
    assert done["5"][1] == "not_offered"
    assert done[""] == ("", "not_found")
    assert len(done) == 6
    life.sound()


def test_one_that_is_refused_does_not_hold_the_others_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = Life(world)
    world.stock("MUG 9 @ 2.00 on 2010-11-30")
    life.orders(*(f"{n} MUG 1 @ 5.00 on 2011-02-0{n} from ann{n} to US" for n in range(1, 4)))
    ids = [life.id(str(n)) for n in range(1, 4)]
    refuse(monkeypatch, ids[1])

    done = several(life, "hold", ids)

    assert done == {"1": ("on_hold", ""), "2": ("allocated", "refused"), "3": ("on_hold", "")}
    life.sound()


def refuse(monkeypatch: pytest.MonkeyPatch, order_id: int) -> None:
    """Let holding one order be refused, whoever is held with it."""
    from dataclasses import replace
    from typing import Any

    from core.errors import Conflict
    from core.orders.offering import OFFERS

    offer = OFFERS["hold"]

    def verb(session: Any, company_id: int, ids: list[int], actor: Actor, **more: Any) -> Any:
        if order_id in ids:
            raise Conflict("This one stays.")
        return offer.verb(session, company_id, ids, actor, **more)

    monkeypatch.setitem(OFFERS, "hold", replace(offer, verb=verb))


def test_all_that_match_are_found_as_the_list_shows_them(world: World) -> None:
    life = Life(world)
    world.stock("MUG 9 @ 2.00 on 2010-11-30")
    life.orders(
        "1 MUG 1 @ 5.00 on 2011-02-01 to US",
        "2 MUG 1 @ 5.00 on 2011-02-02 to DE",
        "3 MUG 1 @ 5.00 on 2011-02-03 to US",
    )

    with world.kernel.db.read() as session:
        narrow = OrderFilter(country="US")
        found = matching_ids(session, world.company.id, narrow, 10)
        first = matching_ids(session, world.company.id, narrow, 1)

    assert found == [life.id("3"), life.id("1")]
    assert first == found[:1]


@pytest.mark.parametrize(("verb", "number"), [("dance", 1), ("hold", 0), ("hold", MOST + 1)])
def test_what_makes_no_sense_is_refused(world: World, verb: str, number: int) -> None:
    with pytest.raises(InputError):
        several(Life(world), verb, list(range(1, number + 1)))
