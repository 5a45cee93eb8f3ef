"""Goods moved between one's own warehouses in two countries: the VAT on the movement."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from datetime import datetime

import pytest
import time_machine

from core.kernel import lifecycle
from core.stock.warehouses import make_warehouse
from core.tax.forms import period_of
from core.tax.returns import boxes
from core.tax.returns import form_of
from core.warehousing.own_goods import tax_own_goods
from core.warehousing.transferring import plan_transfer
from core.warehousing.transferring import receive_transfer
from core.warehousing.transferring import ship_transfer
from tests.world import World

LEFT = datetime(2026, 8, 16, 12, tzinfo=UTC)


@pytest.fixture
def abroad(world: World) -> World:
    """Give a British company with goods in Germany, and a warehouse in Poland."""
    lifecycle.install(world.kernel, "tax_eu")
    lifecycle.enable(world.kernel, "tax_eu")
    with world.kernel.db.write() as session:
        for code in ("DE", "PL"):
            name = f"FBA-{code}"
            make_warehouse(
                session, world.company.id, name, name, code, "amazon", "1330", "platform"
            )
    world.stock_in("FBA-DE", "MUG 10 @ 8.00 on 2026-01-01")
    return world


def move(
    world: World, reference: str, origin: str, target: str, units: int | dict[str, int]
) -> None:
    goods = units if isinstance(units, dict) else {"MUG": units}
    with world.kernel.db.write() as session:
        company = world.company.id
        plan_transfer(session, company, origin, target, goods, reference=reference)
        ship_transfer(session, company, reference, at=LEFT)
        receive_transfer(session, company, reference, at=LEFT)


def filled(world: World, code: str) -> dict[str, int | None]:
    with world.kernel.db.read() as session:
        form = replace(form_of(session, code), currency="EUR")
        found = boxes(session, world.company.id, form, period_of("2026-08"))
    return {box.code: box.amount for box in found}


def lies(world: World) -> dict[str, int]:
    rows = world.rows(
        "SELECT w.code, SUM(v.on_hand) FROM stock_level v"
        " JOIN stock_warehouse w ON w.id = v.warehouse_id GROUP BY w.code"
    )
    return {code: int(units) for code, units in rows if units}


def test_it_is_exempt_where_it_leaves_and_acquired_at_cost_where_it_arrives(abroad: World) -> None:
    abroad.rates("EUR/GBP 0.80 on 2026-08-01")
    move(abroad, "FC1", "FBA-DE", "FBA-PL", 3)
    # GBP 24.00 are EUR 30.00, and 23 % of that are 6.90, in the books 5.52.
    assert abroad.booked("own_goods:FC1") == {"1500": 552, "2300": -552}
    rows = abroad.rows(
        "SELECT p.currency, p.currency_amount, p.booked_on FROM ledger_posting p"
        " JOIN ledger_entry e ON e.id = p.entry_id WHERE e.kind = 'own_goods' ORDER BY p.amount"
    )
    assert [(row[0], row[1], str(row[2])) for row in rows] == [
        ("EUR", -690, "2026-08-16"), ("EUR", 690, "2026-08-16")
    ]  # fmt: skip
    germany, poland = filled(abroad, "de_ustva"), filled(abroad, "pl_jpk_v7m")
    assert (germany["41"], germany["83"]) == (3000, 0)
    assert filled(abroad, "de_sales_list")["own_goods"] == 3000
    assert (poland["K_23"], poland["K_24"], poland["K_43"]) == (3000, 690, 690)
    assert lies(abroad) == {"FBA-DE": 7, "FBA-PL": 3}
    assert abroad.broken() == []


def test_goods_move_although_the_rate_is_missing_and_the_tax_follows_once(abroad: World) -> None:
    move(abroad, "FC1", "FBA-DE", "FBA-PL", 3)
    assert lies(abroad) == {"FBA-DE": 7, "FBA-PL": 3}
    assert abroad.booked("own_goods:") == {}
    with abroad.kernel.db.write() as session:
        waits = tax_own_goods(session, abroad.company.id)
    assert (waits.looked_at, waits.booked) == (1, 0)
    assert "EUR to GBP" in waits.waiting["FC1"]
    abroad.rates("EUR/GBP 0.80 on 2026-08-01")
    with abroad.kernel.db.write() as session:
        assert tax_own_goods(session, abroad.company.id).booked == 1
        assert tax_own_goods(session, abroad.company.id).looked_at == 0
    assert abroad.booked("own_goods:") == {"1500": 552, "2300": -552}


def test_what_left_long_ago_and_bears_none_is_not_looked_at_for_ever(abroad: World) -> None:
    abroad.stock("MUG 10 @ 8.00 on 2026-01-01")
    move(abroad, "IMPORT", "MAIN", "FBA-DE", 1)
    for day, looked_at in (("2026-09-30", 1), ("2026-12-01", 0)):
        with time_machine.travel(f"{day}T12:00:00Z"), abroad.kernel.db.write() as session:
            assert tax_own_goods(session, abroad.company.id).looked_at == looked_at


def test_what_crosses_no_border_or_comes_from_outside_bears_none(abroad: World) -> None:
    abroad.stock("MUG 10 @ 8.00 on 2026-01-01")
    with abroad.kernel.db.write() as session:
        make_warehouse(session, abroad.company.id, "FBA-D2", "D2", "DE", "amazon", "1330", "3pl")
    move(abroad, "AT-HOME", "FBA-DE", "FBA-D2", 1)
    move(abroad, "IMPORT", "MAIN", "FBA-DE", 1)
    assert abroad.booked("own_goods:") == {}
    with abroad.kernel.db.write() as session:
        found = tax_own_goods(session, abroad.company.id)
    assert (found.booked, found.waiting) == (0, {})
    assert abroad.broken() == []
