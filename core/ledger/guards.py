"""Triggers that keep booked facts as they are, below every caller.

SQLite loses a table's triggers when a migration rebuilds it, so `create_guards` is called again
after each migration, and `missing_guards` is part of `entrepot verify`.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

APPEND_ONLY = (
    "ledger_entry",
    "ledger_posting",
    "ledger_profit",
    "stock_move",
    "settlements_row",
    "fees_meaning",
    "fees_rate",
    "allocation_rule",
    "allocation_run",
    "allocation_pool",
    "allocation_share",
    "expenses_bill",
    "tax_return",
    "invoicing_invoice",
)

_BALANCE = "ledger_posting_balanced_by_currency"
_FORMERLY = "ledger_posting_balanced"
_OPEN = "ledger_entry_open_period"
_REFERENCES = {
    "ledger_posting_of_entry": ("ledger_posting", "entry_id", "ledger_entry"),
    "ledger_posting_of_account": ("ledger_posting", "account_id", "ledger_account"),
    "ledger_profit_of_entry": ("ledger_profit", "entry_id", "ledger_entry"),
    "ledger_item_of_account": ("ledger_item", "account_id", "ledger_account"),
    "settlements_row_of_statement": ("settlements_row", "statement_id", "settlements_statement"),
    "settlements_booking_of_statement": (
        "settlements_booking", "statement_id", "settlements_statement",
    ),
    "settlements_booking_of_row": ("settlements_booking", "id", "settlements_row"),
    "orders_event_of_order": ("orders_event", "order_id", "orders_order"),
    "fees_estimate_of_order": ("fees_estimate", "order_id", "orders_order"),
    "fees_estimate_of_line": ("fees_estimate", "line_id", "orders_line"),
}  # fmt: skip
"""What PostgreSQL checks once for each statement, and SQLite by its foreign keys.

A foreign key looks up, and locks, what each single row refers to: for postings that took four times
as long as to store them. Of a whole statement each entry and account is looked up once. What is
referred to stays: entries and rows are append-only, an account with items or postings has balances,
whose foreign keys keep it, and settlements, orders and lines are never taken away.
"""
_REFERRED = {(column, target) for _, column, target in _REFERENCES.values()}
_KEPT = ("settlements_statement", "orders_order", "orders_line")
_TABLES = {
    _BALANCE: "ledger_posting",
    _OPEN: "ledger_entry",
    **{name: table for name, (table, _, _) in _REFERENCES.items()},
}


def create_guards(connection: Connection) -> None:
    """Make the triggers that are missing; those of tables that come later wait for them."""
    tables = set(sa.inspect(connection).get_table_names())
    missing = [name for name in missing_guards(connection) if _table_of(name) in tables]
    if connection.dialect.name == "sqlite":
        for name in missing:
            connection.execute(sa.text(_sqlite_trigger(name)))
    elif missing:
        for statement in _postgres_functions():
            connection.execute(sa.text(statement))
        for name in missing:
            connection.exec_driver_sql(_postgres_trigger(name))


def drop_open_guard(connection: Connection) -> None:
    """Take the trigger away that came with the periods of late facts."""
    where = " ON ledger_entry" if connection.dialect.name == "postgresql" else ""
    connection.execute(sa.text(f"DROP TRIGGER IF EXISTS {_OPEN}{where}"))


def drop_former_guards(connection: Connection) -> None:
    """Drop the trigger that knew one currency, before `create_guards` makes the one of today."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {_FORMERLY} ON ledger_posting")


def drop_reference_guards(connection: Connection) -> None:
    """Take the checks of references away, for foreign keys to take their place."""
    for table in _KEPT:
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_no_delete ON {table}")
    for name, (table, column, target) in _REFERENCES.items():
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name} ON {table}")
        _drop_key(connection, table, column)
        connection.exec_driver_sql(
            f"ALTER TABLE {table} ADD CONSTRAINT {_foreign_key(table, column)}"
            f" FOREIGN KEY (company_id, {column}) REFERENCES {target} (company_id, id)"
        )


def drop_replaced_keys(connection: Connection) -> None:
    """Drop the foreign keys of which triggers take the place, before `create_guards`."""
    for table, column, _ in _REFERENCES.values():
        _drop_key(connection, table, column)


def _drop_key(connection: Connection, table: str, column: str) -> None:
    connection.exec_driver_sql(
        f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {_foreign_key(table, column)}"
    )


def _foreign_key(table: str, column: str) -> str:
    return f"fk_{table}_company_id_{column}"


def missing_guards(connection: Connection) -> list[str]:
    """Return the names of the triggers that the database lacks."""
    names = [f"{table}_no_{act}" for table in APPEND_ONLY for act in ("update", "delete")]
    names.append(_OPEN)
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        names += [_BALANCE, *_REFERENCES, *(f"{table}_no_delete" for table in _KEPT)]
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    present = set(connection.execute(sa.text(query)).scalars())
    return [name for name in names if name not in present]


