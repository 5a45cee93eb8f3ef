"""The sentences that must hold at every commit, as queries that find what breaks them.

Tests, the simulator and `entrepot verify` share this module. A sentence is a query over sets whose
every row is a fault; it returns none on sound books.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.identity import guards as identity
from core.ledger import guards as ledger
from core.ledger.folding import CUTS
from core.ledger.waterfall import PROFIT_LINES
from core.orders.exceptions import MOST_URGENT
from core.orders.tallying import missing_tallies
from core.stamps import missing_stamps

FAULTS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a sentence holds, with the first faults if it does not."""

    sentence: str
    faults: Sequence[str]

    @property
    def holds(self) -> bool:
        """Say whether no fault was found."""
        return not self.faults


def verify(session: Session) -> list[Verdict]:
    """Check every sentence on the whole database."""
    verdicts = [_by_query(session, sentence, query) for sentence, query in SENTENCES.items()]
    verdicts += [Verdict(sentence, check(session)) for sentence, check in _CHECKS.items()]
    return verdicts


def _by_query(session: Session, sentence: str, query: str) -> Verdict:
    month = _MONTH[session.get_bind().dialect.name]
    text = query.replace("{month}", month).replace("{profit}", _PROFIT_SUM)
    rows = session.execute(sa.text(f"{text} LIMIT {FAULTS_SHOWN}")).mappings()
    return Verdict(
        sentence, [", ".join(f"{name} {value}" for name, value in row.items()) for row in rows]
    )


def _guards(session: Session) -> list[str]:
    connection = session.connection()
    return [
        *ledger.missing_guards(connection),
        *identity.missing_guards(connection),
        *missing_tallies(connection),
        *missing_stamps(connection),
    ]


def _foreign_keys(session: Session) -> list[str]:
    # PostgreSQL cannot hold a broken one; SQLite can, if somebody wrote with the check off.
    if session.get_bind().dialect.name != "sqlite":
        return []
    rows = session.execute(sa.text("PRAGMA foreign_key_check")).all()
    return [f"{row[0]} row {row[1]} refers to a missing row of {row[2]}" for row in rows][:5]


_CHECKS: dict[str, Callable[[Session], list[str]]] = {
    "Booked rows are guarded by triggers.": _guards,
    "Every reference leads to a row.": _foreign_keys,
}

_MONTH = {
    "sqlite": "substr(booked_on, 1, 7) || '-01'",
    "postgresql": "CAST(date_trunc('month', booked_on) AS date)",
}

_PROFIT_SUM = " + ".join(PROFIT_LINES)
_CUTS = " UNION ALL ".join(f"SELECT '{cut.name}' AS cut" for cut in CUTS if cut.unit != "year")

# What lies in layers, less what left provisionally, less what has moved but waits for its posting.
_STOCK_VALUE = """
    SELECT company_id, account, SUM(value) AS value FROM (
        SELECT w.company_id, w.inventory_account AS account, y.remaining_value AS value
        FROM stock_layer y
        JOIN stock_level v ON v.company_id = y.company_id AND v.id = y.level_id
        JOIN stock_warehouse w ON w.company_id = v.company_id AND w.id = v.warehouse_id
        WHERE y.remaining_value <> 0
        UNION ALL
        SELECT w.company_id, w.inventory_account, -s.open_value
        FROM stock_short s
        JOIN stock_level v ON v.company_id = s.company_id AND v.id = s.level_id
        JOIN stock_warehouse w ON w.company_id = v.company_id AND w.id = v.warehouse_id
        WHERE s.open_value <> 0
        UNION ALL
        SELECT d.company_id, w.inventory_account, l.cost_amount
        FROM stock_document d
        JOIN stock_warehouse w ON w.company_id = d.company_id AND w.id = d.warehouse_id
        JOIN orders_line l ON l.company_id = d.company_id AND l.document_id = d.id
        WHERE d.posting_state = 'waiting' AND l.cost_amount <> 0
    ) parts GROUP BY company_id, account
"""

