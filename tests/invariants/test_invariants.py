"""Every sentence that must hold can be broken, and the breach is seen and named."""

from __future__ import annotations

from datetime import date

import pytest

from core.allocation.running import run_allocation
from core.invariants import SENTENCES
from core.invariants import verify
from core.ledger.guards import missing_guards
from core.ledger.waterfall import PROFIT_LINES
from tests.world import World

STOCK = ("MUG 5 @ 2.00 on 2010-11-30", "CUP 5 @ 1.00 on 2010-11-30")
ORDERS = (
    "1001 MUG 3 @ 5.00 on 2011-02-01 from ann",
    "1002 CUP 7 @ 5.00 on 2011-02-02 from bob to US",
    "C1003 MUG -1 @ 5.00 on 2011-02-03 from ann",
    "1004 MUG -1 @ 0.00 on 2011-02-04",
)
SETTLED = (
    "other-transaction/other-transaction/Subscription Fee -5.00 on 2011-02-10",
    "Order/ItemPrice/Principal 9.00 on 2011-02-10 for 026-0000001-0000001",
)

MUG = (
    "level_id IN (SELECT v.id FROM stock_level v JOIN catalog_sku s ON s.id = v.sku_id"
    " WHERE s.code = 'MUG')"
)
CAPITAL = "(SELECT id FROM ledger_account WHERE code = '3000')"
RECEIVABLE = "account_id = (SELECT id FROM ledger_account WHERE code = '1210')"


def short(order: str) -> list[str]:
    """Let an order wait for goods."""
    found = f"(SELECT id FROM orders_order WHERE external_ref = '{order}')"
    return [
        "UPDATE stock_reservation SET short_quantity = 1 WHERE line_id IN"
        f" (SELECT id FROM orders_line WHERE order_id = {found})",
        "INSERT INTO orders_exception (company_id, id, order_id, kind, detail, raised_at)"
        f" SELECT company_id, id, id, 'short', '{{}}', created_at FROM orders_order"
        f" WHERE id = {found}",
        f"UPDATE orders_order SET exception = 'short' WHERE id = {found}",
    ]


