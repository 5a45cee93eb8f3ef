"""Two imports at once, of the same facts or of facts that meet."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from core.orders import applying
from tests.world import World

PATIENCE = 30


def together(world: World, monkeypatch: pytest.MonkeyPatch, first: Path, second: Path) -> list[Any]:
    """Import two files; the second starts when the first has written all and not yet committed."""
    written, may_commit = threading.Event(), threading.Event()
    write = applying._write

    def write_and_wait(batch: Any, fresh: Any) -> None:
        write(batch, fresh)
        if not written.is_set():
            written.set()
            may_commit.wait(PATIENCE)

    monkeypatch.setattr(applying, "_write", write_and_wait)
    outcomes: list[Any] = []

    def run(path: Path) -> None:
        try:
            outcomes.append(world.order_file(path))
        except Exception as error:  # noqa: BLE001
            outcomes.append(error)

    threads = [threading.Thread(target=run, args=(path,)) for path in (first, second)]
    threads[0].start()
    assert written.wait(PATIENCE)
    threads[1].start()
    time.sleep(0.5)
    may_commit.set()
    for thread in threads:
        thread.join(PATIENCE)
    return outcomes


def test_two_returns_of_one_sale_undo_it_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.stock("MUG 9 @ 2.00 on 2010-11-29")
    world.orders("1001 MUG 1 @ 10.00 on 2011-02-01 from ann")
    first = world.write_orders("C1 MUG -1 @ 10.00 on 2011-03-01 from ann")
    second = world.write_orders("C2 MUG -1 @ 10.00 on 2011-03-02 from ann")
    together(world, monkeypatch, first, second)

    assert world.lines("1001")[0].returned_quantity == 1
    assert not world.broken()


def test_one_file_twice_counts_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    file = world.write_orders("1001 MUG 1 @ 10.00 on 2011-02-01 from ann")
    outcomes = together(world, monkeypatch, file, file)

    assert sorted((each.applied, each.unchanged) for each in outcomes) == [(0, 1), (1, 0)]
    assert not world.broken()


def test_two_files_may_bring_one_order(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first = world.write_orders("1001 MUG 1 @ 10.00 on 2011-02-01 from ann")
    second = world.write_orders("1001 CUP 1 @ 10.00 on 2011-02-01 from ann")
    outcomes = together(world, monkeypatch, first, second)

    assert [each.applied for each in outcomes] == [1, 1]
    assert world.order("1001").line_count == 2
    assert not world.broken()
