"""The jobs of files that were sent: reading them, and removing those that nobody read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import EntrepotError
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import change_connection
from core.kernel.connections import connection_by_id
from core.kernel.jobs import JobContext
from core.kernel.jobs import task
from core.orders.importing import import_order_file
from core.settlements.importing import import_settlement_file
from core.stock.importing import import_stock_file
from core.uploads import keeping
from core.uploads.previews import preview_of_connection
from core.uploads.previews import preview_stock

TAKE = "uploads.take"
LOOK = "uploads.look"

REMEMBERING = "connections.manage"
"""Who may let a connection keep the mapping of a file."""


@task(TAKE, lock="uploads.take", timeout="240m", max_attempts=1)
def take(context: JobContext) -> dict[str, Any]:
    """Import a file that was sent: opening stock, orders or settlements."""
    asked, instance = context.args, context.kernel.config.instance
    keys = keys_of(asked)
    try:
        paths = [keeping.find(instance, key) for key in keys]
        done = _import(context, *paths)
        if asked.get("remember"):
            _remember(context, paths[1])
    except EntrepotError:
        # What cannot be read will not be read better the next time.
        _drop(instance, keys)
        raise
    _drop(instance, keys)
    return done


@task(LOOK, timeout="60m", max_attempts=1)
def look(context: JobContext) -> dict[str, Any]:
    """Read a file that was sent, and say what would become of it; it is kept for the import."""
    asked, kernel = context.args, context.kernel
    instance = kernel.config.instance
    keys = keys_of(asked)
    paths = [keeping.find(instance, key) for key in keys]
    try:
        if asked["kind"] == "stock":
            return preview_stock(kernel, asked["company_id"], paths[0])
        mapping = paths[1] if len(paths) > 1 else None
        connection = _connection(context)
        return preview_of_connection(kernel, asked["kind"], connection, paths[0], mapping)
    except EntrepotError:
        if not asked.get("columns"):
            _drop(instance, keys)
        # Else the file waits for columns that are chosen better.
        raise


def keys_of(asked: Mapping[str, Any]) -> list[str]:
    """Return the keys of the files that a job was given: the file and, if any, its mapping."""
    return [key for key in (asked["upload"], asked.get("mapping")) if key]


@task("uploads.sweep", cron="23 4 * * *")
def sweep(context: JobContext) -> int:
    """Remove files whose job never ran; return how many."""
    instance = context.kernel.config.instance
    old = list(keeping.outdated(instance))
    _drop(instance, old)
    return len(old)


def _import(context: JobContext, path: Path, mapping: Path | None = None) -> dict[str, Any]:
    asked, kernel = context.args, context.kernel
    if asked["kind"] == "stock":
        return import_stock_file(kernel, asked["company_id"], path).as_json()
    connection = _connection(context)
    if asked["kind"] == "settlements":
        return import_settlement_file(kernel, connection, path).as_import().as_json()
    return import_order_file(
        kernel,
        connection,
        path,
        mapping=mapping,
        on_progress=lambda step, done, total: context.progress(done, total or None, step),
    ).as_json()


def _remember(context: JobContext, mapping: Path) -> None:
    """Let the connection read its next files by this mapping."""
    connection = _connection(context)
    settings = {**connection.settings, "mapping": mapping.read_text("utf-8")}
    with context.kernel.db.write() as session:
        change_connection(session, connection, settings, row_version=connection.row_version)


def _connection(context: JobContext) -> ConnectionInfo:
    asked = context.args
    with context.kernel.db.read() as session:
        return connection_by_id(session, asked["connection_id"], company_id=asked["company_id"])


def _drop(instance: Path, keys: list[str]) -> None:
    for key in keys:
        keeping.drop(instance, key)