# How each sentence is broken without any other.
BREACHES: dict[str, list[str]] = {
    "Nothing is promised that does not lie there: 0 <= reserved <= on hand.": [
        "UPDATE stock_level SET reserved = on_hand + 1"
    ],
    "What is reserved is the sum of the reservations.": [
        "UPDATE stock_level SET reserved = reserved + 1 WHERE on_hand > 0"
    ],
    "Nobody waits for goods that lie free.": [
        *short("1001"),
        "UPDATE orders_order SET state = 'released' WHERE external_ref = '1001'",
    ],
    "An order waits for goods if and only if one of its lines does.": [
        "UPDATE orders_order SET state = 'backordered' WHERE external_ref = '1001'"
    ],
    "An order that is over, or held without stock, has no goods promised.": short("1002"),
    "An order shows the most urgent of its open exceptions.": [
        "UPDATE orders_order SET exception = 'loss' WHERE external_ref = '1001'"
    ],
    "What lies on hand is the sum of the moves.": [
        "UPDATE stock_move SET quantity = quantity + 1 WHERE reason = 'write_off'"
    ],
    "What lies on hand is what is left in the layers.": [
        f"UPDATE stock_layer SET remaining = remaining - 1, quantity = quantity - 1 WHERE {MUG}"
    ],
    "A layer is what was received less what was used and not returned.": [
        "UPDATE stock_layer_use SET value = value + 1"
    ],
    "A short is open only while nothing lies free on hand.": [
        "UPDATE stock_short SET level_id = (SELECT v.id FROM stock_level v"
        " JOIN catalog_sku s ON s.id = v.sku_id WHERE s.code = 'MUG')"
    ],
    "The inventory accounts hold the layers less the provisional shorts.": [
        "UPDATE stock_short SET open_value = open_value + 1"
    ],
    "What lies on the way is what transfers sent less what arrived or was lost.": [
        "UPDATE stock_warehouse SET kind = 'transit'"
    ],
    "Every entry balances.": [
        f"UPDATE ledger_posting SET amount = amount + 1 WHERE account_id = {CAPITAL}",
        "UPDATE ledger_balance SET amount = amount + (SELECT COUNT(*) FROM ledger_posting p"
        f" WHERE p.account_id = {CAPITAL}) WHERE account_id = {CAPITAL}",
    ],
    "Every entry balances in each currency, unless it moves value between them.": [
        "UPDATE ledger_posting SET currency_amount = currency_amount + 1"
        f" WHERE account_id = {CAPITAL}",
    ],
    "A balance is the sum of its postings.": [
        f"UPDATE ledger_balance SET amount = amount + 1 WHERE account_id = {CAPITAL}"
    ],
    "An open item is the sum of its postings.": [
        f"UPDATE ledger_item SET open_functional = open_functional + 1 WHERE {RECEIVABLE}"
    ],
    "An open item is the sum of its postings in its own currency.": [
        f"UPDATE ledger_item SET open_amount = open_amount + 1 WHERE {RECEIVABLE}"
    ],
    "The sums of profit and the fresh changes are all changes.": [
        "UPDATE ledger_profit_fresh SET first_id = first_id + 1"
    ],
    "What is summed up of a run by SKU is what its shares move.": [
        "INSERT INTO allocation_sum (company_id, run_id, cut, month, account_id, shop_id, country,"
        " sku_id, amount) SELECT company_id, id, 'sku', first_month, (SELECT MIN(id) FROM"
        " ledger_account), 0, '', 0, 7 FROM allocation_run"
    ],
    "The sums of profit of a year are those of its months.": [
        "INSERT INTO ledger_profit_sum (company_id, cut, starts_on, sku_id, shop_id, country,"
        f" changes, of_orders, {', '.join(PROFIT_LINES)}) SELECT id, 'sku.year', '2011-01-01',"
        f" 0, 0, '', 1, 0, {', '.join('0' for _ in PROFIT_LINES)} FROM kernel_company"
    ],
    "Profit by month is the ledger's.": ["UPDATE ledger_profit SET sales = sales + 1"],
    "What a run shares is what it took from the books.": [
        "UPDATE allocation_share SET level = CASE level WHEN 'none' THEN 'sku' ELSE 'none' END"
    ],
    "What is shared of a closed month is what the ledger holds without an order.": [
        "INSERT INTO ledger_period (company_id, month, state)"
        " SELECT company_id, '2011-02-01', 'closed' FROM ledger_account WHERE code = '1000'"
        " ON CONFLICT (company_id, month)"
        " DO UPDATE SET state = 'closed'",
        "UPDATE allocation_share SET month = '2011-01-01'",
        "UPDATE allocation_sum SET month = '2011-01-01'",
    ],
    "The order list counts the orders that there are.": [
        "UPDATE orders_tally SET number = number + 1"
    ],
    "The turnover that is tested is that of the ledger.": [
        "INSERT INTO tax_turnover (company_id, regime, scheme, booked_on, currency, amount)"
        " SELECT id, 'eu_vat', 'union_OSS', '2011-02-01', 'GBP', 1 FROM kernel_company"
    ],
    "A document's totals are the sums of its lines.": [
        "UPDATE orders_order SET tax_amount = tax_amount + 1"
    ],
    "No more of a line came back than was sold.": [
        "UPDATE orders_line SET quantity = 0 WHERE returned_quantity > 0"
    ],
    "What came back of a line is what its returns say.": [
        "UPDATE orders_line SET returned_quantity = 2 WHERE returned_quantity > 0"
    ],
    "Every accepted row became a line or a move, every other one has its reason.": [
        "UPDATE channels_raw_row SET reason = 'Because.' WHERE kind = 'sale'"
    ],
    "A booked statement's rows are all there and add up to what the platform says.": [
        "UPDATE settlements_statement SET total_amount = total_amount + 1"
    ],
    "Every row of a booked statement is in the books, or its money is not released yet.": [
        "UPDATE settlements_booking SET entry_id = NULL"
    ],
    "A statement that was paid owes nothing more.": [
        "UPDATE ledger_item SET natural_key = 'another'"
        " WHERE natural_key = 'amazon/Amazon/901'"
        " AND account_id = (SELECT id FROM ledger_account WHERE code = '1220')",
        "UPDATE ledger_item SET natural_key = 'amazon/Amazon/901',"
        " account_id = (SELECT id FROM ledger_account WHERE code = '1220')"
        f" WHERE id = (SELECT MIN(id) FROM ledger_item WHERE {RECEIVABLE} AND open_amount > 0)",
    ],
    "Suspense holds the rows that nobody understands yet.": [
        "UPDATE settlements_booking SET outcome = 'applied'"
    ],
    "A bank's line that is a payout is in the books.": [
        "INSERT INTO banking_profile (company_id, id, name, account, currency, layout, created_at,"
        " row_version) SELECT company_id, 1, 'B', '1000', 'GBP', '{}', created_at, 1"
        " FROM orders_order WHERE external_ref = '1001'",
        "INSERT INTO banking_line (company_id, id, profile_id, import_id, line_number, fingerprint,"
        " occurrence, booked_on, amount, text, payload, item_key) SELECT company_id, 1, 1,"
        " import_id, 1, 1, 1, matched_on, 1, '', '', 'x' FROM settlements_statement",
    ],
    "What is accrued of fees is what was estimated and has not come.": [
        "INSERT INTO fees_estimate (company_id, id, order_id, line_id, account, estimated_amount,"
        " open_amount, actual_amount, estimator) SELECT company_id, id, order_id, id, '6000', 1, 1,"
        " 0, '' FROM orders_line"
    ],
}

