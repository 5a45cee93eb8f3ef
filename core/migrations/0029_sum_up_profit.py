"""Tell profit's lines apart as the waterfall does, and sum it up by day and by month."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db
from core.ledger import guards

revision = "core_0029"
down_revision = "core_0028"

LINES = (
    "sales shipping charges discounts subsidies refunds goodwill reimbursements liquidation"
    " other_income cogs late_cost stock_losses fees payment_fees fulfilment duty returns ads"
    " affiliate promotions marketing storage inbound subscriptions overhead fx finance"
).split()
OLD_LINES = (
    "sales shipping discounts refunds other_income cogs stock_losses fees fulfilment marketing"
    " overhead finance"
).split()

# The accounts whose line changes: from which line to which one.
MOVED = (
    ("other_income", "charges", "4020"),
    ("other_income", "subsidies", "4300 4310"),
    ("refunds", "goodwill", "4220"),
    ("other_income", "reimbursements", "4400 4410 4450"),
    ("other_income", "liquidation", "4500"),
    ("cogs", "late_cost", "5090"),
    ("fees", "payment_fees", "6090 6095"),
    ("fulfilment", "duty", "6140"),
    ("fulfilment", "returns", "6050 6051 6052 6055"),
    ("marketing", "ads", "7000 7010"),
    ("marketing", "affiliate", "7020"),
    ("marketing", "promotions", "6060 7040"),
    ("fees", "storage", "6030 6031 6032 6033"),
    ("fulfilment", "storage", "6110"),
    ("fees", "inbound", "6040 6045"),
    ("fees", "subscriptions", "6070 6075"),
    ("finance", "fx", "9000 9010"),
)


def upgrade() -> None:
    for old, new, codes in MOVED:
        _move(old, new, codes)
    _make_changes(LINES)
    with op.batch_alter_table("ledger_profit", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ledger_profit_day", ["company_id", "booked_on", "id"], unique=False
        )
    op.create_table(
        "ledger_profit_fresh",
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("first_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("last_id", db.BigInt, nullable=False),
        _company("ledger_profit_fresh"),
        sa.PrimaryKeyConstraint("company_id", "first_id", name=op.f("pk_ledger_profit_fresh")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_profit_sum",
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("cut", sa.Text(), nullable=False),
        sa.Column("starts_on", db.Day(), nullable=False),
        sa.Column("sku_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("shop_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("changes", db.BigInt, nullable=False),
        sa.Column("of_orders", db.BigInt, nullable=False),
        *(sa.Column(line, db.BigInt, nullable=False) for line in LINES),
        _company("ledger_profit_sum"),
        sa.PrimaryKeyConstraint(
            "company_id",
            "cut",
            "starts_on",
            "sku_id",
            "shop_id",
            "country",
            name=op.f("pk_ledger_profit_sum"),
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO ledger_profit_fresh (company_id, first_id, last_id)"
        " SELECT company_id, MIN(id), MAX(id) FROM ledger_profit GROUP BY company_id"
    )
    with op.batch_alter_table("fees_finality", schema=None) as batch_op:
        batch_op.create_index(
            "ix_fees_finality_open",
            ["company_id", "state"],
            unique=False,
            sqlite_where=sa.text("state < 2"),
            postgresql_where=sa.text("state < 2"),
        )
    with op.batch_alter_table("catalog_sku", schema=None) as batch_op:
        batch_op.add_column(sa.Column("brand", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("owner", sa.Text(), nullable=True))
    with op.batch_alter_table("orders_order", schema=None) as batch_op:
        batch_op.create_index(
            "ix_orders_order_shop_id", ["company_id", "shop_id", "ordered_at", "id"], unique=False
        )
    guards.create_guards(op.get_bind())


def downgrade() -> None:
    with op.batch_alter_table("orders_order", schema=None) as batch_op:
        batch_op.drop_index("ix_orders_order_shop_id")
    with op.batch_alter_table("catalog_sku", schema=None) as batch_op:
        batch_op.drop_column("owner")
        batch_op.drop_column("brand")
    with op.batch_alter_table("fees_finality", schema=None) as batch_op:
        batch_op.drop_index("ix_fees_finality_open")
    op.drop_table("ledger_profit_sum")
    op.drop_table("ledger_profit_fresh")
    for old, new, codes in MOVED:
        _move(new, old, codes)
    _make_changes(OLD_LINES)
    guards.create_guards(op.get_bind())


def _move(old: str, new: str, codes: str) -> None:
    account = sa.table("ledger_account", sa.column("code"), sa.column("profit_line"))
    op.execute(
        sa.update(account)
        .where(account.c.profit_line == old, account.c.code.in_(codes.split()))
        .values(profit_line=new)
    )


def _make_changes(lines: list[str]) -> None:
    """Make the table of changes with some lines, and derive its rows from the postings."""
    op.drop_table("ledger_profit")
    op.create_table(
        "ledger_profit",
        sa.Column("booked_on", db.Day(), nullable=False),
        sa.Column("entry_id", db.BigInt, nullable=False),
        sa.Column("shop_id", db.BigInt, nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("order_id", db.BigInt, nullable=True),
        sa.Column("line_id", db.BigInt, nullable=True),
        sa.Column("sku_id", db.BigInt, nullable=True),
        *(sa.Column(line, db.BigInt, nullable=False) for line in lines),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "entry_id"],
            ["ledger_entry.company_id", "ledger_entry.id"],
            name=op.f("fk_ledger_profit_company_id_entry_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_ledger_profit")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    keys = (
        "p.company_id, p.booked_on, p.entry_id, p.shop_id, p.country, p.order_id, p.line_id,"
        " p.sku_id"
    )
    source = (
        " FROM ledger_posting p JOIN ledger_account a ON a.company_id = p.company_id"
        f" AND a.id = p.account_id WHERE a.profit_line IS NOT NULL GROUP BY {keys}"
    )
    count = op.get_bind().scalar(sa.text(f"SELECT COUNT(*) FROM (SELECT 1 {source}) rows_"))  # noqa: S608
    sums = ", ".join(
        f"-SUM(CASE WHEN a.profit_line = '{line}' THEN p.amount ELSE 0 END)" for line in lines
    )
    op.execute(
        "INSERT INTO ledger_profit (company_id, booked_on, entry_id, shop_id, country, order_id,"  # noqa: S608
        f" line_id, sku_id, id, {', '.join(lines)}) SELECT {keys},"
        f" {_take_ids(count or 0)} - 1 + ROW_NUMBER() OVER"
        f" (ORDER BY p.company_id, p.booked_on, p.entry_id), {sums} {source}"
    )
    with op.batch_alter_table("ledger_profit", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_profit_order", ["company_id", "order_id"], unique=False)


def _take_ids(count: int) -> int:
    """Take ids off the counter and return the first of them."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        first = connection.scalar(sa.text("SELECT next FROM kernel_sequence"))
        connection.execute(sa.text("UPDATE kernel_sequence SET next = next + :n"), {"n": count})
        return int(first or 0)
    # Each value of the sequence stands for a block that begins with it.
    step = connection.scalar(
        sa.text("SELECT increment_by FROM pg_sequences WHERE sequencename = 'kernel_id'")
    )
    first = connection.scalar(sa.text("SELECT nextval('kernel_id')"))
    connection.execute(
        sa.text("SELECT setval('kernel_id', :last)"),
        {"last": int(first or 0) + count // int(step or 1) * int(step or 1)},
    )
    return int(first or 0)


def _company(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["company_id"], ["kernel_company.id"], name=op.f(f"fk_{table}_company_id")
    )
