"""What a claim costs does not grow with what waits, nor with what was sent long ago."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from core.kernel.leases import held
from core.outbox.claiming import WINDOW
from core.outbox.claiming import claim
from core.outbox.jobs import sweep
from core.outbox.putting import put_many
from tests.outbox.conftest import Outbox
from tests.outbox.test_outbox import job_of

BACKLOG = 4000


@contextmanager
def statements(outbox: Outbox) -> Iterator[list[tuple[str, Any]]]:
    """Collect what is asked of the outbox's table."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, text: str, values: Any, *_more: Any) -> None:
        if "outbox_effect" in text:
            seen.append((text, values))

    sa.event.listen(outbox.kernel.db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(outbox.kernel.db.engine, "before_cursor_execute", note)


def fill(outbox: Outbox) -> None:
    """Have much that waits, as much that was sent, and some of each that is not due."""
    for version, state in ((1, "sent"), (2, "waiting")):
        with outbox.kernel.db.write() as session:
            effects = [(f"SKU-{number}", {}, version) for number in range(BACKLOG)]
            assert put_many(session, outbox.connection, "stock.push", effects) == BACKLOG
        outbox.change(f"UPDATE outbox_effect SET state = '{state}' WHERE version = {version}")
    with outbox.kernel.db.engine.connect().execution_options(
        isolation_level="AUTOCOMMIT"
    ) as connection:
        connection.execute(sa.text("ANALYZE outbox_effect"))


def looked_at(outbox: Outbox, asked: list[tuple[str, Any]]) -> int:
    """Return how many rows PostgreSQL handles for these statements; nothing is changed by it."""
    rows = 0
    with outbox.kernel.db.engine.connect() as connection:
        for text, values in asked:
            explained = connection.exec_driver_sql(
                f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {text}", values
            ).scalar_one()
            document = explained if isinstance(explained, list) else json.loads(explained)
            rows += sum(handled(node) for node in nodes(document[0]["Plan"]))
        connection.rollback()
    return int(rows)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a plan's steps."""
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes(inner)


def handled(node: dict[str, Any]) -> float:
    """Return how many rows a step has read, those that it dropped too."""
    dropped = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return float((node["Actual Rows"] + dropped) * node["Actual Loops"])


def scans(outbox: Outbox, asked: list[tuple[str, Any]]) -> list[str]:
    """Return the steps in which SQLite reads all of the table, or sorts what it has read."""
    found = []
    with outbox.kernel.db.engine.connect() as connection:
        for text, values in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all()
            found += [row[3] for row in plan if "SCAN outbox" in row[3] or "TEMP B-TREE" in row[3]]
    return found


def test_claims_and_sweeps_read_a_few_rows_of_a_long_backlog(outbox: Outbox) -> None:
    fill(outbox)

    with held(outbox.kernel.db, "test", 60.0) as grant, statements(outbox) as asked:
        claimed = claim(outbox.kernel, outbox.connection, grant)
        sweep(job_of(outbox, "outbox.sweep"))

    assert claimed is not None
    assert len(asked) >= 4
    if outbox.kernel.db.dialect == "sqlite":
        assert scans(outbox, asked) == []
    else:
        assert looked_at(outbox, asked) < 20 * WINDOW


@pytest.mark.parametrize("overtaken", [1, WINDOW - 1, WINDOW, 3 * WINDOW + 1])
def test_what_newer_versions_have_overtaken_is_let_go_of_however_much(
    outbox: Outbox, overtaken: int
) -> None:
    targets = [f"SKU-{number}" for number in range(overtaken)]
    for target, version in itertools.product(targets, (1, 2)):
        outbox.put("stock.push", target, version)
    # As if both had been put at the same moment, or the older had failed meanwhile.
    outbox.change("UPDATE outbox_effect SET state = 'waiting'")

    with held(outbox.kernel.db, "test", 60.0) as grant:
        claimed = claim(outbox.kernel, outbox.connection, grant)
    assert claimed is not None
    assert (claimed.item.version, claimed.overtaken) == (2, False)
    outbox.change("UPDATE outbox_effect SET state = 'waiting' WHERE state = 'sending'")
    outbox.send()

    assert [(row.version, row.state) for row in outbox.rows()] == [
        (1, "superseded"),
        (2, "sent"),
    ] * overtaken
