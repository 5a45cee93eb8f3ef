"""Sum up profit by year and shares by SKU and place; narrow a shop's orders by country."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0036"
down_revision = "core_0035"

MEASURES = (
    "changes of_orders sales shipping charges discounts subsidies refunds goodwill reimbursements"
    " liquidation other_income cogs late_cost stock_losses fees payment_fees fulfilment duty"
    " returns ads affiliate promotions marketing storage inbound subscriptions overhead fx finance"
).split()

CUTS = {
    "sku": "0 AS shop_id, '' AS country, COALESCE({}.sku_id, 0) AS sku_id",
    "place": "COALESCE({0}.shop_id, 0) AS shop_id, COALESCE({0}.country, '') AS country,"
    " 0 AS sku_id",
}


def upgrade() -> None:
    year = (
        "substr(starts_on, 1, 4) || '-01-01'"
        if op.get_bind().dialect.name == "sqlite"
        else "CAST(date_trunc('year', starts_on) AS date)"
    )
    key = "company_id, cut, starts_on, sku_id, shop_id, country"
    sums = ", ".join(f"SUM({name})" for name in MEASURES)
    op.execute(
        sa.text(
            f"INSERT INTO ledger_profit_sum ({key}, {', '.join(MEASURES)})"  # noqa: S608
            f" SELECT company_id, 'sku.year', {year}, sku_id, 0, '', {sums}"
            " FROM ledger_profit_sum WHERE cut = 'sku.month' GROUP BY 1, 2, 3, 4"
        )
    )
    _make_again("country")
    _sum_shares()
    nobody = sa.text("order_id IS NULL AND sku_id IS NULL")
    op.create_index(
        "ix_ledger_profit_nobody",
        "ledger_profit",
        ["company_id", "booked_on"],
        sqlite_where=nobody,
        postgresql_where=nobody,
    )


def downgrade() -> None:
    op.drop_table("allocation_sum")
    op.drop_index("ix_ledger_profit_nobody", table_name="ledger_profit")
    _make_again()
    op.execute("DELETE FROM ledger_profit_sum WHERE cut = 'sku.year'")


def _sum_shares() -> None:
    key = ("company_id", "run_id", "cut", "month", "account_id", "shop_id", "country", "sku_id")
    op.create_table(
        "allocation_sum",
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("run_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("cut", sa.Text(), nullable=False),
        sa.Column("month", db.Day(), nullable=False),
        sa.Column("account_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("shop_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("sku_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("amount", db.BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "account_id"],
            ["ledger_account.company_id", "ledger_account.id"],
            name=op.f("fk_allocation_sum_company_id_ledger_account"),
        ),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_allocation_sum")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    for cut, columns in CUTS.items():
        op.execute(_sums(cut, columns))


def _sums(cut: str, columns: str) -> sa.TextClause:
    """Return the statement that makes the sums of the shares that there are by a cut."""
    of = "s.company_id, s.run_id, s.month, s.account_id"
    key = "company_id, run_id, month, account_id, shop_id, country, sku_id"
    pool = (
        " JOIN allocation_pool p ON p.company_id = s.company_id AND p.run_id = s.run_id"
        " AND p.id = s.pool_id"
    )
    given = f"SELECT {of}, {columns.format('s')}, s.amount FROM allocation_share s"  # noqa: S608
    taken = f"SELECT {of}, {columns.format('p')}, -s.amount FROM allocation_share s{pool}"  # noqa: S608
    return sa.text(
        f"INSERT INTO allocation_sum ({key}, cut, amount) SELECT {key}, '{cut}', SUM(amount)"  # noqa: S608
        f" FROM ({given} UNION ALL {taken}) moves_ GROUP BY {key} HAVING SUM(amount) <> 0"
    )


def _make_again(*last: str) -> None:
    """Let the index of a shop's orders end with their country, or not."""
    op.drop_index("ix_orders_order_shop_id", table_name="orders_order")
    columns = ["company_id", "shop_id", "ordered_at", "id", *last]
    op.create_index("ix_orders_order_shop_id", "orders_order", columns)
