"""The digest of the business rows: it sees every value, and nothing but values."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.digest import DERIVED
from core.digest import FACTS
from tests.world import World
from tests.world import Worlds

STOCK = ("MUG 5 @ 2.00 on 2010-11-30", "CUP 5 @ 1.00 on 2010-11-30")
ORDERS = (
    "1001 MUG 3 @ 5.00 on 2011-02-01 from ann",
    "1002 CUP 7 @ 5.00 on 2011-02-02 from bob to US",
    "C1003 MUG -1 @ 5.00 on 2011-02-03 from ann",
    "1004 MUG -1 @ 0.00 on 2011-02-04",
)
SETTLED = "other-transaction/other-transaction/Subscription Fee -5.00 on 2011-02-10"

BANK = (
    "INSERT INTO banking_profile (company_id, id, name, account, currency, layout, created_at,"
    " row_version) SELECT company_id, 1, 'B', '1000', 'GBP', '{}', created_at, 1"
    " FROM orders_order WHERE external_ref = '1001'"
)

NUMBER = (
    "INSERT INTO tax_number (company_id, id, country, number, status, source, problem,"
    " consultation, attempts, created_at, row_version) SELECT id, 1, 'FR', '40303265045',"
    " 'unknown', 'form', '', '', 0, '2011-02-01 00:00:00', 1 FROM kernel_company"
)

# A change of a value in each table, and what has to give way for it.
CHANGES = {
    "kernel_company": ["UPDATE kernel_company SET timezone = 'Europe/Paris'"],
    "channels_shop": ["UPDATE channels_shop SET name = 'Other'"],
    "stock_warehouse": ["UPDATE stock_warehouse SET country = 'DE'"],
    "ledger_account": ["UPDATE ledger_account SET title = 'Other' WHERE code = '4000'"],
    "catalog_sku": ["UPDATE catalog_sku SET title = 'Other' WHERE code = 'MUG'"],
    "catalog_listing": ["UPDATE catalog_listing SET title = 'Other' WHERE external_ref = 'MUG'"],
    "partners_customer": ["UPDATE partners_customer SET external_ref = 'eve'"
                          " WHERE external_ref = 'ann'"],
    "channels_raw_row": ["UPDATE channels_raw_row SET payload = 'x' WHERE kind = 'write_off'"],
    "tax_decision": ["UPDATE tax_decision SET rate = rate + 1"],
    "tax_levy": ["INSERT INTO tax_levy (company_id, id, entry_id, seq, booked_on, decision_id,"
                 " currency, net, base, tax, further) SELECT e.company_id, 1, MIN(e.id), 0,"
                 " '2011-02-01', MIN(d.id), 'GBP', 1, 1, 0, 0 FROM ledger_entry e JOIN tax_decision"
                 " d ON d.company_id = e.company_id GROUP BY e.company_id"],
    "tax_registration": ["INSERT INTO tax_registration (company_id, id, country, region, scheme,"
                         " number, since, created_at, row_version) SELECT id, 1, 'DE', '', 'local',"
                         " '', '2011-02-01', '2011-02-01 00:00:00', 1 FROM kernel_company"],
    "tax_return": ["INSERT INTO tax_return (company_id, id, form, period, seq, step, starts_on,"
                   " ends_on, currency, rates, boxes, ledger_amount, boxed_amount, reference,"
                   " made_at, made_by) SELECT id, 1, 'uk_vat100', '2011-Q1', 0, 'prepared',"
                   " '2011-01-01', '2011-04-01', 'GBP', '{}', '[]', 0, 0, '', created_at, 'ann'"
                   " FROM kernel_company"],
    "tax_goods": ["INSERT INTO tax_goods (company_id, id, sku_id, hs_code, tax_class)"
                  " SELECT company_id, 1, MIN(id), '691200', 'standard' FROM catalog_sku"
                  " GROUP BY company_id"],
    "tax_declared": ["INSERT INTO tax_declared (company_id, line_id, decision_id, entry_id,"
                     " booked_on, declared_on) SELECT company_id, line_id, decision_id, entry_id,"
                     " booked_on, '2010-11-30' FROM ledger_posting WHERE decision_id > 0"
                     " AND line_id > 0 LIMIT 1"],
    "tax_turnover": ["INSERT INTO tax_turnover (company_id, regime, scheme, booked_on, currency,"
                     " amount) SELECT id, 'eu_vat', 'union_OSS', '2011-02-01', 'GBP', 1"
                     " FROM kernel_company"],
    "tax_number": [NUMBER],
    "tax_number_check": [NUMBER, "INSERT INTO tax_number_check (company_id, id, number_id,"
                         " asked_at, status, source, consultation, requester, problem, actor)"
                         " SELECT company_id, 2, id, created_at, 'valid', 'vies', 'W1', '', '', ''"
                         " FROM tax_number"],
    "orders_tax": ["INSERT INTO orders_tax (company_id, id, buyer, region, postcode, ship_from,"
                   " from_region, ioss_number, collector, scheme, row_version) SELECT company_id,"
                   " MIN(id), 'business', '', '', '', '', '', '', '', 1 FROM orders_order"
                   " GROUP BY company_id"],
    "tax_channel": ["INSERT INTO tax_channel (company_id, id, platform, channel)"
                    " SELECT id, 1, 'file', 'own' FROM kernel_company"],
    "orders_order": ["UPDATE orders_order SET country = 'FR' WHERE external_ref = '1001'"],
    "orders_line": ["UPDATE orders_line SET cost_amount = cost_amount + 1 WHERE code = 'CUP'"],
    "catalog_component": ["INSERT INTO catalog_component (company_id, id, bundle_id, component_id,"
                          " quantity) SELECT company_id, 1, MIN(id), MAX(id), 2 FROM catalog_sku"
                          " GROUP BY company_id"],
    "orders_exception": ["INSERT INTO orders_exception (company_id, id, order_id, kind, detail,"
                         " raised_at) SELECT company_id, id, id, 'loss', '{}', created_at"
                         " FROM orders_order"],
    "stock_level": ["UPDATE stock_level SET on_hand = on_hand + 1"],
    "stock_document": ["UPDATE stock_document SET waiting_for = 'x' WHERE kind = 'return'"],
    "stock_layer": ["UPDATE stock_layer SET remaining_value = remaining_value + 1"],
    "stock_layer_use": ["UPDATE stock_layer_use SET value = value + 1"],
    "stock_short": ["UPDATE stock_short SET open_value = open_value + 1"],
    "ledger_balance": ["UPDATE ledger_balance SET amount = amount + 1"],
    "ledger_item": ["UPDATE ledger_item SET open_amount = open_amount + 1"],
    "fees_meaning": ["INSERT INTO fees_meaning (company_id, id, platform, version, kind,"
                     " code_group, name, category, account, level, since, made_by, made_at)"
                     " SELECT company_id,"
                     " id, 'amazon', 1, '', '', 'Fee', 'fee', '6000', 'order', ordered_on, 'ann',"
                     " created_at FROM orders_order WHERE external_ref = '1001'"],
    "banking_profile": [BANK],
    "banking_line": [BANK, "INSERT INTO banking_line (company_id, id, profile_id, import_id,"
                     " line_number, fingerprint, occurrence, booked_on, amount, text, payload)"
                     " SELECT company_id, 1, 1, import_id, 1, 1, 1, matched_on, 1, '', ''"
                     " FROM settlements_statement"],
    "settlements_statement": ["UPDATE settlements_statement SET total_amount = total_amount + 1"],
    "fees_estimate": ["INSERT INTO fees_estimate (company_id, id, order_id, line_id, account,"
                      " estimated_amount, open_amount, actual_amount, estimator) SELECT company_id,"
                      " id, order_id, id, '6000', 1, 1, 0, '' FROM orders_line"],
    "settlements_booking": ["UPDATE settlements_booking SET account = '6075'"],
}  # fmt: skip


def traded(world: World) -> World:
    world.stock(*STOCK)
    world.orders(*ORDERS)
    world.settle(SETTLED)
    return world


@pytest.mark.parametrize("table", CHANGES)
def test_a_changed_value_changes_the_digest(world: World, table: str) -> None:
    before = traded(world).digest()
    world.change(*CHANGES[table])
    after = world.digest()
    assert after.whole != before.whole
    assert after.tables[table] != before.tables[table]
    scope = "facts" if table in [model.__tablename__ for model in FACTS] else "derived"
    assert getattr(after, scope) != getattr(before, scope)


def test_a_row_more_changes_the_digest_of_guarded_tables(world: World) -> None:
    before = traded(world).digest()
    world.orders("1005 MUG 1 @ 5.00 on 2011-02-05")
    after = world.digest()
    world.settle(SETTLED, ref="902")
    after = world.digest()
    for table in (
        "stock_move",
        "ledger_entry",
        "ledger_posting",
        "ledger_profit",
        "settlements_row",
    ):
        assert after.tables[table] != before.tables[table], table


def test_every_business_table_is_hashed_and_tried(world: World) -> None:
    hashed = {model.__tablename__ for model in (*FACTS, *DERIVED)}
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if world.kernel.db.dialect == "sqlite"
        else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )
    prefixes = ("catalog_", "channels_", "orders_", "stock_", "ledger_", "partners_", "tax_")
    prefixes += ("banking_", "fees_", "settlements_")
    tables = {row[0] for row in world.rows(query) if row[0].startswith(prefixes)}
    # What came in which file and when, what platforms were told and are yet to be told, the story
    # of an order and of a listing, which months are open, how far profit is summed up, and
    # how near thresholds, what platforms held back or announced and how their tax differed were.
    untold = {"channels_import", "stock_change", "stock_follower"}
    untold |= {"orders_event", "orders_tally", "catalog_mapping", "ledger_period"}
    untold |= {"ledger_profit_fresh", "ledger_profit_sum", "tax_watch"}
    untold |= {"settlements_held", "settlements_tax_gap", "settlements_payout_wish"}
    untold |= {"orders_announced"}
    assert tables - hashed - {name for name in tables if "__" in name} == untold


def test_the_digest_knows_no_ids_and_no_order_of_masters(
    worlds: Worlds, world: World, tmp_path: Path
) -> None:
    traded(world)
    url = worlds.create("sqlite")
    other = worlds.open(url, tmp_path)
    other.change("UPDATE kernel_sequence SET next = next + 5000")
    other.stock(*reversed(STOCK))
    other.orders(*ORDERS)
    other.settle(SETTLED)
    found = other.digest()
    other.kernel.db.dispose()
    worlds.drop(url)
    # The key of a receipt names its first line, so that only the facts are the same here.
    assert found.facts == world.digest().facts
    assert found.tables["orders_line"] == world.digest().tables["orders_line"]


def test_both_engines_give_the_same_digest(worlds: Worlds, tmp_path: Path) -> None:
    digests = []
    for engine in ("sqlite", "postgresql"):
        url = worlds.create(engine)
        world = traded(worlds.open(url, tmp_path))
        digests.append(world.digest())
        assert not world.broken()
        world.kernel.db.dispose()
        worlds.drop(url)
    assert digests[0].tables == digests[1].tables
    assert digests[0] == digests[1]


def test_the_moment_of_recording_is_no_value(world: World) -> None:
    before = traded(world).digest()
    moment = "2001-01-01T00:00:00.000000+00:00"
    world.change(
        f"UPDATE catalog_sku SET created_at = '{moment}', row_version = row_version + 1",
        f"UPDATE orders_order SET created_at = '{moment}', row_version = row_version + 1",
    )
    assert world.digest() == before
