"""Items of platforms: suggested, mapped by hand and by file, logged; their orders go on."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa

from core.errors import InputError
from core.errors import NotFound
from core.prepared import ASKED
from core.publishing.incidents import incident
from core.publishing.incidents import oversold
from core.publishing.mapping import list_listings
from core.publishing.mapping import map_file
from core.publishing.mapping import map_listings
from core.publishing.mapping import mapping_log
from core.publishing.mapping import suggest
from tests.publishing.market import opened
from tests.publishing.test_publishing import WAITING
from tests.publishing.test_publishing import publish
from tests.publishing.test_publishing import targets
from tests.world import World

UNKNOWN = WAITING.replace("create_skus = true", "create_skus = false")


@pytest.fixture
def waiting(world: World) -> World:
    """Give three SKUs in stock and two orders of codes that nobody has mapped."""
    stock = ("MUG-BLUE", "MUG-RED", "TEAPOT")
    world.stock(*[f"{sku} 10 @ 2.00 on 2010-11-30" for sku in stock])
    world.orders(
        "1 amz-MUG-BLUE 2 @ 5.00 on 2011-02-01 called Blue mug",
        "2 B00XYZ 1 @ 5.00 on 2011-02-01 called teapot",
        mapping=UNKNOWN,
    )
    return world


def listings(world: World, show: str = "all") -> dict[str, int]:
    with world.kernel.db.read() as session:
        page = list_listings(session, world.company.id, show, "", None)
        return {row.external_ref: row.id for row in page.rows}


def states(world: World) -> list[tuple[str, str]]:
    query = "SELECT external_ref, state FROM orders_order ORDER BY external_ref"
    return [(row[0], row[1]) for row in world.rows(query)]


def test_orders_wait_for_a_mapping_and_then_go_on(waiting: World) -> None:
    assert states(waiting) == [("1", "draft"), ("2", "draft")]
    with waiting.kernel.db.read() as session:
        found = list_listings(session, waiting.company.id, "unmapped", "", None).rows
        likely = suggest(session, waiting.company.id, found)
    assert [likely[row.id][0].sku for row in found] == ["TEAPOT", "MUG-BLUE"]

    with waiting.kernel.db.write() as session:
        choices = {row.id: likely[row.id][0].sku for row in found}
        done = map_listings(session, waiting.company.id, choices, "ann", "page")

    assert (done.mapped, done.orders) == (2, 2)
    assert listings(waiting, "unmapped") == {}
    assert [state for _, state in states(waiting)] == ["allocated", "allocated"]
    with waiting.kernel.db.read() as session:
        log = mapping_log(session, waiting.company.id)
    assert sorted((row.external_ref, row.before, row.after, row.actor) for row in log) == [
        ("B00XYZ", None, "TEAPOT", "ann"),
        ("amz-MUG-BLUE", None, "MUG-BLUE", "ann"),
    ]
    assert not waiting.broken()


def test_file_maps_all_or_nothing(waiting: World) -> None:
    platform, account = waiting.rows("SELECT platform, account FROM catalog_listing LIMIT 1")[0]
    head = "platform,account,code,sku\n"
    good = f"{platform},{account},B00XYZ,TEAPOT\n"
    company = waiting.company.id

    for bad, where in (
        (f"{platform},{account},B00XYZ,POT\n", "line 3"),
        (",,X,TEAPOT\n", "line 3"),
    ):
        with pytest.raises(InputError, match=where), waiting.kernel.db.write() as session:
            map_file(session, company, io.StringIO(head + good + bad), "map.csv", "ann")
    assert len(listings(waiting, "unmapped")) == 2
    with waiting.kernel.db.write() as session:
        assert map_file(session, company, io.StringIO(head + good), "map.csv", "ann").mapped == 1
    with waiting.kernel.db.write() as session:
        again = map_file(session, company, io.StringIO(head + good), "map.csv", "ann")
    assert (again.mapped, again.unchanged) == (0, 1)


def test_unknown_sku_maps_nothing(waiting: World) -> None:
    choices = dict.fromkeys(listings(waiting).values(), "NOPE")
    with pytest.raises(NotFound, match="NOPE"), waiting.kernel.db.write() as session:
        map_listings(session, waiting.company.id, choices, "ann", "page")


def test_mapping_anew_shows_the_stock_of_the_other_sku(waiting: World) -> None:
    company, ids = waiting.company.id, listings(waiting)
    with opened(waiting.kernel, 1) as market:
        for sku, left in (("TEAPOT", 9), ("MUG-RED", 10)):
            with waiting.kernel.db.write() as session:
                map_listings(session, company, {ids["B00XYZ"]: sku}, "ann", "page")
            publish(waiting, market)
            assert market.shown["B00XYZ"] == left

    assert targets(waiting)["B00XYZ"].confirmed == 10


def test_oversold_order_tells_its_story(waiting: World) -> None:
    company, ids = waiting.company.id, listings(waiting)
    with opened(waiting.kernel, 1) as market:
        with waiting.kernel.db.write() as session:
            map_listings(session, company, {ids["B00XYZ"]: "TEAPOT"}, "ann", "page")
        publish(waiting, market)
        waiting.orders("3 B00XYZ 12 @ 5.00 on 2011-02-02", mapping=UNKNOWN)
        publish(waiting, market)

    with waiting.kernel.db.read() as session:
        (short,) = oversold(session, company)
        story = [moment.what for moment in incident(session, company, short.id)]
    assert (short.external_ref, short.short) == ("3", 3)
    assert {"ordered", "promised"} <= set(story)


def test_many_codes_ask_the_database_no_more_than_two_do(world: World) -> None:
    world.stock("TEAPOT 1000 @ 2.00 on 2010-11-30")
    lines = [f"{n} B{n:04} 1 @ 5.00 on 2011-02-01" for n in range(42)]
    world.orders(*lines, mapping=UNKNOWN)
    ids = listings(world)

    few = statements_to_map(world, dict.fromkeys([ids.pop("B0000"), ids.pop("B0001")], "TEAPOT"))
    many = statements_to_map(world, dict.fromkeys(ids.values(), "TEAPOT"))

    # A new block of ids, and the figures for the planner once a table has grown.
    upkeep = ("SELECT nextval", "ANALYZE")
    assert [text for text in many if text not in few and not text.startswith(upkeep)] == []
    assert len(many) <= len(few) + len(upkeep)
    assert {state for _, state in states(world)} == {"allocated"}
    mapped = "SELECT count(*) FROM orders_event WHERE kind = 'mapped'"
    assert (world.rows(mapped)[0][0], len(logged(world))) == (42, 42)
    assert not world.broken()


def statements_to_map(world: World, choices: dict[int, str]) -> list[str]:
    asked: list[str] = []

    def count(_connection: object, _cursor: object, text: str, *_more: object) -> None:
        asked.append(text)

    with world.kernel.db.write() as session:
        sa.event.listen(session.connection(), "before_cursor_execute", count)
        asked_directly = session.info[ASKED] = list[str]()
        done = map_listings(session, world.company.id, choices, "ann", "file")
        assert (done.mapped, done.orders) == (len(choices), len(choices))
    return asked + asked_directly


def logged(world: World) -> list[object]:
    with world.kernel.db.read() as session:
        return list(mapping_log(session, world.company.id))