SENTENCES: dict[str, str] = {
    "Nothing is promised that does not lie there: 0 <= reserved <= on hand.": """
        SELECT company_id, id AS level, on_hand, reserved FROM stock_level
        WHERE reserved < 0 OR reserved > on_hand""",
    "What is reserved is the sum of the reservations.": """
        SELECT v.company_id, v.id AS level, v.reserved, COALESCE(r.open, 0) AS promised
        FROM stock_level v LEFT JOIN (
            SELECT company_id, level_id, SUM(open_quantity) AS open FROM stock_reservation
            WHERE open_quantity > 0 GROUP BY company_id, level_id
        ) r ON r.company_id = v.company_id AND r.level_id = v.id
        WHERE v.reserved <> COALESCE(r.open, 0)""",
    "Nobody waits for goods that lie free.": """
        SELECT r.company_id, r.id AS reservation, r.short_quantity, v.on_hand, v.reserved
        FROM stock_reservation r
        JOIN stock_level v ON v.company_id = r.company_id AND v.id = r.level_id
        WHERE r.short_quantity > 0 AND v.on_hand > v.reserved""",
    "An order waits for goods if and only if one of its lines does.": """
        SELECT o.company_id, o.id AS order_id, o.state, COALESCE(s.short, 0) AS short
        FROM orders_order o LEFT JOIN (
            SELECT l.company_id, l.order_id, SUM(r.short_quantity) AS short
            FROM stock_reservation r
            JOIN orders_line l ON l.company_id = r.company_id AND l.id = r.line_id
            WHERE r.short_quantity > 0 GROUP BY l.company_id, l.order_id
        ) s ON s.company_id = o.company_id AND s.order_id = o.id
        LEFT JOIN (
            SELECT company_id, order_id, 1 AS raised FROM orders_exception
            WHERE kind = 'short' AND solved_at IS NULL
        ) x ON x.company_id = o.company_id AND x.order_id = o.id
        WHERE (COALESCE(s.short, 0) > 0 AND (x.raised IS NULL OR o.state = 'allocated'))
            OR (COALESCE(s.short, 0) = 0 AND (x.raised IS NOT NULL OR o.state = 'backordered'))""",
    "An order that is over, or held without stock, has no goods promised.": """
        SELECT o.company_id, o.id AS order_id, o.state, o.hold, r.open_quantity, r.short_quantity
        FROM stock_reservation r
        JOIN orders_line l ON l.company_id = r.company_id AND l.id = r.line_id
        JOIN orders_order o ON o.company_id = l.company_id AND o.id = l.order_id
        WHERE (r.open_quantity > 0 OR r.short_quantity > 0)
            AND (o.state IN ('shipped', 'delivered', 'completed', 'cancelled')
                OR o.hold = 'locked' OR l.cancelled_quantity > 0)""",
    "An order shows the most urgent of its open exceptions.": f"""
        SELECT o.company_id, o.id AS order_id, o.exception, x.kind FROM orders_order o
        LEFT JOIN (
            SELECT company_id, order_id, {MOST_URGENT} AS kind FROM orders_exception
            WHERE solved_at IS NULL GROUP BY company_id, order_id
        ) x ON x.company_id = o.company_id AND x.order_id = o.id
        WHERE COALESCE(o.exception, '') <> COALESCE(x.kind, '')""",  # noqa: S608
    "What lies on hand is the sum of the moves.": """
        SELECT v.company_id, v.id AS level, v.on_hand, COALESCE(m.moved, 0) AS moved
        FROM stock_level v LEFT JOIN (
            SELECT company_id, level_id, SUM(quantity) AS moved FROM stock_move
            GROUP BY company_id, level_id
        ) m ON m.company_id = v.company_id AND m.level_id = v.id
        WHERE v.on_hand <> COALESCE(m.moved, 0)""",
    "What lies on hand is what is left in the layers.": """
        SELECT v.company_id, v.id AS level, v.on_hand, COALESCE(y.remaining, 0) AS remaining
        FROM stock_level v LEFT JOIN (
            SELECT company_id, level_id, SUM(remaining) AS remaining FROM stock_layer
            WHERE remaining > 0 GROUP BY company_id, level_id
        ) y ON y.company_id = v.company_id AND y.level_id = v.id
        WHERE v.on_hand <> COALESCE(y.remaining, 0)""",
    "A layer is what was received less what was used and not returned.": """
        SELECT y.company_id, y.id AS layer, y.remaining, y.remaining_value
        FROM stock_layer y LEFT JOIN (
            SELECT company_id, layer_id, SUM(quantity - returned_quantity) AS quantity,
                SUM(value - returned_value) AS value
            FROM stock_layer_use GROUP BY company_id, layer_id
        ) u ON u.company_id = y.company_id AND u.layer_id = y.id
        WHERE y.quantity - COALESCE(u.quantity, 0) <> y.remaining
            OR y.value - COALESCE(u.value, 0) <> y.remaining_value
            OR (y.remaining = 0 AND y.remaining_value <> 0)""",
    "A short is open only while nothing lies free on hand.": """
        SELECT s.company_id, s.id AS short, s.open_quantity, v.on_hand, v.reserved
        FROM stock_short s
        JOIN stock_level v ON v.company_id = s.company_id AND v.id = s.level_id
        WHERE s.open_quantity > 0 AND v.on_hand > v.reserved""",
    "The inventory accounts hold the layers less the provisional shorts.": f"""
        SELECT a.company_id, a.code AS account, COALESCE(b.amount, 0) AS booked,
            COALESCE(s.value, 0) AS stock
        FROM ledger_account a
        LEFT JOIN (SELECT company_id, account_id, SUM(amount) AS amount FROM ledger_balance
            GROUP BY company_id, account_id) b
            ON b.company_id = a.company_id AND b.account_id = a.id
        LEFT JOIN ({_STOCK_VALUE}) s ON s.company_id = a.company_id AND s.account = a.code
        WHERE a.code IN (SELECT inventory_account FROM stock_warehouse)
            AND COALESCE(b.amount, 0) <> COALESCE(s.value, 0)""",  # noqa: S608
    "What lies on the way is what transfers sent less what arrived or was lost.": """
        SELECT COALESCE(v.company_id, t.company_id) AS company_id,
            COALESCE(v.sku_id, t.sku_id) AS sku, COALESCE(v.on_hand, 0) AS on_hand,
            COALESCE(t.open, 0) AS sent
        FROM (
            SELECT v.company_id, v.sku_id, SUM(v.on_hand) AS on_hand FROM stock_level v
            JOIN stock_warehouse w ON w.company_id = v.company_id AND w.id = v.warehouse_id
            WHERE w.kind = 'transit' GROUP BY v.company_id, v.sku_id
        ) v FULL JOIN (
            SELECT company_id, sku_id, SUM(shipped - received - lost) AS open
            FROM warehousing_transfer_line GROUP BY company_id, sku_id
        ) t ON t.company_id = v.company_id AND t.sku_id = v.sku_id
        WHERE COALESCE(v.on_hand, 0) <> COALESCE(t.open, 0)""",
    "Every entry balances.": """
        SELECT company_id, entry_id AS entry, SUM(amount) AS difference FROM ledger_posting
        GROUP BY company_id, entry_id HAVING SUM(amount) <> 0""",
    "Every entry balances in each currency, unless it moves value between them.": """
        SELECT company_id, entry_id AS entry, MIN(own) AS least, MAX(own) AS most FROM (
            SELECT company_id, entry_id, currency, SUM(currency_amount) AS own,
                MAX(CASE WHEN tag IN ('conversion', 'revaluation') THEN 1 ELSE 0 END) AS exchanges
            FROM ledger_posting GROUP BY company_id, entry_id, currency
        ) sums GROUP BY company_id, entry_id
        HAVING MAX(exchanges) = 0 AND (MIN(own) <> 0 OR MAX(own) <> 0)""",
    "A balance is the sum of its postings.": """
        SELECT COALESCE(b.company_id, p.company_id) AS company_id,
            COALESCE(b.account_id, p.account_id) AS account, COALESCE(b.month, p.month) AS month,
            COALESCE(b.amount, 0) AS balance, COALESCE(p.amount, 0) AS posted
        FROM ledger_balance b FULL JOIN (
            SELECT company_id, account_id, {month} AS month, SUM(amount) AS amount
            FROM ledger_posting GROUP BY company_id, account_id, {month}
        ) p ON p.company_id = b.company_id AND p.account_id = b.account_id AND p.month = b.month
        WHERE COALESCE(b.amount, 0) <> COALESCE(p.amount, 0)""",
    "An open item is the sum of its postings.": """
        SELECT i.company_id, i.id AS item, i.open_functional, COALESCE(p.amount, 0) AS posted
        FROM ledger_item i LEFT JOIN (
            SELECT company_id, item_id, SUM(amount) AS amount FROM ledger_posting
            WHERE item_id IS NOT NULL GROUP BY company_id, item_id
        ) p ON p.company_id = i.company_id AND p.item_id = i.id
        WHERE i.open_functional <> COALESCE(p.amount, 0)""",
    "An open item is the sum of its postings in its own currency.": """
        SELECT i.company_id, i.id AS item, i.currency, i.open_amount,
            COALESCE(p.amount, 0) AS posted
        FROM ledger_item i LEFT JOIN (
            SELECT company_id, item_id, currency, SUM(currency_amount) AS amount
            FROM ledger_posting WHERE item_id IS NOT NULL GROUP BY company_id, item_id, currency
        ) p ON p.company_id = i.company_id AND p.item_id = i.id AND p.currency = i.currency
        WHERE i.open_amount <> COALESCE(p.amount, 0)""",
    "Profit by month is the ledger's.": """
        SELECT COALESCE(l.company_id, p.company_id) AS company_id,
            COALESCE(l.month, p.month) AS month, COALESCE(l.amount, 0) AS ledger,
            COALESCE(p.amount, 0) AS profit
        FROM (
            SELECT b.company_id, b.month, -SUM(b.amount) AS amount FROM ledger_balance b
            JOIN ledger_account a ON a.company_id = b.company_id AND a.id = b.account_id
            WHERE a.profit_line IS NOT NULL GROUP BY b.company_id, b.month
        ) l FULL JOIN (
            SELECT company_id, {month} AS month, SUM({profit}) AS amount
            FROM ledger_profit GROUP BY company_id, {month}
        ) p ON p.company_id = l.company_id AND p.month = l.month
        WHERE COALESCE(l.amount, 0) <> COALESCE(p.amount, 0)""",
    "What a run shares is what it took from the books.": """
        SELECT p.company_id, p.run_id AS run, p.id AS pool, p.amount,
            COALESCE(s.amount, 0) AS shared
        FROM allocation_pool p
        JOIN allocation_run r ON r.company_id = p.company_id AND r.id = p.run_id
        LEFT JOIN (
            SELECT company_id, run_id, pool_id, SUM(amount) AS amount,
                SUM(CASE WHEN level = 'none' THEN amount ELSE 0 END) AS nobody
            FROM allocation_share GROUP BY company_id, run_id, pool_id
        ) s ON s.company_id = p.company_id AND s.run_id = p.run_id AND s.pool_id = p.id
        WHERE p.amount <> COALESCE(s.amount, 0) OR p.not_allocated <> COALESCE(s.nobody, 0)""",
    "What is shared of a closed month is what the ledger holds without an order.": """
        SELECT COALESCE(l.company_id, s.company_id) AS company_id,
            COALESCE(l.account_id, s.account_id) AS account, COALESCE(l.month, s.month) AS month,
            COALESCE(l.amount, 0) AS booked, COALESCE(s.amount, 0) AS shared
        FROM (
            SELECT b.company_id, b.account_id, b.month, b.amount FROM (
                SELECT company_id, account_id, {month} AS month, SUM(amount) AS amount
                FROM ledger_posting WHERE order_id IS NULL
                GROUP BY company_id, account_id, {month}
            ) b JOIN ledger_account a ON a.company_id = b.company_id AND a.id = b.account_id
                AND a.profit_line IS NOT NULL
        ) l FULL JOIN (
            SELECT s.company_id, s.account_id, s.month, SUM(s.amount) AS amount
            FROM allocation_share s
            JOIN allocation_run r ON r.company_id = s.company_id AND r.id = s.run_id
            WHERE NOT EXISTS (SELECT 1 FROM allocation_run n WHERE n.company_id = r.company_id
                AND n.number > r.number AND n.first_month <= r.last_month
                AND n.last_month >= r.first_month)
            GROUP BY s.company_id, s.account_id, s.month
        ) s ON s.company_id = l.company_id AND s.account_id = l.account_id AND s.month = l.month
        JOIN ledger_period p ON p.company_id = COALESCE(l.company_id, s.company_id)
            AND p.month = COALESCE(l.month, s.month) AND p.state = 'closed'
        WHERE COALESCE(l.amount, 0) <> COALESCE(s.amount, 0) AND EXISTS (
            SELECT 1 FROM allocation_run r WHERE r.company_id = p.company_id
                AND p.month BETWEEN r.first_month AND r.last_month)""",
    "The sums of profit and the fresh changes are all changes.": f"""
        SELECT company_id, cut, month, SUM(changes) AS changes, SUM(profit) AS profit FROM (
            SELECT company_id, cut, {{month}} AS month, changes, {{profit}} AS profit
            FROM (SELECT s.*, s.starts_on AS booked_on FROM ledger_profit_sum s
                WHERE s.cut <> 'sku.year') sums
            UNION ALL
            SELECT company_id, cut, {{month}}, 1, {{profit}}
            FROM (SELECT p.* FROM ledger_profit_fresh f JOIN ledger_profit p
                ON p.company_id = f.company_id AND p.id BETWEEN f.first_id AND f.last_id) fresh
            CROSS JOIN ({_CUTS}) cuts
            UNION ALL
            SELECT company_id, cut, {{month}}, -COUNT(*), -SUM({{profit}})
            FROM ledger_profit CROSS JOIN ({_CUTS}) cuts GROUP BY company_id, cut, {{month}}
        ) parts GROUP BY company_id, cut, month
        HAVING SUM(changes) <> 0 OR SUM(profit) <> 0""",  # noqa: S608
    "What is summed up of a run by SKU is what its shares move.": """
        SELECT company_id, run_id AS run, month, account_id AS account, sku_id,
            SUM(amount) AS amount
        FROM (
            SELECT company_id, run_id, month, account_id, sku_id, -amount AS amount
            FROM allocation_sum WHERE cut = 'sku'
            UNION ALL
            SELECT company_id, run_id, month, account_id, COALESCE(sku_id, 0), amount
            FROM allocation_share
            UNION ALL
            SELECT s.company_id, s.run_id, s.month, s.account_id, COALESCE(p.sku_id, 0), -s.amount
            FROM allocation_share s JOIN allocation_pool p ON p.company_id = s.company_id
                AND p.run_id = s.run_id AND p.id = s.pool_id
        ) parts
        WHERE EXISTS (SELECT 1 FROM allocation_run r WHERE r.company_id = parts.company_id
            AND r.id = parts.run_id)
        GROUP BY company_id, run_id, month, account_id, sku_id HAVING SUM(amount) <> 0""",
    "The sums of profit of a year are those of its months.": """
        SELECT company_id, sku_id, year, SUM(changes) AS changes, SUM(profit) AS profit FROM (
            SELECT company_id, sku_id, substr(CAST(starts_on AS text), 1, 4) AS year,
                CASE WHEN cut = 'sku.year' THEN changes ELSE -changes END AS changes,
                CASE WHEN cut = 'sku.year' THEN {profit} ELSE -({profit}) END AS profit
            FROM ledger_profit_sum WHERE cut IN ('sku.month', 'sku.year')
        ) parts GROUP BY company_id, sku_id, year
        HAVING SUM(changes) <> 0 OR SUM(profit) <> 0""",
    "The order list counts the orders that there are.": """
        SELECT COALESCE(o.company_id, t.company_id) AS company_id,
            COALESCE(o.state, t.state) AS state, COALESCE(o.number, 0) AS orders,
            COALESCE(t.number, 0) AS counted
        FROM (
            SELECT company_id, kind, state, COALESCE(exception, '') AS exception, country,
                COUNT(*) AS number FROM orders_order
            GROUP BY company_id, kind, state, COALESCE(exception, ''), country
        ) o FULL JOIN (
            SELECT company_id, kind, state, exception, country, SUM(number) AS number
            FROM orders_tally GROUP BY company_id, kind, state, exception, country
        ) t ON t.company_id = o.company_id AND t.kind = o.kind AND t.state = o.state
            AND t.exception = o.exception AND t.country = o.country
        WHERE COALESCE(o.number, 0) <> COALESCE(t.number, 0)""",
    "The turnover that is tested is that of the ledger.": """
        SELECT t.company_id, t.scheme, t.booked_on, t.currency, t.amount, l.amount AS booked
        FROM tax_turnover t LEFT JOIN (
            SELECT p.company_id, d.regime, d.scheme, p.booked_on, p.currency,
                -SUM(p.currency_amount) AS amount
            FROM ledger_posting p
            JOIN tax_decision d ON d.company_id = p.company_id AND d.id = p.decision_id
            JOIN ledger_account a ON a.company_id = p.company_id AND a.id = p.account_id
            WHERE a.code <> d.account
            GROUP BY p.company_id, d.regime, d.scheme, p.booked_on, p.currency
        ) l ON l.company_id = t.company_id AND l.regime = t.regime AND l.scheme = t.scheme
            AND l.booked_on = t.booked_on AND l.currency = t.currency
        WHERE t.amount <> COALESCE(l.amount, 0)""",
    "A document's totals are the sums of its lines.": """
        SELECT o.company_id, o.external_ref AS document, o.net_amount, l.net, o.tax_amount, l.tax
        FROM orders_order o LEFT JOIN (
            SELECT company_id, order_id, SUM(net_amount) AS net, SUM(tax_amount) AS tax,
                COUNT(*) AS lines FROM orders_line GROUP BY company_id, order_id
        ) l ON l.company_id = o.company_id AND l.order_id = o.id
        WHERE o.net_amount <> COALESCE(l.net, 0) OR o.tax_amount <> COALESCE(l.tax, 0)
            OR o.line_count <> COALESCE(l.lines, 0)""",
    "No more of a line came back than was sold.": """
        SELECT company_id, id AS line, quantity, returned_quantity FROM orders_line
        WHERE returned_quantity < 0 OR (returned_quantity > 0 AND returned_quantity > quantity)""",
    "What came back of a line is what its returns say.": """
        SELECT o.company_id, o.id AS line, o.returned_quantity, COALESCE(r.quantity, 0) AS returned
        FROM orders_line o LEFT JOIN (
            SELECT company_id, original_line_id, -SUM(quantity) AS quantity FROM orders_line
            WHERE original_line_id IS NOT NULL GROUP BY company_id, original_line_id
        ) r ON r.company_id = o.company_id AND r.original_line_id = o.id
        WHERE o.returned_quantity <> COALESCE(r.quantity, 0)""",
    "Every accepted row became a line or a move, every other one has its reason.": """
        SELECT r.company_id, r.id AS raw_row, r.kind, r.reason FROM channels_raw_row r
        LEFT JOIN (
            SELECT company_id, raw_row_id FROM orders_line
            UNION SELECT company_id, raw_row_id FROM stock_move WHERE raw_row_id IS NOT NULL
            UNION SELECT company_id, raw_row_id FROM stock_short WHERE raw_row_id IS NOT NULL
        ) d ON d.company_id = r.company_id AND d.raw_row_id = r.id
        WHERE (d.raw_row_id IS NULL) <> (r.reason IS NOT NULL)
            AND substr(r.kind, 1, 9) <> 'document:'""",
    "A booked statement's rows are all there and add up to what the platform says.": """
        SELECT t.company_id, t.external_ref AS statement, t.row_count, r.number AS found,
            t.total_amount, COALESCE(r.amount, 0) AS amount
        FROM settlements_statement t LEFT JOIN (
            SELECT company_id, statement_id, COUNT(*) AS number,
                SUM(CASE WHEN deferred THEN 0 ELSE amount END) AS amount
            FROM settlements_row GROUP BY company_id, statement_id
        ) r ON r.company_id = t.company_id AND r.statement_id = t.id
        WHERE t.state = 'booked' AND (t.row_count <> COALESCE(r.number, 0)
            OR t.total_amount <> COALESCE(r.amount, 0))""",
    "Every row of a booked statement is in the books, or its money is not released yet.": """
        SELECT r.company_id, t.external_ref AS statement, r.id AS row_id, b.outcome
        FROM settlements_row r
        JOIN settlements_statement t ON t.company_id = r.company_id AND t.id = r.statement_id
        LEFT JOIN settlements_booking b ON b.company_id = r.company_id AND b.id = r.id
        LEFT JOIN ledger_entry e ON e.company_id = b.company_id AND e.id = b.entry_id
        WHERE t.state = 'booked' AND (b.id IS NULL
            OR (e.id IS NULL AND r.amount <> 0 AND b.outcome <> 'deferred'))""",
    "A statement that was paid owes nothing more.": """
        SELECT t.company_id, t.external_ref AS statement, i.open_amount, i.open_functional
        FROM settlements_statement t
        JOIN ledger_account a ON a.company_id = t.company_id AND a.code = '1220'
        JOIN ledger_item i ON i.company_id = t.company_id AND i.account_id = a.id
            AND i.natural_key = t.platform || '/' || t.account || '/' || t.external_ref
        WHERE t.state = 'booked' AND (i.open_amount <> 0 OR i.open_functional <> 0)
            AND (t.deposited_on IS NOT NULL OR t.total_amount < 0)""",
    "Suspense holds the rows that nobody understands yet.": """
        SELECT t.company_id, t.external_ref AS statement, COALESCE(i.open_amount, 0) AS suspense,
            COALESCE(s.amount, 0) AS amount
        FROM settlements_statement t
        JOIN ledger_account a ON a.company_id = t.company_id AND a.code = '1590'
        LEFT JOIN ledger_item i ON i.company_id = t.company_id AND i.account_id = a.id
            AND i.natural_key = t.platform || '/' || t.account || '/' || t.external_ref
        LEFT JOIN (
            SELECT b.company_id, b.statement_id, SUM(r.amount) AS amount FROM settlements_booking b
            JOIN settlements_row r ON r.company_id = b.company_id AND r.id = b.id
            WHERE b.outcome = 'suspense' GROUP BY b.company_id, b.statement_id
        ) s ON s.company_id = t.company_id AND s.statement_id = t.id
        WHERE t.rejection = 0 AND COALESCE(i.open_amount, 0) <> -COALESCE(s.amount, 0)""",
    "A bank's line that is a payout is in the books.": """
        SELECT l.company_id, l.id AS line, l.item_key, l.entry_id FROM banking_line l
        LEFT JOIN ledger_entry e ON e.company_id = l.company_id AND e.id = l.entry_id
        WHERE (l.item_key IS NULL) <> (e.id IS NULL)""",
    "What is accrued of fees is what was estimated and has not come.": """
        SELECT a.company_id, COALESCE(i.amount, 0) AS accrued, COALESCE(e.amount, 0) AS estimated
        FROM ledger_account a LEFT JOIN (
            SELECT company_id, account_id, SUM(open_amount) AS amount FROM ledger_item
            GROUP BY company_id, account_id
        ) i ON i.company_id = a.company_id AND i.account_id = a.id
        LEFT JOIN (
            SELECT company_id, SUM(open_amount) AS amount FROM fees_estimate
            WHERE account NOT LIKE '61%' OR estimator = 'bought label' GROUP BY company_id
        ) e ON e.company_id = a.company_id
        WHERE a.code = '2150' AND COALESCE(i.amount, 0) <> -COALESCE(e.amount, 0)""",
}
