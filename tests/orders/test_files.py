"""The same thing twice: identical lines, overlapping files, parts and wholes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.world import World
from tests.world import Worlds

SALES = [
    f"{1000 + n} {'MUG' if n % 3 else 'CUP'} {n % 4 + 1} @ {n % 7 + 1}.99"
    f" on 2011-02-{n % 28 + 1:02} from {'ann' if n % 2 else 'bob'} to {'GB' if n % 5 else 'US'}"
    for n in range(40)
]  # fmt: skip


def test_the_same_line_twice_is_two_lines(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    line = "1001 MUG 2 @ 5.00 on 2011-02-01 from ann to US"
    result = world.orders(line, line)
    assert (result.received, result.applied) == (2, 2)
    assert world.on_hand("MUG") == 6
    assert len({row.external_ref for row in world.lines("1001")}) == 2


def test_the_same_file_again_changes_nothing(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30", "CUP 10 @ 1.00 on 2010-11-30")
    world.orders(*SALES)
    before = world.digest()
    again = world.orders(*SALES)
    assert (again.received, again.applied, again.unchanged) == (40, 0, 40)
    assert world.digest() == before


def test_the_same_stock_again_changes_nothing(world: World) -> None:
    lines = ("MUG 10 @ 2.00 on 2010-11-30", "MUG 10 @ 2.00 on 2010-11-30")
    world.stock(*lines)
    before = world.digest()
    again = world.stock(*lines)
    assert (again.applied, again.unchanged) == (0, 2)
    assert world.digest() == before
    assert world.on_hand("MUG") == 20


def test_two_files_that_overlap_hold_the_larger_number_of_each_line(world: World) -> None:
    mug, cup = (f"1001 {sku} 1 @ 5.00 on 2011-02-01 from ann to US" for sku in ("MUG", "CUP"))
    world.orders(mug, mug, cup)
    result = world.orders(mug, cup, cup, cup)
    assert (result.applied, result.unchanged) == (2, 2)
    kinds = world.rows("SELECT code, COUNT(*) FROM orders_line GROUP BY code ORDER BY code")
    assert [tuple(row) for row in kinds] == [("CUP", 3), ("MUG", 2)]
    order = world.order("1001")
    assert (order.line_count, order.net_amount) == (5, 2500)
    assert world.booked("/1001#")["1210"] == 2500
    items = world.rows("SELECT open_amount FROM ledger_item")
    assert [row[0] for row in items] == [2500]
    assert not world.broken()


def test_a_part_and_then_the_whole_give_the_facts_of_the_whole(
    worlds: Worlds, world: World, tmp_path: Path
) -> None:
    stock = ("MUG 60 @ 2.00 on 2010-11-30", "CUP 60 @ 1.00 on 2010-11-30")
    world.stock(*stock)
    world.orders(*SALES[10:25])
    world.orders(*SALES)
    with_parts = world.digest()
    assert not world.broken()

    url = worlds.create("sqlite")
    whole = worlds.open(url, tmp_path)
    whole.stock(*stock)
    whole.orders(*SALES)
    at_once = whole.digest()
    whole.kernel.db.dispose()
    worlds.drop(url)

    assert with_parts.facts == at_once.facts
    # With stock enough at one cost, what was derived is the same as well, but for names of parcels.
    for table in ("orders_order", "orders_line", "ledger_item", "ledger_balance", "stock_level"):
        assert with_parts.tables[table] == at_once.tables[table], table


def test_a_line_that_cannot_be_booked_is_set_aside_with_its_reason(world: World) -> None:
    path = world.write_orders("1001 MUG 1 @ 5.00 on 2011-02-01 to US")
    with path.open("a", encoding="utf-8") as stream:
        stream.write("1002,MUG,Mug,some,2011-02-01 10:00,5.00,,US,GBP\n")
    for _ in range(2):
        result = world.order_file(path)
        assert result.received == 2
        assert result.quarantined == 1
        assert result.applied + result.unchanged == 1
        ((number, reason),) = result.quarantine
        assert number == 3
        assert "some" in reason
    kept = world.rows("SELECT kind, reason FROM channels_raw_row WHERE reason IS NOT NULL")
    assert [row.kind for row in kept] == ["quarantined"]
    assert not world.broken()


KILLED = """
import os, signal, sys
from pathlib import Path
from core.kernel.connections import get_connection
from core.orders import importing
from tests.world import boot, find_company

importing.BATCH_LINES = 10
kernel = boot(sys.argv[1], Path(sys.argv[2]))
with kernel.db.read() as session:
    company = find_company(session)
    connection = get_connection(session, "Till", company_id=company.id)

def stop(step, done, total):
    if step == "booking" and done >= 20:
        os.kill(os.getpid(), signal.SIGKILL)

importing.import_order_file(
    kernel, connection, Path(sys.argv[3]), mapping=Path(sys.argv[2]) / "mapping.toml",
    on_progress=stop,
)
"""


def test_an_import_that_was_killed_is_finished_by_importing_again(
    worlds: Worlds, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.orders.importing.BATCH_LINES", 10)
    stock = ("MUG 60 @ 2.00 on 2010-11-30", "CUP 6 @ 1.00 on 2010-11-30")
    world.stock(*stock)
    path = world.write_orders(*SALES)
    undisturbed_url = worlds.create("sqlite")
    undisturbed = worlds.open(undisturbed_url, tmp_path)
    undisturbed.stock(*stock)
    undisturbed.order_file(path)

    url = world.kernel.db.url.render_as_string(hide_password=False)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, url, str(tmp_path), str(path)],
        cwd=Path(__file__).parents[2],
        env={**os.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert world.rows("SELECT COUNT(*) FROM orders_line")[0][0] == 20
    assert world.digest().whole != undisturbed.digest().whole
    assert not world.broken()

    again = world.order_file(path)
    assert (again.applied, again.unchanged) == (20, 20)
    assert world.digest() == undisturbed.digest()
    assert not world.broken()
    undisturbed.kernel.db.dispose()
    worlds.drop(undisturbed_url)
