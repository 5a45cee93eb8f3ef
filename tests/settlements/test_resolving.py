"""What a mapping or a late order explains is booked again where it belongs."""

from __future__ import annotations

import pytest

from core.errors import InputError
from core.fees.dictionary import FeeCode
from core.fees.mapping import map_code
from core.settlements.remapping import apply_meaning
from core.settlements.resolving import Resolved
from core.settlements.resolving import resolve_settlements
from tests.world import World

ORDER = "026-0000001-0000001"
SALE = f"for {ORDER} of MUG"
NEW_FEE = "ServiceFee/Robot Fee/Base fee"


def resolve(world: World) -> Resolved:
    return resolve_settlements(world.kernel, world.company.id)


def map_to(world: World, account: str, category: str = "") -> None:
    code = FeeCode("ServiceFee", "Robot Fee", "Base fee")
    with world.kernel.db.write() as session:
        map_code(session, world.company.id, "amazon", code, account, category=category)


def trade(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    world.orders(f"{ORDER} MUG 2 @ 10.00 on 2011-02-02 from ann")


def test_an_unknown_code_waits_in_suspense_until_it_is_mapped(world: World) -> None:
    found = world.settle(f"{NEW_FEE} -3.00 on 2011-02-05")
    assert (found.applied, found.suspense) == (0, 1)
    assert world.open_items("1590") == {"901": 300}
    assert resolve(world) == Resolved(1, 0)

    map_to(world, "6075")
    assert resolve(world) == Resolved(1, 1)

    assert world.booked("rebooked:") == {"1590": -300, "6075": 300}
    assert world.open_items("1590") == {}
    rows = world.rows("SELECT outcome, account, dictionary FROM settlements_booking")
    assert [tuple(row) for row in rows] == [
        ("applied", "6075", "amazon_settlements 2026.11 + own 1")
    ]
    assert resolve(world) == Resolved(0, 0)
    assert world.broken() == []


def test_a_mapping_holds_for_later_settlements(world: World) -> None:
    map_to(world, "6075")
    assert world.settle(f"{NEW_FEE} -3.00 on 2011-02-05").applied == 1
    assert world.booked("settled:") == {"1220": -300, "6075": 300}


def test_the_last_word_on_a_code_holds(world: World) -> None:
    map_to(world, "6075")
    map_to(world, "8110")
    world.settle(f"{NEW_FEE} -3.00 on 2011-02-05")
    assert world.booked("settled:") == {"1220": -300, "8110": 300}


def test_a_code_of_a_known_order_is_taken_from_suspense_with_the_order(world: World) -> None:
    trade(world)
    world.settle(f"{NEW_FEE} -3.00 on 2011-02-05 {SALE}")
    map_to(world, "6075")
    resolve(world)
    line = world.lines(ORDER)[0]
    left = world.rows(
        "SELECT SUM(p.amount) AS amount FROM ledger_posting p JOIN ledger_account a"
        " ON a.company_id = p.company_id AND a.id = p.account_id WHERE a.code = '1590'"
        " GROUP BY p.order_id, p.line_id, p.sku_id, p.shop_id, p.country"
    )
    assert [row[0] for row in left] == [0]
    fees = world.rows("SELECT line_id, subscriptions FROM ledger_profit WHERE subscriptions <> 0")
    assert [tuple(row) for row in fees] == [(line.id, -300)]
    assert world.broken() == []


def test_a_late_order_takes_what_waited_for_it(world: World) -> None:
    found = world.settle(
        f"Order/ItemPrice/Principal 24.00 on 2011-02-03 {SALE}",
        f"Order/ItemFees/Commission -3.60 on 2011-02-03 {SALE}",
    )
    assert (found.applied, found.suspense) == (1, 1)
    assert world.open_items("1590") == {"901": -2400}
    assert resolve(world) == Resolved(0, 0)

    trade(world)
    assert resolve(world) == Resolved(2, 2)

    assert world.open_items("1590") == world.open_items("1210") == {}
    line = world.lines(ORDER)[0]
    fees = world.rows(
        "SELECT order_id, line_id, SUM(fees) FROM ledger_profit WHERE fees <> 0"
        " GROUP BY order_id, line_id HAVING SUM(fees) <> 0"
    )
    assert [tuple(row) for row in fees] == [(line.order_id, line.id, -360)]
    assert resolve(world) == Resolved(0, 0)
    assert world.broken() == []


def test_tax_withheld_of_a_late_order_needs_no_order(world: World) -> None:
    found = world.settle(
        f"Order/ItemPrice/Tax 4.80 on 2011-02-03 {SALE}",
        f"Order/ItemWithheldTax/MarketplaceFacilitatorVAT-Principal -4.80 on 2011-02-03 {SALE}",
    )
    assert (found.applied, found.suspense) == (2, 0)
    trade(world)
    resolve(world)
    assert "2310" not in world.booked("settled:") | world.booked("rebooked:")
    assert world.broken() == []


def test_suspense_is_no_account_for_a_code(world: World) -> None:
    with pytest.raises(InputError, match="Suspense is where the code stands"):
        map_to(world, "1590")
    with pytest.raises(InputError, match="no account 1234"):
        map_to(world, "1234")


def remap(world: World, account: str) -> Resolved:
    map_to(world, account)
    code = FeeCode("ServiceFee", "Robot Fee", "Base fee")
    return apply_meaning(world.kernel, world.company.id, "amazon", code)


def test_another_meaning_moves_what_was_booked_already(world: World) -> None:
    trade(world)
    world.settle(f"{NEW_FEE} -3.00 on 2011-02-05", f"{NEW_FEE} -1.00 on 2011-02-06 {SALE}")
    assert remap(world, "6075").moved == 2
    entries = world.rows("SELECT COUNT(*) FROM ledger_entry")[0][0]

    assert remap(world, "8110") == Resolved(2, 2)

    assert world.rows("SELECT COUNT(*) FROM ledger_entry")[0][0] == entries + 2
    sums = {"6075": 0, "8110": 400, "1590": 0}
    assert {account: balance(world, account) for account in sums} == sums
    rows = world.rows("SELECT account, dictionary FROM settlements_booking ORDER BY id")
    assert {tuple(row) for row in rows} == {("8110", "amazon_settlements 2026.11 + own 2")}
    assert remap(world, "8110").moved == 0
    assert world.broken() == []


def test_a_meaning_of_the_pack_is_moved_too_and_its_estimate_stays(world: World) -> None:
    trade(world)
    world.settle(
        f"Order/ItemPrice/Principal 24.00 on 2011-02-03 {SALE}",
        f"Order/ItemFees/Commission -3.60 on 2011-02-03 {SALE}",
    )
    with world.kernel.db.write() as session:
        code = FeeCode("Order", "ItemFees", "commission")
        map_code(session, world.company.id, "amazon", code, "6075")

    assert apply_meaning(world.kernel, world.company.id, "amazon", code).moved == 1

    assert (balance(world, "6000"), balance(world, "6075")) == (0, 360)
    assert world.open_items("1210") == world.open_items("2150") == {}
    assert world.broken() == []


def balance(world: World, account: str) -> int:
    query = (
        "SELECT COALESCE(SUM(p.amount), 0) FROM ledger_posting p JOIN ledger_account a"
        " ON a.company_id = p.company_id AND a.id = p.account_id WHERE a.code = :account"
    )
    return int(world.rows(query, account=account)[0][0])
