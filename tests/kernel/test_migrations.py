"""Lineages of migrations, and writing them from models."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.db import Base
from core.db import BigInt
from core.db import Database
from core.db import Str
from core.errors import KernelError
from core.kernel import migrations
from core.kernel.autogenerate import autogenerate
from core.kernel.autogenerate import differences
from core.kernel.migrations import Lineage

ALPHA = Path(__file__).parent / "addons" / "alpha" / "migrations"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def shelf() -> Iterator[sa.Table]:
    """Give a model to the metadata as an addon's models module would, and take it away again."""

    table = sa.Table(
        "sample__shelf",
        Base.metadata,
        sa.Column("name", Str, primary_key=True),
        sa.Column("places", BigInt, nullable=False),
        sqlite_strict=True,
    )
    yield table
    Base.metadata.remove(table)


def names(database: Database) -> frozenset[str]:
    with database.read() as session:
        return migrations.tables(session.connection())


def upgrade(database: Database, lineage: Lineage, revision: str = "head") -> None:
    with migrations.schema_session(database) as session:
        migrations.upgrade(session.connection(), lineage, revision)


def test_a_lineage_goes_up_and_down_and_up(database: Database) -> None:
    before = names(database)
    with migrations.schema_session(database) as session:
        migrations.upgrade_addon(session.connection(), "alpha", ALPHA)
    there = names(database)
    with migrations.schema_session(database) as session:
        migrations.downgrade_addon(session.connection(), "alpha", ALPHA)

    assert there - before == {"alpha__note", "alpha__tag", "alembic_version_alpha"}
    assert names(database) == before

    with migrations.schema_session(database) as session:
        migrations.upgrade_addon(session.connection(), "alpha", ALPHA)
    assert names(database) == there


def test_upgrading_the_core_twice_changes_nothing(database: Database) -> None:
    before = names(database)

    migrations.upgrade_core(database)

    assert names(database) == before


def test_the_files_of_the_core_are_named_as_their_revisions() -> None:
    script = migrations.core_lineage().script()

    assert script is not None
    revisions = [each.revision for each in script.walk_revisions()]
    assert migrations.core_revisions() == revisions[::-1]
    assert script.get_heads() == revisions[:1]


def test_a_lineage_without_files_is_no_error(database: Database, tmp_path: Path) -> None:
    before = names(database)

    upgrade(database, Lineage("sample", tmp_path / "none"))

    assert names(database) == before


def test_the_core_goes_down_to_nothing_and_up_again(database: Database) -> None:
    before = names(database)

    with migrations.schema_session(database) as session:
        migrations.downgrade(session.connection(), migrations.core_lineage(), "base")
    assert names(database) == {"alembic_version_core"}

    migrations.upgrade_core(database)
    assert names(database) == before


def test_the_tables_of_the_core_are_those_of_its_models(database: Database) -> None:
    with database.read() as session:
        assert differences(session.connection(), migrations.core_lineage()) == []


def test_a_migration_is_written_from_the_models_and_runs(
    database: Database, shelf: sa.Table, tmp_path: Path
) -> None:
    lineage = Lineage("sample", tmp_path)

    first = autogenerate(database, lineage, "Make the shelf.")
    assert first == tmp_path / "0001_make_the_shelf.py"
    upgrade(database, lineage)
    assert autogenerate(database, lineage, "Nothing") is None

    shelf.append_column(sa.Column("height", sa.Text()))
    second = autogenerate(database, lineage, "Measure the shelf")
    assert second == tmp_path / "0002_measure_the_shelf.py"
    assert 'down_revision = "sample_0001"' in second.read_text()
    upgrade(database, lineage)
    with database.read() as session:
        assert differences(session.connection(), lineage) == []
    with migrations.schema_session(database) as session:
        migrations.downgrade(session.connection(), lineage, "base")
    assert "sample__shelf" not in names(database)


def test_a_migration_is_not_written_from_an_old_database(
    database: Database, shelf: sa.Table, tmp_path: Path
) -> None:
    lineage = Lineage("sample", tmp_path)
    autogenerate(database, lineage, "Make the shelf")

    with pytest.raises(KernelError, match="not at the newest revision, sample_0001"):
        autogenerate(database, lineage, "Measure the shelf")


def test_rebuilding_a_table_keeps_the_rows_that_refer_to_it(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / "0001_rebuild.py").write_text(
        "from alembic import op\n"
        "import sqlalchemy as sa\n"
        "revision, down_revision = 'alpha_0003', 'alpha_0002'\n"
        "def upgrade():\n"
        "    with op.batch_alter_table('alpha__note', recreate='auto') as batch:\n"
        "        batch.alter_column('text', type_=sa.Text(), nullable=False)\n"
        "        batch.add_column(sa.Column('more', sa.Text()))\n"
        "        batch.create_check_constraint('not_empty', \"text <> ''\")\n"
    )
    for file in ALPHA.glob("*.py"):
        (tmp_path / file.name.replace("0001_n", "0000_n")).write_text(file.read_text())
    lineage = Lineage("alpha", tmp_path)
    upgrade(database, lineage, "alpha_0002")
    with database.write() as session:
        session.execute(sa.text("INSERT INTO alpha__note VALUES ('one')"))
        session.execute(sa.text("INSERT INTO alpha__tag VALUES ('t', 'one')"))

    upgrade(database, lineage)

    with database.read() as session:
        rows = session.execute(sa.text("SELECT tag, text FROM alpha__tag")).all()
    assert [tuple(row) for row in rows] == [("t", "one")]


def test_many_may_upgrade_an_empty_database_at_once(empty_database_url: str) -> None:
    def init(_number: int) -> None:
        database = Database(empty_database_url)
        migrations.upgrade_core(database)
        database.dispose()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(init, range(4)))

    database = Database(empty_database_url)
    assert "kernel_addon" in names(database)
    database.dispose()
