"""Everything of a database comes over to the other engine, and nothing by halves."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import text

from core import clock
from core import failpoints
from core import moving
from core.catalog.models import Sku
from core.db import Database
from core.db import table_of
from core.db import utc_text
from core.digest import digest
from core.errors import Conflict
from core.errors import InputError
from core.errors import KernelError
from core.ids import next_id
from core.invariants import verify
from core.kernel import lifecycle
from core.kernel import migrations
from core.kernel import removal
from core.kernel.jobs import enqueue
from core.kernel.jobs.keeping import bring_back
from core.kernel.kernel import Kernel
from core.moving import copy_database
from core.moving import rows
from core.rows import bulk_insert
from tests.databases import Databases
from tests.kernel.acting import STAGED
from tests.kernel.acting import Killed
from tests.kernel.acting import in_child
from tests.world import World

OTHER = {"sqlite": "postgresql", "postgresql": "sqlite"}


@pytest.fixture
def target_url(world: World, databases: Databases) -> Iterator[str]:
    """Give an empty database of the other engine."""
    yield from databases.lend(OTHER[world.kernel.db.dialect], empty=True)


@pytest.fixture
def traded(world: World) -> World:
    """Return a world with stock, orders and books."""
    world.stock("MUG 50 @ 4.00 on 2010-11-30", "CUP 20 @ 2.50 on 2010-11-30")
    world.orders(*(f"100{n} MUG 1 @ 12.00 on 2011-02-01 from ann to GB" for n in range(1, 9)))
    return world


def tables_of(url: str) -> frozenset[str]:
    """Return the tables of a database, whoever made them."""
    database = Database(url)
    try:
        with database.engine.connect() as connection:
            return migrations.tables(connection)
    finally:
        database.dispose()


def triggers_of(url: str) -> set[str]:
    """Return the triggers that are there and work."""
    database = Database(url)
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'"
        " AND tgname NOT LIKE 'procrastinate%'",
    }[database.dialect]
    try:
        with database.engine.connect() as connection:
            return {row[0] for row in connection.execute(text(query))}
    finally:
        database.dispose()


def test_everything_arrives(
    traded: World, target_url: str, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Batches so small that most entries of the books are torn in two.
    monkeypatch.setattr(rows, "BATCH", 3)
    with traded.kernel.db.read() as session:
        before = digest(session).whole

    moved = copy_database(traded.kernel, target_url)

    assert moved.rows["ledger_posting"] > 8
    assert moved.revisions["core"] == migrations.newest_revision(migrations.core_lineage())
    there = Kernel.boot(replace(traded.kernel.config, database_url=target_url))
    for back_url in databases.lend(traded.kernel.db.dialect, empty=True):
        try:
            assert there.enabled == traded.kernel.enabled
            with there.db.read() as session:
                assert digest(session).whole == before
                assert [each for each in verify(session) if not each.holds] == []
            again = copy_database(there, back_url)
        finally:
            there.db.dispose()
        assert again.rows == moved.rows
        assert triggers_of(back_url) == triggers_of(str(traded.kernel.config.database_url))
        back = Database(back_url)
        try:
            with back.read() as session:
                assert digest(session).whole == before
        finally:
            back.dispose()


def test_the_books_are_guarded_there_too(
    world: World, target_url: str, databases: Databases
) -> None:
    copy_database(world.kernel, target_url)

    for fresh in databases.lend(OTHER[world.kernel.db.dialect]):
        assert triggers_of(target_url) == triggers_of(fresh) != set()


@pytest.mark.parametrize("state", ["installed", "uninstalled"])
def test_addons_take_their_tables_along(world: World, target_url: str, state: str) -> None:
    config = replace(
        world.kernel.config, addon_paths=(*world.kernel.config.addon_paths, STAGED / "one")
    )

    def prepare_and_copy() -> dict[str, int]:
        kernel = Kernel.boot(config)
        lifecycle.install(kernel, "staged")
        if state == "uninstalled":
            removal.uninstall(kernel, "staged")
        return copy_database(kernel, target_url).rows

    copied = in_child(prepare_and_copy)

    own = {name: count for name, count in copied.items() if name.startswith("staged__")}
    assert own == {"staged__colour": 4, "staged__thing": 3}
    assert own.keys() | {"alembic_version_staged"} <= tables_of(target_url)


def test_an_addon_with_tables_but_without_files_is_named(world: World, target_url: str) -> None:
    with world.kernel.db.write() as session:
        session.execute(text("CREATE TABLE alembic_version_gone (version_num VARCHAR(32))"))

    with pytest.raises(KernelError, match="entrepot addons purge gone"):
        copy_database(world.kernel, target_url)

    assert tables_of(target_url) == frozenset()


def test_jobs_are_brought_to_the_workers_there(world: World, databases: Databases) -> None:
    with world.kernel.db.write() as session:
        assert enqueue(session, "orders.fold_tallies", {}) is not None
    for url in databases.lend("postgresql", empty=True):
        copy_database(world.kernel, url)
        there = Kernel.boot(replace(world.kernel.config, database_url=url))
        try:
            assert bring_back(there.db, there.enabled) == 1
        finally:
            there.db.dispose()


def test_ids_go_on_where_they_were(traded: World, target_url: str) -> None:
    copy_database(traded.kernel, target_url)

    with traded.kernel.db.write() as session:
        here = next_id(session)
    target = Database(target_url)
    try:
        with target.write() as session:
            used = session.execute(text("SELECT max(id) FROM ledger_entry")).scalar_one()
            assert next_id(session) > used
            assert here > used
    finally:
        target.dispose()


def test_a_database_that_holds_something_is_refused(traded: World, databases: Databases) -> None:
    for url in databases.lend(OTHER[traded.kernel.db.dialect]):
        with pytest.raises(Conflict, match=r"holds \d+ tables"):
            copy_database(traded.kernel, url)


def test_a_table_that_no_migration_makes_is_refused(world: World, target_url: str) -> None:
    with world.kernel.db.write() as session:
        session.execute(text("CREATE TABLE scribbled (note TEXT)"))

    with pytest.raises(KernelError, match="No migration makes scribbled"):
        copy_database(world.kernel, target_url)

    assert tables_of(target_url) == frozenset()


def test_killed_in_the_middle_nothing_is_there_and_it_can_be_done_again(
    traded: World, target_url: str
) -> None:
    config = traded.kernel.config

    def copy_and_die() -> None:
        failpoints.arm("db.copied:30=kill")
        copy_database(Kernel.boot(config), target_url)

    with pytest.raises(Killed):
        in_child(copy_and_die)

    assert tables_of(target_url) == frozenset()
    assert copy_database(traded.kernel, target_url).rows["ledger_entry"] > 0


@pytest.mark.parametrize("wrong", ["lacks a row", "has another value"])
def test_a_copy_that_differs_is_undone(
    traded: World, target_url: str, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    insert: Any = rows.bulk_insert

    def careless(target: Any, table: Any, columns: Any, batch: Any) -> None:
        if table.name == "ledger_profit":
            place = columns.index('"sales"')
            changed = [(*row[:place], row[place] + 1, *row[place + 1 :]) for row in batch]
            batch = {"lacks a row": batch[1:], "has another value": changed}[wrong]
        insert(target, table, columns, batch)

    monkeypatch.setattr(rows, "bulk_insert", careless)
    with pytest.raises(KernelError, match="ledger_profit differs"):
        copy_database(traded.kernel, target_url)

    assert tables_of(target_url) == frozenset()


def test_a_row_may_refer_to_one_that_comes_later(postgresql_url: str) -> None:
    """No table of the core does so; one of an addon may, and counts its rows perhaps by itself."""
    database = Database(postgresql_url)
    metadata = sa.MetaData()
    try:
        with migrations.schema_session(database) as session:
            session.execute(
                text(
                    "CREATE TABLE tree__node (id BIGINT GENERATED BY DEFAULT AS IDENTITY"
                    " PRIMARY KEY, parent BIGINT CONSTRAINT up REFERENCES tree__node)"
                )
            )
            metadata.reflect(session.connection(), only=["tree__node"])
            (table,) = metadata.sorted_tables
            with moving.guards_off(session, [table]):
                session.execute(text("INSERT INTO tree__node VALUES (1, 7), (7, NULL)"))
            moving._carry_counters(session, [table])
        with database.write() as session:
            added = session.execute(text("INSERT INTO tree__node VALUES (DEFAULT, 1) RETURNING id"))
            assert added.scalar_one() == 8
            with pytest.raises(sa.exc.IntegrityError, match="up"):
                session.execute(text("INSERT INTO tree__node VALUES (9, 10)"))
    finally:
        database.dispose()


def test_memory_does_not_grow_with_the_rows(
    world: World, target_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = ("company_id", "id", "code", "title", "created_at", "row_version")
    company, moment = world.company.id, utc_text(clock.now())
    with world.kernel.db.write() as session:
        skus = [(company, 900_000 + n, f"S{n}", "Title " * 50, moment, 1) for n in range(10_000)]
        bulk_insert(session, table_of(Sku), columns, skus)
    copied, peaks = moving.copy_rows, []

    def measured(source: Any, target: Any, table: Any) -> Any:
        if table.name != "catalog_sku":
            return copied(source, target, table)
        tracemalloc.start()
        try:
            return copied(source, target, table)
        finally:
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()

    monkeypatch.setattr(rows, "BATCH", 500)
    monkeypatch.setattr(moving, "copy_rows", measured)
    copy_database(world.kernel, target_url)

    # All rows at once take six megabytes, a batch less than half of one.
    assert 100_000 < max(peaks) < 1_500_000


def test_an_address_that_cannot_be_used_is_a_sentence(world: World) -> None:
    for url in ("nonsense", "oracle://nobody/x", "postgresql://nobody@127.0.0.1:1/none"):
        with pytest.raises(InputError, match="TARGET_URL"):
            copy_database(world.kernel, url)
