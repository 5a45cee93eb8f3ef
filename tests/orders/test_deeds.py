"""The trail of what people do to orders: once for each deed, from wherever it is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from core.errors import Conflict
from core.orders.holding import hold
from core.orders.offering import OFFERS
from core.orders.replacing import exchange
from core.orders.shipping import ship
from core.orders.splitting import split
from tests.orders.life import Life
from tests.orders.test_life_commands import Pages
from tests.orders.test_life_commands import run
from tests.world import World


@pytest.fixture
def life(world: World) -> Life:
    return Life(world)


@pytest.fixture
def pages(life: Life) -> Iterator[Pages]:
    made = Pages(life)
    yield made
    made.kernel.db.dispose()


def trail(life: Life) -> list[dict[str, Any]]:
    """Return what the trail says of orders."""
    rows = life.world.rows(
        "SELECT action, subject, actor_kind, actor, origin, before, after FROM identity_audit"
        " WHERE action LIKE 'order.%' ORDER BY id"
    )
    found = []
    for row in rows:
        entry = dict(row._mapping)
        for name in ("before", "after"):
            if isinstance(entry[name], str):
                entry[name] = json.loads(entry[name])
        found.append(entry)
    return found


def stocked(life: Life, *orders: str) -> None:
    life.world.stock("MUG 99 @ 2.00 on 2010-11-30", "CUP 9 @ 1.00 on 2010-11-30")
    life.orders(*orders)


def test_each_command_is_said_once(life: Life) -> None:
    stocked(
        life,
        "1001 MUG 3 @ 5.00 on 2011-02-01 from ann to US",
        "1002 MUG 1 @ 5.00 on 2011-02-01 from ann to US",
    )
    assert trail(life) == []

    for words in (
        ("hold", "1001"),
        ("resume", "1001"),
        ("approve", "1001"),
        ("split", "1001", "--line", "MUG=1"),
        ("merge", "1001", "1002"),
        ("separate", "1001", "1002"),
        ("release", "1001"),
        ("cancel", "1001"),
        ("refuse-cancel", "1001"),
        ("ship", "1001", "--tracking", "JD01"),
        ("return", "1001", "--line", "MUG=1", "--reason", "says Ann"),
        ("reship", "1001", "--line", "MUG=1"),
        ("exchange", "1001", "--line", "MUG=1", "--item", "CUP=1"),
        ("cancel", "1002"),
    ):
        run(life, *words)

    said = trail(life)
    assert [entry["action"].removeprefix("order.") for entry in said] == [
        "held", "resumed", "approved", "split", "merged", "separated", "released", "cancelled",
        "cancel_refused", "shipped", "taken_back", "reshipped", "exchanged", "cancelled",
    ]  # fmt: skip
    assert {(entry["actor_kind"], entry["origin"]) for entry in said} == {
        ("operator", "command line")
    }
    assert (said[0]["before"], said[0]["after"]) == (
        {"state": "allocated"},
        {"state": "on_hold", "order": "1001", "keep_stock": True},
    )
    assert said[4]["after"]["orders"] == ["1001", "1002"]


def test_nothing_personal_is_said(life: Life, pages: Pages) -> None:
    stocked(life, "1001 MUG 3 @ 5.00 on 2011-02-01 from ann to US")
    here = f"/orders/{life.id('1001')}"

    pages.post(here, f"{here}/do/hold", why="Zebulon Quux asks")
    run(life, "approve", "1001", "--why", "Zebulon Quux asks")
    run(life, "ship", "1001", "--tracking", "JDQUUX")
    run(life, "return", "1001", "--line", "MUG=1", "--reason", "Zebulon Quux is unhappy")

    said = trail(life)
    assert len(said) == 4
    assert (said[0]["actor"], said[0]["actor_kind"]) == ("admin", "user")
    assert said[0]["subject"] == f"order:{life.id('1001')}"
    assert "QUUX" not in json.dumps(said).upper()


def test_many_orders_at_once_are_one_entry_with_their_numbers(life: Life) -> None:
    refs = [str(1000 + number) for number in range(60)]
    stocked(life, *[f"{ref} MUG 1 @ 5.00 on 2011-02-01 from b{ref} to US" for ref in refs])

    life.do(hold, *refs)

    (only,) = trail(life)
    assert only["subject"] == "orders"
    assert only["before"] == {"states": {"allocated": 60}}
    assert only["after"] == {
        "orders": 60, "states": {"on_hold": 60}, "by": "bea",
    }  # fmt: skip


def test_deed_of_several_verbs_is_one_entry(life: Life) -> None:
    stocked(life, "1001 MUG 3 @ 5.00 on 2011-02-01 from ann to US")
    life.do(ship, "1001")
    (line,) = life.line_ids("1001", "MUG")

    life.one(exchange, "1001", quantities={line: 2}, items={"CUP": 1})

    assert [entry["action"] for entry in trail(life)] == ["order.shipped", "order.exchanged"]
    said = trail(life)[1]["after"]
    assert (said["quantities"], said["items"]) == ({str(line): 2}, {"CUP": 1})


def test_refused_deed_says_nothing(life: Life) -> None:
    stocked(life, "1001 MUG 3 @ 5.00 on 2011-02-01 from ann to US")

    with pytest.raises(Conflict):
        life.one(split, "1001", by="stock")
    run(life, "refuse-cancel", "1001", fails=True)

    assert trail(life) == []


@pytest.mark.parametrize("verb", sorted(OFFERS))
def test_every_button_says_something(verb: str) -> None:
    assert hasattr(OFFERS[verb].verb, "__wrapped__"), "decorate it: deed_of_orders"
