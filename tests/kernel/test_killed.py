"""Install, upgrade and purge killed at every step, on both engines, and done again."""

from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core import failpoints
from core.config import ROOT
from core.config import Config
from core.db import Base
from core.db import Database
from core.ids import next_id
from core.kernel.companies import create_company
from core.kernel.models import Connection
from core.kernel.models import Fault
from core.kernel.models import Secret
from core.kernel.models import Setting
from tests.databases import Databases
from tests.kernel.acting import Killed
from tests.kernel.acting import act

# Observation times, and counters of acts rather than of facts.
LEFT_OUT = {"changed_at", "created_at", "first_at", "last_at"}
# Handed out by the application; a process that was killed leaves a gap.
SURROGATES = {"id", "thing_id", "row_key"}
COUNTERS = {"kernel_state", "kernel_sequence", "kernel_stamp"}
# What was done stays told after a purge, with its moment and a signature over both.
TRAIL = {"identity_audit", "identity_unsealed", "identity_seal"}

# What the tables are made of as the database itself writes it down: reading that is quick.
SHAPE = {
    "sqlite": [
        "SELECT tbl_name, type || ' ' || name, sql FROM sqlite_master"
        " WHERE tbl_name NOT LIKE 'sqlite%'"
    ],
    "postgresql": [
        "SELECT attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull::text,"
        " pg_get_expr(adbin, adrelid) FROM pg_attribute"
        " JOIN pg_class c ON c.oid = attrelid AND c.relkind = 'r'"
        " LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum"
        " WHERE relnamespace = current_schema()::regnamespace AND attnum > 0 AND NOT attisdropped",
        "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = current_schema()::regnamespace AND conrelid <> 0",
        "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()",
    ],
}

Shape = dict[str, list[tuple[str, ...]]]
Rows = dict[str, list[tuple[str, ...]]]


@dataclass(frozen=True)
class State:
    """All of a database that two runs must agree on: shape and rows of every table."""

    shape: Shape
    rows: Rows


def state_of(url: str) -> State:
    """Read every table of a database, whoever made it."""
    database = Database(url)
    try:
        with database.read() as session:
            connection = session.connection()
            shape = _shape(connection)
            rows = {name: _rows(connection, name) for name in shape if name not in COUNTERS | TRAIL}
    finally:
        database.dispose()
    return State(shape, rows)


def _shape(connection: sa.Connection) -> Shape:
    shape: Shape = {}
    for query in SHAPE[connection.dialect.name]:
        for table, *part in connection.exec_driver_sql(query):
            shape.setdefault(table, []).append(tuple(map(str, part)))
    return {table: sorted(parts) for table, parts in sorted(shape.items())}


def _rows(connection: sa.Connection, table: str) -> list[tuple[str, ...]]:
    found = connection.exec_driver_sql(f'SELECT * FROM "{table}"').mappings()
    return sorted(
        tuple(f"{key}={value}" for key, value in row.items() if key not in LEFT_OUT | SURROGATES)
        for row in found
    )


def prepared(config: Config, act_name: str) -> dict[str, Any]:
    """Bring the addon to where the act begins; return the act."""
    if act_name == "install":
        return {"verb": "install", "version": "one"}
    act(config, "install", "one", back_up=False)
    if act_name == "upgrade":
        return {"verb": "install", "version": "two"}
    act(config, "uninstall", "one")
    # Without its files it is dropped; with them its migrations go down.
    return {"verb": "purge", "version": "" if act_name == "purge without files" else "one"}


ACTS = ("install", "upgrade", "purge", "purge without files")
STEPS = {
    "install": ["addons.locked", "addons.migrated:1", "addons.migrated:2", "addons.data_loaded:1"]
    + ["addons.data_loaded:2", "addons.data_removed", "addons.remembered", "addons.bumped"]
    + ["addons.committed"],
    "upgrade": ["addons.backed_up", "addons.locked", "addons.migrated:1", "addons.migrated:2"]
    + ["addons.data_loaded:1", "addons.data_loaded:2", "addons.data_removed"]
    + ["addons.remembered", "addons.bumped", "addons.committed"],
    "purge": ["addons.locked", "addons.migrated:1", "addons.migrated:2", "addons.dropped"]
    + ["addons.forgotten", "addons.bumped", "addons.committed"],
    "purge without files": ["addons.locked", "addons.dropped", "addons.forgotten", "addons.bumped"]
    + ["addons.committed"],
}


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> Iterator[Callable[[], Config]]:
    """Give as many fresh installations as a test wants."""
    made: list[Config] = []

    def make() -> Config:
        folder = tmp_path / f"instance{len(made)}"
        folder.mkdir()
        url = databases.create(request.param)
        made.append(Config(instance=folder, database_url=url, addon_paths=()))
        return made[-1]

    yield make
    for config in made:
        databases.drop(config.database_url)


def undisturbed(config: Config, todo: dict[str, Any], trace: Path) -> tuple[State, list[str]]:
    """Do the act without a disturbance; return what there is then, and its steps."""
    act(config, points=f"*=trace:{trace}", **todo)
    return state_of(config.database_url), trace.read_text().split()


