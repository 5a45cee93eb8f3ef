"""What is remembered is what the database says: across processes, companies and rollbacks.

A second `Database` stands for another process: it shares no memory with the first.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import suppress

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Sku
from core.catalog.services import make_skus
from core.db import Database
from core.db import table_of
from core.doctor import examine
from core.kernel.companies import create_company
from core.kernel.migrations import upgrade_core
from core.kernel.settings import addon_settings
from core.kernel.settings import save_addon_settings
from core.ledger.accounts import accounts_of
from core.prepared import ASKED
from core.prepared import among
from core.remembered import Lasting
from core.remembered import Remembered
from core.rows import bulk_update
from core.setup import prepare_company
from core.stamps import missing_stamps
from core.stock.models import Warehouse
from core.stock.warehouses import make_warehouse
from core.stock.warehouses import warehouses_of
from tests.world import World

NEW = "NEW"


def codes(session: Session, world: World) -> list[str]:
    return sorted(each.code for each in warehouses_of(session, world.company.id).values())


def add(session: Session, world: World, code: str = NEW) -> Warehouse:
    return make_warehouse(session, world.company.id, code, code, "GB", "own_warehouse", "1300")


@pytest.fixture
def elsewhere(world: World) -> Iterator[Database]:
    database = Database(world.kernel.config.database_url)
    yield database
    database.dispose()


def test_it_is_asked_once_and_then_remembered(world: World) -> None:
    asked: list[list[str]] = []
    for _ in range(2):
        with world.kernel.db.read() as session:
            session.info[ASKED] = []
            found = codes(session, world)
            codes(session, world)
            asked.append([text for text in session.info[ASKED] if "stock_warehouse" in text])

    assert found
    assert [len(texts) for texts in asked] in ([1, 0], [0, 0])


def test_what_another_process_commits_is_seen_by_the_next_transaction(
    world: World, elsewhere: Database
) -> None:
    with world.kernel.db.read() as session:
        before = codes(session, world)
    with elsewhere.write() as session:
        add(session, world)
    with world.kernel.db.read() as session:
        assert codes(session, world) == sorted([*before, NEW])
    with elsewhere.write() as session:
        session.execute(sa.text("UPDATE stock_warehouse SET code = 'OTHER' WHERE code = 'NEW'"))
    with world.kernel.db.read() as session:
        assert codes(session, world) == sorted([*before, "OTHER"])
    with elsewhere.write() as session:
        session.execute(sa.text("DELETE FROM stock_warehouse WHERE code = 'OTHER'"))
    with world.kernel.db.read() as session:
        assert codes(session, world) == before


def by_orm(session: Session, world: World) -> None:
    add(session, world)


def by_orm_unflushed(session: Session, world: World) -> None:
    row = session.scalars(sa.select(Warehouse).where(Warehouse.code == "MAIN")).one()
    row.code = NEW


def by_core(session: Session, world: World) -> None:
    session.execute(sa.update(table_of(Warehouse)).values(code=NEW))


def by_text(session: Session, world: World) -> None:
    session.execute(sa.text("update stock_warehouse set code = 'NEW'"))


def by_bulk(session: Session, world: World) -> None:
    (row,) = session.execute(sa.select(Warehouse.company_id, Warehouse.id))
    bulk_update(
        session,
        table_of(Warehouse),
        ["company_id", "id", "code"],
        [(*row, NEW)],
        assign="code = {code}",
    )


WAYS = (by_orm, by_orm_unflushed, by_core, by_text, by_bulk)


class Undone(Exception):
    pass


@pytest.mark.parametrize("change", WAYS)
def test_a_transaction_sees_its_own_changes_and_nobody_does_when_they_are_undone(
    world: World, elsewhere: Database, change: Callable[[Session, World], None]
) -> None:
    with world.kernel.db.read() as session:
        before = codes(session, world)

    with suppress(Undone), world.kernel.db.write() as session:
        assert codes(session, world) == before
        change(session, world)
        assert NEW in codes(session, world)
        raise Undone

    with world.kernel.db.read() as session:
        assert codes(session, world) == before
    with elsewhere.write() as session:
        change(session, world)
    with world.kernel.db.read() as session:
        assert NEW in codes(session, world)


def test_what_was_first_looked_at_after_a_change_that_is_undone_is_forgotten(
    world: World, elsewhere: Database
) -> None:
    with world.kernel.db.read() as session:
        before = codes(session, world)
    with suppress(Undone), elsewhere.write() as session:
        add(session, world, "GHOST")
        assert "GHOST" in codes(session, world)
        raise Undone
    with world.kernel.db.write() as session:
        add(session, world)
    with elsewhere.read() as session:
        assert codes(session, world) == sorted([*before, NEW])


def test_a_savepoint_that_is_undone_leaves_nothing(world: World) -> None:
    with world.kernel.db.write() as session:
        before = codes(session, world)
        savepoint = session.begin_nested()
        add(session, world)
        assert NEW in codes(session, world)
        savepoint.rollback()
        assert codes(session, world) == before
    with world.kernel.db.read() as session:
        assert codes(session, world) == before


def test_a_change_that_is_not_committed_yet_is_not_seen(world: World, elsewhere: Database) -> None:
    with world.kernel.db.read() as session:
        before = codes(session, world)
    with elsewhere.write() as session:
        add(session, world)
        session.flush()
        with world.kernel.db.read() as reading:
            assert codes(reading, world) == before
    with world.kernel.db.read() as session:
        assert NEW in codes(session, world)


def test_companies_have_their_own(world: World) -> None:
    with world.kernel.db.write() as session:
        other = create_company(
            session, "Other", country="DE", currency="EUR", timezone="Europe/Berlin"
        )
        prepare_company(session, other)
    with world.kernel.db.read() as session:
        mine, theirs = (accounts_of(session, each.id) for each in (world.company, other))
        assert mine["1300"].id != theirs["1300"].id
        assert accounts_of(session, other.id)["1300"] == theirs["1300"]


def test_settings_that_another_process_changed_decide_the_next_order(
    world: World, elsewhere: Database
) -> None:
    with world.kernel.db.read() as session:
        before = dict(addon_settings(session, "tax_uk"))
    elsewhere.info["kernel"] = world.kernel
    with elsewhere.write() as session:
        save_addon_settings(session, "tax_uk", {"registered_abroad": {"FR": "2011-05-01"}})
    with world.kernel.db.read() as session:
        settings = addon_settings(session, "tax_uk")
        assert settings != before
        # What an addon does to its own copy stays with it.
        settings.clear()  # type: ignore[attr-defined]
    with world.kernel.db.read() as session:
        assert addon_settings(session, "tax_uk") not in (before, {})


SKUS = Lasting(
    sa.select(Sku.code, Sku.id).where(
        Sku.company_id == sa.bindparam("company"), among(Sku.code, "keys")
    )
)


def test_a_lasting_row_is_asked_for_until_it_is_found(world: World, elsewhere: Database) -> None:
    with world.kernel.db.read() as session:
        assert SKUS.find(session, world.company.id, ["MUG"]) == {}
    with elsewhere.write() as session:
        made = make_skus(session, world.company.id, {"MUG": "Mug"})
    for asks in (1, 0):
        with world.kernel.db.read() as session:
            session.info[ASKED] = []
            assert SKUS.find(session, world.company.id, ["MUG"]) == made
            assert len(session.info[ASKED]) == asks


def test_a_lasting_row_that_was_undone_is_not_remembered(world: World) -> None:
    with suppress(Undone), world.kernel.db.write() as session:
        SKUS.made(session)
        made = make_skus(session, world.company.id, {"MUG": "Mug"})
        assert SKUS.find(session, world.company.id, ["MUG"]) == made
        raise Undone
    with world.kernel.db.read() as session:
        assert SKUS.find(session, world.company.id, ["MUG"]) == {}


def test_where_the_database_refuses_all_is_asked_again(world: World) -> None:
    with world.kernel.db.read() as session:
        codes(session, world)
    with suppress(sa.exc.IntegrityError), world.kernel.db.write() as session:
        session.execute(sa.text("UPDATE stock_warehouse SET code = NULL"))
    assert world.kernel.db.remembered == {}


def test_a_query_over_a_table_that_nobody_stamps_is_refused() -> None:
    with pytest.raises(ValueError, match="orders_order"):
        Remembered(sa.select(sa.literal(1)), ["orders_order"], tuple)


def test_missing_triggers_are_found(world: World) -> None:
    with world.kernel.db.write() as session:
        assert missing_stamps(session.connection()) == []
        name = "kernel_stamp_stock_warehouse_update"
        where = "" if world.kernel.db.dialect == "sqlite" else " ON stock_warehouse"
        session.execute(sa.text(f"DROP TRIGGER {name}{where}"))

    assert f"The trigger {name} is missing." in [each.what for each in examine(world.kernel)]
    upgrade_core(world.kernel.db)
    with world.kernel.db.read() as session:
        assert missing_stamps(session.connection()) == []
