"""Stock against a model of it that is too simple to be wrong, in batches of any size."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from core.db import Database
from core.invariants import verify
from tests.stock.model import Model
from tests.stock.trading import Event
from tests.stock.trading import Place
from tests.stock.trading import Trader
from tests.stock.trading import make_place
from tests.world import Worlds

LINES = 4


EVENTS = st.builds(
    Event,
    st.sampled_from(["receive", "receive", "find", "ship", "ship", "ship", "reserve", "write_off",
                     "put_back", "put_back"]),
    st.sampled_from(["MUG", "CUP"]),
    st.integers(1, 7),
    line=st.integers(0, LINES - 1),
    value=st.integers(0, 2000),
    days_old=st.integers(0, 2),
)  # fmt: skip


@dataclass
class Shelf:
    """A database in which each run has SKUs and lines of its own."""

    database: Database
    company_id: int
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def run(
        self, events: list[Event], ends: list[int]
    ) -> tuple[list[tuple[int, int]], list[list[Any]]]:
        """Apply events in batches that end at some places; return outcomes and what is stored."""
        number = next(self.numbers)
        with self.database.write() as session:
            place = make_place(session, self.company_id, LINES)
        trader, outcomes, done = Trader(place, f"run {number}"), [], 0
        named = [replace(event, sku=f"{event.sku}-{number}") for event in events]
        for end in sorted({*ends, len(events)}):
            if named[done:end]:
                with self.database.write() as session:
                    outcomes += trader.apply(session, named[done:end])
            done = max(done, end)
        return outcomes, self._stored(place, number)

    def _stored(self, place: Place, number: int) -> list[list[Any]]:
        """Return all that lies in the tables of stock, without ids."""
        level = (
            "(SELECT v.id FROM stock_level v JOIN catalog_sku s ON s.id = v.sku_id"
            f" WHERE s.code LIKE '%-{number}')"
        )
        queries = (
            "SELECT s.code, v.on_hand, v.reserved, v.last_unit_cost FROM stock_level v"
            f" JOIN catalog_sku s ON s.id = v.sku_id WHERE v.id IN {level} ORDER BY s.code DESC",
            "SELECT received_at, quantity, value, remaining, remaining_value FROM stock_layer"
            f" WHERE level_id IN {level} ORDER BY received_at, id",
            "SELECT u.line_id, u.quantity, u.value, u.returned_quantity, u.returned_value"
            " FROM stock_layer_use u JOIN stock_layer y ON y.id = u.layer_id"
            f" WHERE y.level_id IN {level} ORDER BY u.id",
            "SELECT line_id, quantity, value, open_quantity, open_value FROM stock_short"
            f" WHERE level_id IN {level} ORDER BY id",
            "SELECT line_id, quantity, reason FROM stock_move"
            f" WHERE level_id IN {level} ORDER BY id",
        )
        lines = {line_id: f"line {index}" for index, line_id in enumerate(place.lines)}
        with self.database.read() as session:
            found = [[tuple(row) for row in session.execute(sa.text(q))] for q in queries]
        return [[(lines.get(row[0], row[0]), *row[1:]) for row in rows] for rows in found]

    def broken(self) -> list[str]:
        with self.database.read() as session:
            return [f"{v.sentence} {list(v.faults)}" for v in verify(session) if not v.holds]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shelf(request: pytest.FixtureRequest, worlds: Worlds) -> Iterator[Shelf]:
    url = worlds.create(request.param)
    database = Database(url)
    with database.read() as session:
        company_id = session.execute(sa.text("SELECT id FROM kernel_company")).scalar_one()
    yield Shelf(database, company_id)
    database.dispose()
    worlds.drop(url)


# A line that was sent as one SKU comes back as another: none of it may be put back there.
REMAPPED = [
    Event("receive", "CUP", 1),
    Event("ship", "MUG", 1),
    Event("ship", "CUP", 1, line=1),
    Event("put_back", "MUG", 1, line=1),
]


@example(REMAPPED, [])
@given(st.lists(EVENTS, min_size=1, max_size=25), st.lists(st.integers(0, 25), max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_stock_does_what_the_model_does(shelf: Shelf, events: list[Event], ends: list[int]) -> None:
    events = without_second_promises(events)
    models = {"MUG": Model(), "CUP": Model()}
    expected = [models[event.sku].happen(event, number) for number, event in enumerate(events, 1)]

    outcomes, stored = shelf.run(events, ends)

    assert outcomes == expected
    levels = {row[0].split("-")[0]: row[1:] for row in stored[0]}
    for sku, (on_hand, reserved, unit_cost) in levels.items():
        model = models[sku]
        assert (on_hand, reserved, unit_cost) == (
            model.free + model.reserved, model.reserved, model.unit_cost
        )  # fmt: skip
    left = sorted((row[3], row[4]) for row in stored[1])
    assert left == sorted((y.left, y.value) for m in models.values() for y in m.layers)
    still_open = sorted((row[3], row[4]) for row in stored[3])
    assert still_open == sorted((s.left, s.value) for m in models.values() for s in m.shorts)
    gained = sum(value for _, value in expected) - sum(m.covered for m in models.values())
    assert gained == sum(model.worth for model in models.values())
    assert not shelf.broken()


@given(st.lists(EVENTS, min_size=2, max_size=25), st.lists(st.integers(0, 25), max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_where_a_batch_ends_changes_nothing(
    shelf: Shelf, events: list[Event], ends: list[int]
) -> None:
    events = without_second_promises(events)
    at_once, first = shelf.run(events, [])
    in_parts, second = shelf.run(events, ends)
    assert in_parts == at_once
    assert [row[1:] for row in second[0]] == [row[1:] for row in first[0]]
    assert second[1:] == first[1:]


def without_second_promises(events: list[Event]) -> list[Event]:
    """A line is promised goods once: it has one reservation of a level, and is then sent or not."""
    seen: set[tuple[str, int]] = set()
    kept = []
    for event in events:
        if event.kind in ("reserve", "ship"):
            if (event.sku, event.line) in seen:
                continue
            seen.add((event.sku, event.line))
        kept.append(event)
    return kept
