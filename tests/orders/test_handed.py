"""What is handed to the review of new orders is what it would read."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from core.orders import applying
from core.orders.handed import Handed
from core.orders.inhand import LineWork
from core.orders.inhand import OrderWork
from core.orders.orderwork import Work
from core.orders.record import Actor
from core.privacy.records import address_marks
from core.rules.knowing import load_facts
from core.rules.rule import CORE
from tests.privacy.buyers import CANARIES
from tests.rules.ruling import import_waiting
from tests.world import World

LINES = (
    ("1001 MUG 2 @ 5.00 on 2011-02-01 from ann to GB", CANARIES),
    ("1001 CUP 1 @ 7.00 on 2011-02-01 from ann to GB", CANARIES),
    ("1002 MUG 1 @ 5.00 on 2011-02-02 from bea to DE", {}),
    ("1003 MUG 1 @ 5.00 on 2011-02-03 from ann to GB", {**CANARIES, "postcode": "wrong"}),
)


def plain(thing: OrderWork | LineWork) -> dict[str, Any]:
    left = {"order", "lines"}
    return {f.name: getattr(thing, f.name) for f in fields(thing) if f.name not in left}


def test_it_is_what_would_be_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.stock("MUG 9 @ 2.00 on 2010-11-30", "CUP 9 @ 1.00 on 2010-11-30")
    seen: list[Handed] = []

    def look(session: Any, company_id: int, ids: list[int], actor: Actor, **given: Any) -> Any:
        handed: Handed = given["handed"]
        told, read = Work(session, company_id, actor, handed), Work(session, company_id, actor)
        told.open(ids)
        read.open(ids)
        assert told.orders.keys() == read.orders.keys() == set(ids)
        for order_id, order in read.orders.items():
            other = told.orders[order_id]
            assert plain(order) == plain(other)
            assert [plain(line) for line in order.lines] == [plain(line) for line in other.lines]
            assert [read.lines.row(x.id) for x in order.lines] == [
                told.lines.row(x.id) for x in order.lines
            ]
        assert told.company == read.company
        assert handed.marks == address_marks(session, company_id, ids)
        here = (session, company_id, ids, {"sku", "amount", "items"}, CORE)
        assert load_facts(*here, handed.known) == load_facts(*here)
        seen.append(handed)
        return original(session, company_id, ids, actor, **given)

    original = applying.review_new
    monkeypatch.setattr(applying, "review_new", look)
    import_waiting(world, *LINES)

    (handed,) = seen
    # Of two orders of a new buyer the later may be the earlier one's twin.
    first = {row["ref"] for row in handed.orders if row["id"] in handed.first_of_buyer}
    assert first == {"1002"}