def killed(config: Config, todo: dict[str, Any], step: str) -> State:
    """Do the act up to a step; return what is left of it."""
    with pytest.raises(Killed, match="-9"):
        act(config, points=f"{step}=kill", **todo)
    return state_of(config.database_url)


@pytest.mark.parametrize("name", ACTS)
def test_killed_at_one_step_after_the_other_nothing_is_left_until_it_is_done(
    fresh: Callable[[], Config], tmp_path: Path, name: str
) -> None:
    config = fresh()
    end, steps = undisturbed(config, prepared(config, name), tmp_path / "trace")
    # All of them, in this order: a step without a failpoint would not be seen here.
    assert steps == STEPS[name]
    config = fresh()
    todo = prepared(config, name)
    before = state_of(config.database_url)

    for step in steps[:-1]:
        assert killed(config, todo, step) == before, step

    assert killed(config, todo, steps[-1]) == end


@pytest.mark.parametrize("version", ["one", ""], ids=["with its files", "without its files"])
def test_a_purge_leaves_every_table_as_it_was_before_the_install(
    fresh: Callable[[], Config], version: str
) -> None:
    config = fresh()
    untouched = state_of(config.database_url)
    database = Database(config.database_url)
    act(config, "install", "one")
    with database.write() as session:
        company = create_company(
            session, "Shop", country="GB", currency="GBP", timezone="Europe/London"
        )
        fill(session, company.id)
    before = {table for table, rows in state_of(config.database_url).rows.items() if rows}
    act(config, "uninstall", "one")

    act(config, "purge", version)

    left = state_of(config.database_url)
    assert left.shape == untouched.shape
    with_rows = {table for table, rows in left.rows.items() if rows}
    # Nothing but the company is left of what was put in; rows that name the addon are in no table.
    assert before - with_rows >= {
        "kernel_addon",
        "kernel_connection",
        "kernel_data_record",
        "kernel_fault",
        "kernel_job",
        "kernel_secret",
        "kernel_setting",
    }
    named = [(t, row) for t, rows in left.rows.items() for row in rows if "staged" in str(row)]
    assert named == []
    database.dispose()


def fill(session: Session, company_id: int) -> None:
    """Put a row of the addon into every table of the kernel that has a place for one."""
    made = create_connection_row(session, company_id)
    stamp = {"first_at": clock.now(), "last_at": clock.now()}
    for scope in (0, made):
        session.add(Setting(addon="staged", connection_id=scope, version=1, data={}))
        session.add(Secret(addon="staged", connection_id=scope, field="key", token="t", key_id="k"))
    session.add(
        Fault(
            id=next_id(session),
            addon="staged",
            place="p",
            error="E",
            message="",
            traceback="",
            count=1,
            **stamp,
        )
    )
    job = Base.metadata.tables["kernel_job"]
    values = {
        column.name: 0 if isinstance(column.type, sa.Integer) else "staged.x"
        for column in job.columns
        if not column.nullable and column.name not in ("id", "args", "created_at", "cancel_asked")
    }
    extra = {"id": next_id(session), "args": {}, "created_at": clock.now(), "cancel_asked": False}
    session.execute(sa.insert(job).values(**{**values, **extra, "addon": "staged"}))


def create_connection_row(session: Session, company_id: int) -> int:
    row = Connection(
        id=next_id(session),
        company_id=company_id,
        addon="staged",
        label="Till",
        account="till",
        settings={},
        created_at=clock.now(),
    )
    session.add(row)
    session.flush()
    return row.id


@pytest.mark.soak
@pytest.mark.parametrize("name", ACTS)
def test_killed_at_any_step_and_repeated_it_is_as_if_undisturbed(
    fresh: Callable[[], Config], tmp_path: Path, name: str
) -> None:
    config = fresh()
    todo = prepared(config, name)
    before = state_of(config.database_url)
    end, steps = undisturbed(config, todo, tmp_path / "trace")

    for step in steps:
        config = fresh()
        todo = prepared(config, name)
        assert killed(config, todo, step) == (end if step == "addons.committed" else before)
        if step != "addons.committed" or todo["verb"] == "install":
            act(config, **todo)
        assert state_of(config.database_url) == end, step


def test_every_failpoint_has_a_name_and_stands_in_the_code() -> None:
    used = {
        node.args[0].value
        for file in (ROOT / "core").rglob("*.py")
        if "broken" not in file.parts
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "failpoint"
        and isinstance(node.args[0], ast.Constant)
    }

    assert used == set(failpoints.NAMES)


def test_a_failpoint_that_nobody_armed_does_nothing() -> None:
    failpoints.failpoint("addons.locked")

    failpoints.arm("addons.locked=raise,addons.migrated:2=raise")
    with pytest.raises(failpoints.Failed, match="addons.locked"):
        failpoints.failpoint("addons.locked")
    failpoints.failpoint("addons.migrated", 1)
    with pytest.raises(failpoints.Failed, match="addons.migrated:2"):
        failpoints.failpoint("addons.migrated", 2)
    failpoints.arm("")
    failpoints.failpoint("addons.locked")


def test_a_failpoint_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no failpoint addons.nowhere"):
        failpoints.arm("addons.nowhere=kill")
