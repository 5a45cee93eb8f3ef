"""Taking back what was just done with orders: they stand again where they stood, or say why not."""

from __future__ import annotations

import pytest

from core.orders.record import Actor
from core.orders.several import act_on_several
from core.orders.undoing import CHANGED
from core.orders.undoing import Mark
from core.orders.undoing import Standing
from core.orders.undoing import marks_of
from core.orders.undoing import read_mark
from core.orders.undoing import standing
from core.orders.undoing import undo
from tests.orders.life import Life
from tests.world import World

ANN = Actor("ann", "")


def look(life: Life, ids: list[int]) -> dict[int, Standing]:
    with life.world.kernel.db.read() as session:
        return standing(session, life.world.company.id, ids)


def act(life: Life, ids: list[int], verb: str) -> list[Mark]:
    before = look(life, ids)
    act_on_several(life.world.kernel.db, life.world.company.id, ids, verb, ANN)
    return marks_of(verb, before, look(life, ids))


def take_back(life: Life, marks: list[Mark]) -> dict[str, tuple[str, str]]:
    found = undo(life.world.kernel.db, life.world.company.id, marks, ANN)
    return {each.order: (each.state, each.why) for each in found}


def test_orders_stand_again_where_they_stood(world: World) -> None:
    life = Life(world)
    world.stock("MUG 9 @ 2.00 on 2010-11-30")
    life.orders(*(f"{n} MUG 1 @ 5.00 on 2011-02-0{n} from ann{n} to US" for n in (1, 2)))
    life.orders("3 CUP 1 @ 5.00 on 2011-02-03 from ann to US")  # there are no cups
    ids = [life.id(str(n)) for n in (1, 2, 3)]
    before = {key: (each.state, each.hold) for key, each in look(life, ids).items()}

    for verb in ("hold", "release", "hold"):
        taken = take_back(life, act(life, ids, verb))

        assert {why for _state, why in taken.values()} == {""}
        now = {key: (each.state, each.hold) for key, each in look(life, ids).items()}
        assert now == before
    act(life, ids[:1], "hold")
    take_back(life, act(life, ids[:1], "resume"))
    assert look(life, ids[:1])[ids[0]].hold == "parked"
    life.sound()


def test_what_changed_since_stays_as_it_is(world: World) -> None:
    life = Life(world)
    world.stock("MUG 9 @ 2.00 on 2010-11-30")
    life.orders(*(f"{n} MUG 1 @ 5.00 on 2011-02-0{n} from ann{n} to US" for n in (1, 2)))
    ids = [life.id("1"), life.id("2")]
    marks = act(life, ids, "release")
    act(life, ids[:1], "pick")

    taken = take_back(life, marks)

    assert taken == {"1": ("picking", CHANGED), "2": ("allocated", "")}
    assert take_back(life, marks) == {"1": ("picking", CHANGED), "2": ("allocated", CHANGED)}
    life.sound()


@pytest.mark.parametrize("text", ["", "1", "1:2:ship", "x:2:hold", "1::hold", "1:2:hold:3"])
def test_only_marks_of_ours_are_read(text: str) -> None:
    assert read_mark(text) is None


def test_mark_is_read_as_it_was_written() -> None:
    mark = Mark(12, 3, "recall")

    assert read_mark(mark.text()) == mark
