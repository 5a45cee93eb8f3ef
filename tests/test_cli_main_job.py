"""The main job on the command line: from an empty machine to the profit of an order."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from click.testing import Result

from core.cli import build
from core.db import Database
from core.stock.importing import COLUMNS
from tests.world import HEADER
from tests.world import MAPPING
from tests.world import order_row

Entrepot = Callable[..., Result]

STOCK = "sku,warehouse,quantity,unit_cost,currency,received_on\nMUG,MAIN,10,2.00,GBP,2010-11-30\n"
SALES = (
    "1001 MUG 3 @ 4.99 on 2011-02-01 from ann",
    "1002 MUG 1 @ 5.00 on 2011-03-01 from bob to US",
    "C1003 FEE -1 @ 1.50 on 2011-03-02",
)


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Entrepot]:
    def on(url: str) -> Entrepot:
        monkeypatch.setenv("ENTREPOT_INSTANCE", str(tmp_path / "instance"))
        monkeypatch.setenv("ENTREPOT_DATABASE_URL", url)
        return lambda *words: CliRunner().invoke(build(), [str(w) for w in words])

    return on


@pytest.fixture
def fresh(runner: Callable[[str], Entrepot], empty_database_url: str) -> Entrepot:
    """Give the command line on a database without any table."""
    return runner(empty_database_url)


@pytest.fixture
def entrepot(runner: Callable[[str], Entrepot], world_url: str) -> Entrepot:
    """Give the command line of a company that is ready to trade."""
    return runner(world_url)


def document(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def orders_csv(*lines: str) -> str:
    return "\n".join(",".join(row) for row in [HEADER, *map(order_row, lines)]) + "\n"


def file(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_from_nothing_to_profit(fresh: Entrepot, tmp_path: Path) -> None:
    stock = file(tmp_path, "stock.csv", STOCK)
    orders = file(tmp_path, "orders.csv", orders_csv(*SALES))
    rules = file(tmp_path, "till.toml", MAPPING)
    again = ("import", "orders", orders, "--connection", "Till", "--mapping", rules, "--json")

    assert fresh("init", "--company", "Shop", "--country", "GB", "--json").exit_code == 0
    document(fresh("connections", "add", "file_channel", "--label", "Till", "--json"))
    assert document(fresh("import", "stock", stock, "--json")) == {
        "received": 1,
        "applied": 1,
        "unchanged": 0,
        "quarantined": 0,
        "by_kind": {"stock": 1},
        "quarantine": [],
    }
    assert document(fresh(*again)) == {
        "received": 3,
        "applied": 3,
        "unchanged": 0,
        "quarantined": 0,
        "by_kind": {"fee": 1, "sale": 2},
        "quarantine": [],
    }
    before = document(fresh("digest", "--json"))
    assert document(fresh(*again))["unchanged"] == 3
    assert document(fresh("digest", "--json")) == before
    assert fresh("digest").stdout.strip() == before["digest"]

    report = document(fresh("report", "profit", "--by", "order", "--json"))
    assert {"currency", "rows", "total", "not_allocated"} <= report.keys()
    assert report["currency"] == "GBP"
    rows = {row["key"]: row for row in report["rows"]}
    assert all({"key", "lines", "profit", "state"} <= row.keys() for row in rows.values())
    first = rows["1001"]
    assert (first["lines"]["net_revenue"], first["lines"]["cogs"], first["profit"]) == (
        "14.97",
        "-6.00",
        "8.97",
    )
    assert first["state"] == "estimated"
    assert rows["C1003"]["lines"]["fees"] == "-1.50"
    for row in rows.values():
        assert sum(map(Decimal, row["lines"].values())) == Decimal(row["profit"])
    assert (report["total"], report["not_allocated"]) == ("10.47", "0.00")

    march = document(fresh("report", "profit", "--by", "country", "--from", "2011-03-01", "--json"))
    assert {row["key"]: row["profit"] for row in march["rows"]} == {"GB": "-1.50", "US": "3.00"}
    until = document(fresh("report", "profit", "--by", "month", "--to", "2011-02-28", "--json"))
    assert [row["key"] for row in until["rows"]] == ["2011-02"]
    for by in ("sku", "shop"):
        assert document(fresh("report", "profit", "--by", by, "--json"))["total"] == "10.47"

    assert fresh("verify").exit_code == 0
    journal = tmp_path / "journal.beancount"
    assert fresh("export", "journal", "--format", "beancount", journal).exit_code == 0
    check = [Path(sys.executable).with_name("bean-check"), "--no-cache", journal]
    assert subprocess.run(check, capture_output=True, check=False).returncode == 0


def test_verify_names_what_is_broken_and_ends_with_one(
    entrepot: Entrepot, world_url: str, tmp_path: Path
) -> None:
    assert entrepot("import", "stock", file(tmp_path, "s.csv", STOCK)).exit_code == 0
    assert all(verdict["holds"] for verdict in document(entrepot("verify", "--json")))
    database = Database(world_url)
    with database.write() as session:
        session.execute(sa.text("UPDATE ledger_balance SET amount = amount + 1"))
    database.dispose()

    told = entrepot("verify")
    assert told.exit_code == 1
    assert "BROKEN A balance is the sum of its postings." in told.stdout
    verdicts = json.loads(entrepot("verify", "--json").stdout)
    assert {
        verdict["sentence"]: bool(verdict["faults"]) for verdict in verdicts if not verdict["holds"]
    }["A balance is the sum of its postings."]


SOUND = orders_csv(*SALES)
BAD_ORDERS: dict[str, tuple[bytes, str, str]] = {
    "wrong encoding": (
        SOUND.encode() + "1004,MUG,Gerät,1,2011-02-01 10:00,1.00,,GB,GBP\n".encode("latin-1"),
        MAPPING,
        "line 5",
    ),
    "missing column": (SOUND.replace("Qty", "Number").encode(), MAPPING, "line 1"),
    "cut file": (SOUND.encode() + b"1004,MUG,Mug,1,2011-02", MAPPING, "line 5"),
    "open quote": (SOUND.encode() + b'1004,"MUG,1\n', MAPPING, "line 5"),
    # Inside an archive that cannot be unpacked there are no lines to name.
    "cut archive": (gzip.compress(SOUND.encode() * 50)[:-12], MAPPING, "orders.csv"),
    "bomb": (gzip.compress(SOUND.encode() + b"0" * (80 << 20)), MAPPING, "orders.csv"),
    "10 MB cell": (
        SOUND.encode() + b"1004," + b"X" * (10 << 20) + b",Mug,1,2011-02-01 10:00,1.00,,GB,GBP\n",
        MAPPING,
        "line 5",
    ),
    "unknown currency": (
        SOUND.encode() + b"1004,MUG,Mug,1,2011-02-01 10:00,1.00,,GB,QQQ\n",
        MAPPING,
        "line 5",
    ),
    "unknown currency of the shop": (SOUND.encode(), MAPPING.replace('"GBP"', '"QQQ"'), "QQQ"),
    "empty": (b"", MAPPING, ""),
}  # fmt: skip


@pytest.mark.parametrize("fault", BAD_ORDERS)
def test_a_bad_file_of_orders_changes_nothing(
    entrepot: Entrepot, tmp_path: Path, fault: str
) -> None:
    content, mapping, place = BAD_ORDERS[fault]
    path = file(tmp_path, "orders.csv", content)
    rules = file(tmp_path, "till.toml", mapping)
    refuse(entrepot, place, "orders", path, "--connection", "Till", "--mapping", rules)


def stock_csv(*lines: str) -> bytes:
    return "\n".join([STOCK.strip(), *lines, ""]).encode()


BAD_STOCK: dict[str, tuple[bytes, str]] = {
    "wrong encoding": (stock_csv() + "GERÄT,MAIN,1,1,GBP,2010-11-30\n".encode("latin-1"), "line 3"),
    "missing column": (stock_csv().replace(b"unit_cost", b"cost"), "line 1"),
    "cut line": (stock_csv("CUP,MAIN,1,1.0"), "line 3"),
    "open quote": (stock_csv('"CUP,MAIN,1,1.00,GBP,2010-11-30'), "line 3"),
    "10 MB cell": (stock_csv("X" * (10 << 20) + ",MAIN,1,1.00,GBP,2010-11-30"), "line 3"),
    "unknown currency": (stock_csv("CUP,MAIN,1,1.00,QQQ,2010-11-30"), "line 3"),
    "packed": (gzip.compress(stock_csv()), "stock.csv"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BAD_STOCK)
def test_a_bad_file_of_stock_changes_nothing(
    entrepot: Entrepot, tmp_path: Path, fault: str
) -> None:
    content, place = BAD_STOCK[fault]
    refuse(entrepot, place, "stock", file(tmp_path, "stock.csv", content))


def refuse(entrepot: Entrepot, place: str, *words: object) -> None:
    before = document(entrepot("digest", "--json"))
    result = entrepot("import", *words, "--json")
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    told = result.stderr.strip()
    assert told.startswith("Error: ")
    assert re.search(r" \[docs/reference/errors\.md#[a-z-]+\]$", told)
    assert len(told.splitlines()) == 1
    assert len(told) < 600
    assert place in told
    assert document(entrepot("digest", "--json")) == before


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("CUP,MAIN,x,1.00,GBP,2010-11-30", "whole number"),
        ("CUP,MAIN,0,1.00,GBP,2010-11-30", "positive"),
        ("CUP,MAIN,1,-1.00,GBP,2010-11-30", "negative"),
        ("CUP,MAIN,1,nan,GBP,2010-11-30", "number"),
        ("CUP,MAIN,1,1.00,GBP,30.11.2010", "YYYY-MM-DD"),
        ("CUP,HERE,1,1.00,GBP,2010-11-30", "HERE"),
        ("CUP,MAIN,1,1.00,EUR,2010-11-30", "EUR"),
        (",MAIN,1,1.00,GBP,2010-11-30", "empty"),
        ("CUP,MAIN,99999999999999999999,1.00,GBP,2010-11-30", "large"),
        ("CUP,MAIN,9,99999999999999999999,GBP,2010-11-30", "large"),
    ],
)
def test_a_line_of_stock_that_makes_no_sense_is_set_aside(
    entrepot: Entrepot, tmp_path: Path, line: str, reason: str
) -> None:
    path = file(tmp_path, "stock.csv", stock_csv(line))
    told = document(entrepot("import", "stock", path, "--json"))
    assert (told["received"], told["applied"], told["quarantined"]) == (2, 1, 1)
    assert told["quarantine"][0]["line"] == 3
    assert reason in told["quarantine"][0]["reason"]
    assert entrepot("verify").exit_code == 0


def test_an_account_that_the_chart_lacks_is_refused_before_anything_is_booked(
    entrepot: Entrepot, tmp_path: Path
) -> None:
    lines = [f"{n} MUG 1 @ 1.00 on 2011-02-01 to US" for n in range(1001, 2101)]
    path = file(tmp_path, "orders.csv", orders_csv(*lines, "C9999 FEE -1 @ 1.00 on 2011-02-02"))
    rules = file(tmp_path, "till.toml", MAPPING.replace('"6000"', '"6999999"'))
    refuse(entrepot, "6999999", "orders", path, "--connection", "Till", "--mapping", rules)


def test_a_fee_without_an_account_is_refused_before_anything_is_booked(
    entrepot: Entrepot, tmp_path: Path
) -> None:
    lines = [f"{n} MUG 1 @ 1.00 on 2011-02-01 to US" for n in range(1001, 2101)]
    path = file(tmp_path, "orders.csv", orders_csv(*lines, "C9999 FEE -1 @ 1.00 on 2011-02-02"))
    rules = file(tmp_path, "till.toml", MAPPING.replace('account = "6000"\n', ""))
    refuse(entrepot, "account", "orders", path, "--connection", "Till", "--mapping", rules)


@pytest.mark.parametrize(
    "words",
    [
        ("import", "stock", "nowhere.csv"),
        ("import", "orders", "nowhere.csv", "--connection", "Till"),
        ("import", "orders", "nowhere.csv", "--connection", "Nobody"),
        ("report", "profit", "--by", "mood"),
        ("report", "profit", "--from", "yesterday"),
    ],
)
def test_what_does_not_exist_is_refused(entrepot: Entrepot, words: tuple[str, ...]) -> None:
    result = entrepot(*words)
    assert result.exit_code == 2
    assert "Error" in result.stderr
    assert "Traceback" not in result.output


def test_the_columns_of_stock_are_the_promised_ones() -> None:
    assert COLUMNS == ("sku", "warehouse", "quantity", "unit_cost", "currency", "received_on")
