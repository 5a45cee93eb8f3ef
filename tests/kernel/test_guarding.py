"""An addon cannot end its caller's transaction, in whatever words."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.errors import MigrationFailed
from core.kernel import hooks
from core.kernel import migrations
from core.kernel.faults import recorded
from core.kernel.guarding import ends_transaction
from core.kernel.kernel import Kernel
from core.kernel.models import State

Act = Callable[[Session], Any]
Run = Callable[..., Kernel]

WAYS: dict[str, Act] = {
    "session.commit": lambda s: s.commit(),
    "session.rollback": lambda s: s.rollback(),
    "session.close": lambda s: s.close(),
    "session.reset": lambda s: s.reset(),
    "session.invalidate": lambda s: s.invalidate(),
    "session.get_transaction": lambda s: s.get_transaction().commit(),
    "connection.commit": lambda s: s.connection().commit(),
    "connection.rollback": lambda s: s.connection().rollback(),
    "connection.close": lambda s: s.connection().close(),
    "connection.invalidate": lambda s: s.connection().invalidate(),
    "connection.detach": lambda s: s.connection().detach(),
    "connection.get_transaction": lambda s: s.connection().get_transaction().rollback(),
    "text commit": lambda s: s.execute(text("COMMIT")),
    "text end": lambda s: s.execute(text("  end transaction")),
    "text rollback": lambda s: s.execute(text("/* quick */ ROLLBACK")),
    "text rollback to": lambda s: s.execute(text("ROLLBACK TO SAVEPOINT sa_savepoint_1")),
    "text release": lambda s: s.execute(text("-- mine\nRELEASE SAVEPOINT sa_savepoint_1")),
    "text savepoint": lambda s: s.execute(text("SAVEPOINT mine")),
    "driver text": lambda s: s.connection().exec_driver_sql("COMMIT"),
    "driver text twice": lambda s: s.connection().exec_driver_sql("SELECT 1; COMMIT"),
}


@pytest.mark.parametrize("way", sorted(WAYS))
def test_no_way_of_sqlalchemy_ends_the_callers_transaction(running: Run, way: str) -> None:
    kernel = running("alpha", "gamma")

    def act(session: Session) -> None:
        session.add(State(key="of the addon", value=1))
        session.flush()
        WAYS[way](session)

    kernel.addon("alpha").act = act
    with suppress(ZeroDivisionError), kernel.db.write() as session:
        session.add(State(key="of the caller", value=1))
        hooks.observe(session, "orders_imported", orders=[], connection=None)
        assert session.get(State, "of the caller") is not None
        assert session.get(State, "of the addon") is None
        raise ZeroDivisionError

    with kernel.db.read() as session:
        assert session.get(State, "of the caller") is None
        assert [fault.addon for fault in recorded(session)] == ["alpha"]
    # The connection goes on to serve others.
    with kernel.db.write() as session:
        session.add(State(key="of the caller", value=1))
    with kernel.db.read() as session:
        assert session.get(State, "of the caller") is not None


def test_a_savepoint_of_the_addons_own_stays_allowed(running: Run) -> None:
    kernel = running("alpha")

    def act(session: Session) -> None:
        with session.begin_nested():
            session.add(State(key="kept", value=1))
        undone = session.begin_nested()
        session.add(State(key="undone", value=1))
        session.flush()
        undone.rollback()

    kernel.addon("alpha").act = act
    with kernel.db.write() as session:
        hooks.observe(session, "orders_imported", orders=[], connection=None)

    with kernel.db.read() as session:
        assert session.get(State, "kept") is not None
        assert session.get(State, "undone") is None
        assert recorded(session) == []


@pytest.mark.parametrize(
    ("statement", "ends"),
    [
        ("commit", True),
        ("COMMIT;", True),
        ("; COMMIT", True),
        ("select 1; rollback", True),
        ("PREPARE TRANSACTION 'x'", True),
        ("start transaction", True),
        ("UPDATE a SET text = 'x; COMMIT'", False),
        ('SELECT "; COMMIT"', False),
        ("SELECT 1 -- ; COMMIT", False),
        ("DO $do$ BEGIN PERFORM 1; END $do$", False),
        ("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END", False),
        ("SELECT committed FROM a", False),
        ("ENDS", False),
    ],
)
def test_statements_are_told_apart_by_their_words(statement: str, ends: bool) -> None:
    assert ends_transaction(statement, several=True) is ends


def test_a_trigger_on_sqlite_has_an_end_of_its_own() -> None:
    trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END"

    assert not ends_transaction(trigger, several=False)


@pytest.mark.parametrize("way", ["op.execute('COMMIT')", "op.get_bind().commit()"])
def test_a_migration_cannot_commit_half_of_an_install(
    kernel: Kernel, tmp_path: Path, way: str
) -> None:
    (tmp_path / "0001_note.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        "revision = 'hasty_0001'\ndown_revision = None\n"
        "def upgrade():\n"
        "    op.create_table('hasty__note', sa.Column('text', sa.Text(), primary_key=True))\n"
        f"    {way}\n"
    )

    with (
        pytest.raises(MigrationFailed, match="may not"),
        migrations.schema_session(kernel.db) as session,
    ):
        migrations.upgrade_addon(session.connection(), "hasty", tmp_path)

    with kernel.db.read() as session:
        assert not [t for t in migrations.tables(session.connection()) if "hasty" in t]