def _table_of(name: str) -> str:
    return _TABLES.get(name) or name.rpartition("_no_")[0]


def _sqlite_trigger(name: str) -> str:
    if name == _OPEN:
        return (
            f"CREATE TRIGGER {_OPEN} BEFORE INSERT ON ledger_entry WHEN EXISTS (SELECT 1"  # noqa: S608
            " FROM ledger_period WHERE company_id = NEW.company_id AND state = 'closed'"
            " AND month = substr(NEW.booked_on, 1, 7) || '-01') BEGIN"
            " SELECT RAISE(ABORT, 'the period is closed: book the fact in an open one'); END"
        )
    table, _, act = name.rpartition("_no_")
    return (
        f"CREATE TRIGGER {name} BEFORE {act.upper()} ON {table} BEGIN"
        f" SELECT RAISE(ABORT, '{table} is append-only: book a correction instead'); END"
    )


def _postgres_functions() -> list[str]:
    return [
        "CREATE OR REPLACE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION '% is append-only: book a correction instead', TG_TABLE_NAME;"
        " END $$",
        # A deferred trigger for each row costs a factor of 40 to 100; an entry's postings come in
        # by one statement, so one check of that statement's rows is enough.
        "CREATE OR REPLACE FUNCTION ledger_check_balance() RETURNS trigger LANGUAGE plpgsql AS $$"
        # What moves value between currencies cannot balance in each of them.
        " DECLARE wrong bigint; BEGIN"
        " SELECT entry_id INTO wrong FROM ("
        " SELECT company_id, entry_id, sum(amount) AS amount, sum(currency_amount) AS own,"
        " bool_or(tag = 'conversion' OR tag = 'revaluation') AS exchanges"
        " FROM fresh GROUP BY company_id, entry_id, currency"
        " ) sums GROUP BY company_id, entry_id"
        " HAVING sum(amount) <> 0 OR (bool_or(own <> 0) AND NOT bool_or(exchanges)) LIMIT 1;"
        " IF FOUND THEN RAISE EXCEPTION 'entry % does not balance', wrong; END IF;"
        " RETURN NULL; END $$",
        "CREATE OR REPLACE FUNCTION ledger_check_period() RETURNS trigger LANGUAGE plpgsql AS $$"
        " DECLARE wrong date; BEGIN"
        " SELECT f.booked_on INTO wrong FROM fresh f JOIN ledger_period p"
        " ON p.company_id = f.company_id AND p.state = 'closed'"
        " AND p.month = CAST(date_trunc('month', f.booked_on) AS date) LIMIT 1;"
        " IF FOUND THEN RAISE EXCEPTION 'the period of % is closed: book the fact in an open one',"
        " wrong; END IF; RETURN NULL; END $$",
        *(_reference_function(column, target) for column, target in sorted(_REFERRED)),
    ]


def _reference_function(column: str, target: str) -> str:
    # The plan is kept while the table grows: it looks each one up, however few there are now.
    return (
        f"CREATE OR REPLACE FUNCTION {_function(column, target)}() RETURNS trigger"  # noqa: S608
        " LANGUAGE plpgsql"
        " SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$"
        " DECLARE wrong bigint; BEGIN"
        f" SELECT f.{column} INTO wrong FROM (SELECT DISTINCT company_id, {column} FROM fresh) f"
        f" WHERE NOT EXISTS (SELECT 1 FROM {target} t"
        f" WHERE t.company_id = f.company_id AND t.id = f.{column}) LIMIT 1;"
        f" IF FOUND THEN RAISE foreign_key_violation USING MESSAGE ="
        f" format('%s refers to {column} %s, which there is not', TG_TABLE_NAME, wrong);"
        " END IF; RETURN NULL; END $$"
    )


def _function(column: str, target: str) -> str:
    return f"{target}_knows_{column}"


def _postgres_trigger(name: str) -> str:
    if name in _REFERENCES:
        table, column, target = _REFERENCES[name]
        return (
            f"CREATE TRIGGER {name} AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {_function(column, target)}()"
        )
    if name == _OPEN:
        return (
            f"CREATE TRIGGER {name} AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS fresh"
            " FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_period()"
        )
    if name == _BALANCE:
        return (
            f"CREATE TRIGGER {name} AFTER INSERT ON ledger_posting REFERENCING NEW TABLE AS fresh"
            " FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_balance()"
        )
    table, _, act = name.rpartition("_no_")
    return (
        f"CREATE TRIGGER {name} BEFORE {act.upper()} ON {table} FOR EACH STATEMENT"
        " EXECUTE FUNCTION ledger_append_only()"
    )
