"""Amounts that name no order count for the one they concern, once somebody says which."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from core.cli import build
from core.errors import Conflict
from core.errors import EntrepotError
from core.errors import NotFound
from core.fees.dictionary import FeeCode
from core.fees.mapping import map_code
from core.settlements.attributing import attribute_row
from core.settlements.remapping import apply_meaning
from tests.world import World

ORDER = "026-0000001-0000001"
DISPOSAL = "other-transaction/other-transaction/DisposalComplete -0.35 on 2011-02-12 of MUG"
STORAGE = "other-transaction/other-transaction/Storage Fee -2.00 on 2011-02-12"


@pytest.fixture
def settled(world: World) -> World:
    """Give an order, and a settlement with fees on its lines 3 and 4 that name no order."""
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    world.orders(f"{ORDER} MUG 2 @ 10.00 on 2011-02-02 from ann")
    assert world.settle(DISPOSAL, STORAGE).suspense == 0
    return world


def attribute(world: World, line: int, order: str = ORDER) -> None:
    with world.kernel.db.write() as session:
        attribute_row(session, world.company.id, "901", line, order)


def of_order(world: World) -> dict[str, int]:
    rows = world.rows(
        "SELECT a.code, SUM(p.amount) FROM ledger_posting p"
        " JOIN ledger_account a ON a.id = p.account_id JOIN orders_order o ON o.id = p.order_id"
        " WHERE a.code LIKE '60%' AND p.line_id IS NOT NULL GROUP BY a.code"
    )
    return {code: int(amount) for code, amount in rows}


def test_the_disposal_of_a_return_is_a_cost_of_its_order(settled: World) -> None:
    assert settled.booked("")["6051"] == 35
    attribute(settled, 3)
    booked = settled.booked("")
    assert "6051" not in booked
    assert (booked["6050"], of_order(settled)) == (35, {"6050": 35})
    assert settled.open_items("1220") == {"carry/GBP": -235}
    assert settled.broken() == []


def test_it_is_booked_once_and_by_the_command_line_too(settled: World) -> None:
    told = ["settlement", "attribute", "901", "3", ORDER, "--json"]
    ran = CliRunner().invoke(build(), told, obj=settled.kernel.config)
    assert ran.exit_code == 0, ran.output
    assert '"account": "6050"' in ran.output
    with pytest.raises(Conflict, match="belongs to an order already"):
        attribute(settled, 3)
    assert of_order(settled) == {"6050": 35}


def test_a_new_meaning_of_the_code_leaves_it_with_its_order(settled: World) -> None:
    attribute(settled, 3)
    code = FeeCode("other-transaction", "other-transaction", "DisposalComplete")
    with settled.kernel.db.write() as session:
        map_code(session, settled.company.id, "amazon", code, "6075")
    assert apply_meaning(settled.kernel, settled.company.id, "amazon", code).moved == 0
    assert of_order(settled) == {"6050": 35}


@pytest.mark.parametrize(
    ("line", "order", "kind", "said"),
    [
        (9, ORDER, NotFound, "Line 9 of 901 is no booked amount"),
        (3, "nobody", NotFound, "no order 'nobody'"),
    ],
)
def test_what_cannot_be_is_refused(
    settled: World, line: int, order: str, kind: type[EntrepotError], said: str
) -> None:
    with pytest.raises(kind, match=said):
        attribute(settled, line, order)
    assert of_order(settled) == {}
