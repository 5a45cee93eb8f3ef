"""Making an installation anew over an older one."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from core.bootstrap import CompanyWish
from core.bootstrap import Initialised
from core.bootstrap import initialise
from core.config import Config
from core.db import Database
from core.kernel import migrations
from core.kernel.backup import FOLDER

OLDER = "core_0003"


def at(url: str) -> str | None:
    """Return the revision of the core's tables in a database."""
    database = Database(url)
    try:
        with database.read() as session:
            return migrations.present_revision(session.connection(), migrations.core_lineage())
    finally:
        database.dispose()


@pytest.fixture
def older(empty_database_url: str, tmp_path: Path) -> Config:
    """Give an installation whose tables an earlier version made, with a row in them."""
    database = Database(empty_database_url)
    with migrations.schema_session(database) as session:
        migrations.upgrade(session.connection(), migrations.core_lineage(), OLDER)
        session.execute(text("INSERT INTO kernel_state (key, value) VALUES ('kept', 7)"))
    database.dispose()
    return Config(tmp_path, empty_database_url, ())


def newest() -> str | None:
    return migrations.newest_revision(migrations.core_lineage())


def again(config: Config, *, copy: bool = True) -> Initialised:
    return initialise(config, CompanyWish("Shop", "GB"), copy=copy)


def test_an_older_database_is_copied_before_its_tables_change(older: Config) -> None:
    made = again(older)

    assert made.backup is not None
    assert at(older.database_url) == newest()
    if made.backup.file is None:
        # PostgreSQL's own tool is needed, and it must not be older than the server.
        assert "pg_dump" in made.backup.said
        return
    assert made.backup.file.parent == older.instance / FOLDER
    assert OLDER in made.backup.file.name
    if older.database_url.startswith("sqlite"):
        assert at(f"sqlite:///{made.backup.file}") == OLDER
        back = replace(older, database_url=f"sqlite:///{older.instance / 'back.sqlite'}")
        shutil.copyfile(made.backup.file, older.instance / "back.sqlite")
        again(back)
        database = Database(back.database_url)
        with database.read() as session:
            value = session.scalar(text("SELECT value FROM kernel_state WHERE key = 'kept'"))
        database.dispose()
        assert value == 7


def test_nothing_is_copied_where_nothing_changes_or_nobody_wants_it(older: Config) -> None:
    assert again(older, copy=False).backup is None
    assert again(older).backup is None
    assert not (older.instance / FOLDER).exists()


def test_a_new_database_has_nothing_to_copy(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.sqlite'}"
    assert again(Config(tmp_path, url, ())).backup is None
