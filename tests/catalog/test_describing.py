"""Brand and owner of SKUs: profit is told by both at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from core.cli import build
from core.ledger.profit import profit_report
from core.orders.profit_lines import Figure
from core.orders.profit_lines import sum_profit_lines
from tests.world import World


@pytest.fixture
def sold(world: World) -> World:
    """Give a company that sold a mug and a cup."""
    world.stock("MUG 9 @ 2.00 on 2011-01-01", "CUP 9 @ 1.00 on 2011-01-01")
    world.orders("1001 MUG 1 @ 10.00 on 2011-02-01 to GB", "1002 CUP 2 @ 30.00 on 2011-02-03 to US")
    return world


def run(world: World, *words: str) -> tuple[int, Any]:
    """Run `entrepot sku describe` and return its code and answer."""
    done = CliRunner().invoke(
        build(), ["sku", "describe", *words, "--json"], obj=world.kernel.config
    )
    return done.exit_code, json.loads(done.output) if done.exit_code == 0 else done.output


def profits(world: World, by: str) -> dict[str, int]:
    with world.kernel.db.read() as session:
        report = profit_report(session, world.company.id, by)
        for row in (*report.rows, report.rest):
            figure = Figure(by, row.key)
            assert sum_profit_lines(session, world.company.id, figure) == row.lines
    return {row.key: row.profit for row in report.rows} | {"": report.not_allocated}


def test_profit_is_told_by_brand_and_owner_at_once(sold: World) -> None:
    assert profits(sold, "brand") == {"": 800 + 5800}

    assert run(sold, "MUG", "--brand", " Clay ", "--owner", "ann") == (0, {"skus": 1, "changed": 1})
    assert profits(sold, "brand") == {"Clay": 800, "": 5800}
    assert run(sold, "MUG", "--brand", "") == (0, {"skus": 1, "changed": 1})
    assert run(sold, "CUP", "--owner", "ann") == (0, {"skus": 1, "changed": 1})

    assert profits(sold, "brand") == {"": 6600}
    assert profits(sold, "owner") == {"ann": 6600, "": 0}
    assert run(sold, "CUP", "MUG", "--owner", "ann")[1]["changed"] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["HAT", "--brand", "x"], "There is no SKU 'HAT'"),
        (["MUG"], "say --brand or --owner"),
        (["MUG", "--owner", "x" * 101], "at most 100"),
    ],
)
def test_what_cannot_be_said_is_refused(sold: World, words: list[str], said: str) -> None:
    code, output = run(sold, *words)
    assert code != 0
    assert said in output
