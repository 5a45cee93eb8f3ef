"""Write a migration file from the difference between the models and a database."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any
from typing import Literal

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.api import render_python_code
from alembic.operations.ops import CreateTableOp
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from core import db
from core.db import Base
from core.db import Database
from core.errors import KernelError
from core.kernel.core_models import import_models
from core.kernel.migrations import CORE
from core.kernel.migrations import Lineage
from core.kernel.migrations import present_revision

# Made by the first migration by hand: it is a table on SQLite and a sequence on PostgreSQL.
BY_HAND = frozenset({"kernel_sequence"})

TEMPLATE = '''"""{message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import {module}

revision = "{revision}"
down_revision = {down_revision}


def upgrade() -> None:
{upgrade}


def downgrade() -> None:
{downgrade}
'''


def autogenerate(database: Database, lineage: Lineage, message: str) -> Path | None:
    """Write the lineage's next migration file and return it; None when nothing differs.

    The database must stand at the newest revision. Read the file before you commit it: a renamed
    column looks to alembic like one dropped and one added.
    """
    script = lineage.script()
    head = script.get_current_head() if script else None
    with database.read() as session:
        connection = session.connection()
        if present_revision(connection, lineage) != head:
            raise KernelError(
                f"The tables of {lineage.name} are not at the newest revision, {head}."
            )
        context = _context(connection, lineage)
        script_ops = produce_migrations(context, Base.metadata)
        if script_ops.upgrade_ops is None or script_ops.upgrade_ops.is_empty():
            return None
        return _write(lineage, context, script_ops, head, message)


def differences(connection: Connection, lineage: Lineage) -> list[str]:
    """Return in words how a lineage's tables differ from its models; it should be nothing."""
    ops = produce_migrations(_context(connection, lineage), Base.metadata).upgrade_ops
    return [str(diff) for diff in ops.as_diffs()] if ops is not None else []


def _context(connection: Connection, lineage: Lineage) -> MigrationContext:
    import_models()

    def include_name(name: str | None, kind: str, _parents: Any) -> bool:
        return kind != "table" or (name is not None and _included(name))

    def include_object(thing: Any, name: str | None, kind: str, _found: bool, _other: Any) -> bool:
        # What the other engine alone has, an index or a foreign key, is not missing here.
        own = kind in ("index", "foreign_key_constraint")
        if own and (only := thing._ddl_if) is not None:
            return bool(only.dialect == connection.dialect.name)
        return kind != "table" or (name is not None and _included(name))

    def _included(name: str) -> bool:
        return lineage.owns(name) and name not in BY_HAND

    return MigrationContext.configure(
        connection,
        opts={
            "version_table": lineage.version_table,
            "include_name": include_name,
            "include_object": include_object,
            "target_metadata": Base.metadata,
        },
    )


def _render_item(
    module: str, kind: str, item: Any, _context: AutogenContext
) -> str | Literal[False]:
    """Write our column types shortly: `db.Day()` rather than what they become on one engine."""
    if kind != "type":
        return False
    if type(item).__module__ == db.__name__:
        return f"{module}.{item!r}"
    if isinstance(item, sa.BigInteger) and item._variant_mapping:
        return f"{module}.BigInt"
    return False


def _write(
    lineage: Lineage,
    context: MigrationContext,
    ops: MigrationScript,
    head: str | None,
    message: str,
) -> Path:
    number = int(head.rpartition("_")[2]) + 1 if head else 1
    slug = re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_")
    # An addon's files, its migrations too, import core.api only.
    module = "db" if lineage.name == CORE else "api"
    text = TEMPLATE.format(
        message=message.strip().rstrip("."),
        module=module,
        revision=f"{lineage.name}_{number:04}",
        down_revision=json.dumps(head) if head else None,
        upgrade=_render(context, ops.upgrade_ops, module),
        downgrade=_render(context, ops.downgrade_ops, module),
    )
    lineage.folder.mkdir(parents=True, exist_ok=True)
    file = lineage.folder / f"{number:04}_{slug}.py"
    file.write_text(_formatted(text), encoding="utf-8")
    return file


def _render(context: MigrationContext, ops: Any, module: str) -> str:
    for op in ops.ops:
        if isinstance(op, CreateTableOp) and op.kw.get("sqlite_with_rowid"):
            del op.kw["sqlite_with_rowid"]  # that is how tables are anyway
    text = render_python_code(
        ops,
        render_as_batch=True,
        render_item=partial(_render_item, module),
        migration_context=context,
    )
    return "\n".join(line for line in text.splitlines() if not line.strip().startswith("# ###"))


def _formatted(text: str) -> str:
    """Return the text as ruff formats it; without ruff (it is a developer's tool) as it is."""
    if importlib.util.find_spec("ruff") is None:
        return text
    command = [sys.executable, "-m", "ruff", "format", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