GUARDED = (
    "stock_move", "ledger_entry", "ledger_posting", "ledger_profit", "settlements_row",
    "allocation_share",
)  # fmt: skip


@pytest.fixture
def traded(world: World) -> World:
    """Give a company whose books are sound, with an open short, a return and a loss."""
    world.stock(*STOCK)
    world.orders(*ORDERS)
    world.settle(*SETTLED)
    run_allocation(world.kernel, world.company.id, date(2011, 2, 1), date(2011, 2, 1), by="ann")
    assert world.broken() == []
    return world


def unguarded(world: World) -> None:
    """Take away what keeps facts as they are, so that a test can break them."""
    if world.kernel.db.dialect == "postgresql":
        world.change(
            *[f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in GUARDED],
            "ALTER TABLE stock_level DROP CONSTRAINT ck_stock_level_reserved_covered",
        )
        return
    names = [f"{table}_no_{act}" for table in GUARDED for act in ("update", "delete")]
    world.change(*[f"DROP TRIGGER {name}" for name in names])
    with world.kernel.db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")


def broken(world: World) -> set[str]:
    with world.kernel.db.read() as session:
        return {v.sentence for v in verify(session) if not v.holds}


def test_every_sentence_is_tried() -> None:
    assert set(BREACHES) == set(SENTENCES)


@pytest.mark.parametrize("sentence", BREACHES)
def test_a_breach_is_seen(traded: World, sentence: str) -> None:
    guards = "Booked rows are guarded by triggers."
    unguarded(traded)
    assert broken(traded) - {guards} == set()

    traded.change(*BREACHES[sentence])

    # Each is broken by itself; only what is promised beyond stock is more than all promises, too.
    expected = {sentence, guards}
    if sentence.startswith("Nothing is promised"):
        expected.add("What is reserved is the sum of the reservations.")
    assert broken(traded) | {guards} == expected


@pytest.mark.parametrize("table", GUARDED)
def test_a_missing_guard_is_seen(traded: World, table: str) -> None:
    on = f" ON {table}" if traded.kernel.db.dialect == "postgresql" else ""
    traded.change(f"DROP TRIGGER {table}_no_update{on}")
    assert broken(traded) == {"Booked rows are guarded by triggers."}
    with traded.kernel.db.read() as session:
        assert missing_guards(session.connection()) == [f"{table}_no_update"]


def test_a_reference_to_nothing_is_seen_on_sqlite(traded: World) -> None:
    if traded.kernel.db.dialect == "postgresql":
        pytest.skip("PostgreSQL refuses such a row whatever is switched off")
    with traded.kernel.db.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.rollback()
        driver.execute("PRAGMA query_only = OFF")
        driver.execute("PRAGMA foreign_keys = OFF")
        driver.execute("UPDATE stock_layer SET level_id = 999999999 WHERE remaining = 0")
        driver.execute("PRAGMA foreign_keys = ON")
    assert "Every reference leads to a row." in broken(traded)


def test_an_untouched_company_is_sound(world: World) -> None:
    assert world.broken() == []
