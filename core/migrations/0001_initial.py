"""initial."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db
from core.ledger import guards

revision = "core_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "kernel_sequence", sa.Column("next", db.BigInt, nullable=False), sqlite_strict=True
    )
    op.execute("INSERT INTO kernel_sequence (next) VALUES (1)")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE SEQUENCE kernel_id INCREMENT BY 1000")
    op.create_table(
        "kernel_addon",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("tables", db.Json(), nullable=False),
        sa.Column("changed_at", db.UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_kernel_addon")),
        sqlite_strict=True,
    )
    op.create_table(
        "kernel_company",
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kernel_company")),
        sa.UniqueConstraint("code", name=op.f("uq_kernel_company_code")),
        sqlite_strict=True,
    )
    op.create_table(
        "kernel_fault",
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("addon", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("traceback", sa.Text(), nullable=False),
        sa.Column("count", db.BigInt, nullable=False),
        sa.Column("first_at", db.UtcDateTime(), nullable=False),
        sa.Column("last_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kernel_fault")),
        sa.UniqueConstraint(
            "addon", "place", "error", name=op.f("uq_kernel_fault_addon_place_error")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "kernel_lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("expires_at", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_kernel_lease")),
        sqlite_strict=True,
    )
    op.create_table(
        "kernel_setting",
        sa.Column("addon", sa.Text(), nullable=False),
        sa.Column("connection_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("version", db.BigInt, nullable=False),
        sa.Column("data", db.Json(), nullable=False),
        sa.PrimaryKeyConstraint("addon", "connection_id", name=op.f("pk_kernel_setting")),
        sqlite_strict=True,
    )
    op.create_table(
        "kernel_state",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", db.BigInt, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_kernel_state")),
        sqlite_strict=True,
    )
    op.create_table(
        "web_login_throttle",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("failures", db.BigInt, nullable=False),
        sa.Column("window_started_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_web_login_throttle")),
        sqlite_strict=True,
    )
    op.create_table(
        "web_user",
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("signed_in_at", db.UtcDateTime(), nullable=True),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_user")),
        sa.UniqueConstraint("name", name=op.f("uq_web_user_name")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_web_user_token_hash")),
        sqlite_strict=True,
    )
    op.create_table(
        "catalog_sku",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("archived_at", db.UtcDateTime(), nullable=True),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_catalog_sku_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_catalog_sku")),
        sa.UniqueConstraint("company_id", "code", name=op.f("uq_catalog_sku_company_id_code")),
        sqlite_strict=True,
    )
    op.create_table(
        "channels_shop",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("marketplace", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_channels_shop_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_channels_shop")),
        sa.UniqueConstraint(
            "company_id",
            "platform",
            "account",
            "marketplace",
            name=op.f("uq_channels_shop_company_id_platform_account_marketplace"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "kernel_connection",
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("company_id", db.BigInt, nullable=False),
        sa.Column("addon", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("settings", db.Json(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_ok_at", db.UtcDateTime(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_kernel_connection_company_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kernel_connection")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_kernel_connection_company_id_id")),
        sa.UniqueConstraint(
            "company_id", "label", name=op.f("uq_kernel_connection_company_id_label")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "ledger_account",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("beancount", sa.Text(), nullable=False),
        sa.Column("profit_line", sa.Text(), nullable=True),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_ledger_account_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_ledger_account")),
        sa.UniqueConstraint("company_id", "code", name=op.f("uq_ledger_account_company_id_code")),
        sqlite_strict=True,
    )
    op.create_table(
        "ledger_entry",
        sa.Column("natural_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("booked_on", db.Day(), nullable=False),
        sa.Column("order_id", db.BigInt, nullable=True),
        sa.Column("document_id", db.BigInt, nullable=True),
        sa.Column("reverses_id", db.BigInt, nullable=True),
        sa.Column("narration", sa.Text(), nullable=False),
        sa.Column("recorded_at", db.UtcDateTime(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_ledger_entry_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint(
            "company_id", "natural_key", name=op.f("uq_ledger_entry_company_id_natural_key")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_entry_order", ["company_id", "order_id"], unique=False)

    op.create_table(
        "ledger_period",
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("month", db.Day(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_ledger_period_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "month", name=op.f("pk_ledger_period")),
        sqlite_strict=True,
    )
    op.create_table(
        "partners_customer",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("external_ref", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_partners_customer_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_partners_customer")),
        sa.UniqueConstraint(
            "company_id",
            "platform",
            "account",
            "external_ref",
            name=op.f("uq_partners_customer_company_id_platform_account_external_ref"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "stock_warehouse",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("inventory_account", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_stock_warehouse_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_stock_warehouse")),
        sa.UniqueConstraint("company_id", "code", name=op.f("uq_stock_warehouse_company_id_code")),
        sqlite_strict=True,
    )
    op.create_table(
        "tax_decision",
        sa.Column("natural_key", sa.Text(), nullable=False),
        sa.Column("regime", sa.Text(), nullable=False),
        sa.Column("collector", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("rate", db.BigInt, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_tax_decision_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_tax_decision")),
        sa.UniqueConstraint(
            "company_id", "natural_key", name=op.f("uq_tax_decision_company_id_natural_key")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "web_session",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("seen_at", db.UtcDateTime(), nullable=False),
        sa.Column("expires_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_web_session_company_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["web_user.id"], name=op.f("fk_web_session_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_web_session")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.create_index("ix_web_session_expires_at", ["expires_at"], unique=False)

    op.create_table(
        "catalog_listing",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("external_ref", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sku_id", db.BigInt, nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "sku_id"],
            ["catalog_sku.company_id", "catalog_sku.id"],
            name=op.f("fk_catalog_listing_company_id_sku_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_catalog_listing")),
        sa.UniqueConstraint(
            "company_id",
            "platform",
            "account",
            "external_ref",
            name=op.f("uq_catalog_listing_company_id_platform_account_external_ref"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "channels_import",
        sa.Column("shop_id", db.BigInt, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("header", db.Json(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("result", db.Json(), nullable=True),
        sa.Column("started_at", db.UtcDateTime(), nullable=False),
        sa.Column("finished_at", db.UtcDateTime(), nullable=True),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "shop_id"],
            ["channels_shop.company_id", "channels_shop.id"],
            name=op.f("fk_channels_import_company_id_shop_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_channels_import")),
        sqlite_strict=True,
    )
    op.create_table(
        "ledger_balance",
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("account_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("month", db.Day(), nullable=False),
        sa.Column("amount", db.BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "account_id"],
            ["ledger_account.company_id", "ledger_account.id"],
            name=op.f("fk_ledger_balance_company_id_account_id"),
        ),
        sa.PrimaryKeyConstraint(
            "company_id", "account_id", "month", name=op.f("pk_ledger_balance")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_item",
        sa.Column("account_id", db.BigInt, nullable=False),
        sa.Column("natural_key", sa.Text(), nullable=False),
        sa.Column("order_id", db.BigInt, nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("open_amount", db.BigInt, nullable=False),
        sa.Column("open_functional", db.BigInt, nullable=False),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "account_id"],
            ["ledger_account.company_id", "ledger_account.id"],
            name=op.f("fk_ledger_item_company_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_ledger_item")),
        sa.UniqueConstraint(
            "company_id",
            "account_id",
            "natural_key",
            name=op.f("uq_ledger_item_company_id_account_id_natural_key"),
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_posting",
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("booked_on", db.Day(), nullable=False),
        sa.Column("entry_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("seq", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("account_id", db.BigInt, nullable=False),
        sa.Column("amount", db.BigInt, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("currency_amount", db.BigInt, nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("shop_id", db.BigInt, nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("order_id", db.BigInt, nullable=True),
        sa.Column("line_id", db.BigInt, nullable=True),
        sa.Column("sku_id", db.BigInt, nullable=True),
        sa.Column("warehouse_id", db.BigInt, nullable=True),
        sa.Column("item_id", db.BigInt, nullable=True),
        sa.Column("decision_id", db.BigInt, nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id", "account_id"],
            ["ledger_account.company_id", "ledger_account.id"],
            name=op.f("fk_ledger_posting_company_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "entry_id"],
            ["ledger_entry.company_id", "ledger_entry.id"],
            name=op.f("fk_ledger_posting_company_id_entry_id"),
        ),
        sa.PrimaryKeyConstraint(
            "company_id", "booked_on", "entry_id", "seq", name=op.f("pk_ledger_posting")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_profit",
        sa.Column("booked_on", db.Day(), nullable=False),
        sa.Column("entry_id", db.BigInt, nullable=False),
        sa.Column("shop_id", db.BigInt, nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("order_id", db.BigInt, nullable=True),
        sa.Column("line_id", db.BigInt, nullable=True),
        sa.Column("sku_id", db.BigInt, nullable=True),
        sa.Column("sales", db.BigInt, nullable=False),
        sa.Column("shipping", db.BigInt, nullable=False),
        sa.Column("discounts", db.BigInt, nullable=False),
        sa.Column("refunds", db.BigInt, nullable=False),
        sa.Column("other_income", db.BigInt, nullable=False),
        sa.Column("cogs", db.BigInt, nullable=False),
        sa.Column("stock_losses", db.BigInt, nullable=False),
        sa.Column("fees", db.BigInt, nullable=False),
        sa.Column("fulfilment", db.BigInt, nullable=False),
        sa.Column("marketing", db.BigInt, nullable=False),
        sa.Column("overhead", db.BigInt, nullable=False),
        sa.Column("finance", db.BigInt, nullable=False),
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
    with op.batch_alter_table("ledger_profit", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_profit_order", ["company_id", "order_id"], unique=False)

    op.create_table(
        "orders_order",
        sa.Column("shop_id", db.BigInt, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("external_ref", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("exception", sa.Text(), nullable=True),
        sa.Column("ordered_at", db.UtcDateTime(), nullable=False),
        sa.Column("ordered_on", db.Day(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("customer_id", db.BigInt, nullable=True),
        sa.Column("net_amount", db.BigInt, nullable=False),
        sa.Column("tax_amount", db.BigInt, nullable=False),
        sa.Column("line_count", db.BigInt, nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "shop_id"],
            ["channels_shop.company_id", "channels_shop.id"],
            name=op.f("fk_orders_order_company_id_shop_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_orders_order")),
        sa.UniqueConstraint(
            "company_id",
            "platform",
            "account",
            "external_ref",
            name=op.f("uq_orders_order_company_id_platform_account_external_ref"),
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("orders_order", schema=None) as batch_op:
        batch_op.create_index(
            "ix_orders_order_recent", ["company_id", "ordered_at", "id"], unique=False
        )

    op.create_table(
        "stock_document",
        sa.Column("warehouse_id", db.BigInt, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("natural_key", sa.Text(), nullable=False),
        sa.Column("order_id", db.BigInt, nullable=True),
        sa.Column("happened_at", db.UtcDateTime(), nullable=False),
        sa.Column("booked_on", db.Day(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("posting_state", sa.Text(), nullable=False),
        sa.Column("waiting_for", sa.Text(), nullable=True),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "warehouse_id"],
            ["stock_warehouse.company_id", "stock_warehouse.id"],
            name=op.f("fk_stock_document_company_id_warehouse_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_stock_document")),
        sa.UniqueConstraint(
            "company_id",
            "kind",
            "natural_key",
            name=op.f("uq_stock_document_company_id_kind_natural_key"),
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("stock_document", schema=None) as batch_op:
        batch_op.create_index("ix_stock_document_order", ["company_id", "order_id"], unique=False)

    op.create_table(
        "stock_level",
        sa.Column("warehouse_id", db.BigInt, nullable=False),
        sa.Column("sku_id", db.BigInt, nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("lot_id", db.BigInt, nullable=False),
        sa.Column("on_hand", db.BigInt, nullable=False),
        sa.Column("reserved", db.BigInt, nullable=False),
        sa.Column("last_unit_cost", db.BigInt, nullable=False),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.CheckConstraint("0 <= reserved", name=op.f("ck_stock_level_reserved_positive")),
        sa.CheckConstraint("reserved <= on_hand", name=op.f("ck_stock_level_reserved_covered")),
        sa.ForeignKeyConstraint(
            ["company_id", "sku_id"],
            ["catalog_sku.company_id", "catalog_sku.id"],
            name=op.f("fk_stock_level_company_id_sku_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "warehouse_id"],
            ["stock_warehouse.company_id", "stock_warehouse.id"],
            name=op.f("fk_stock_level_company_id_warehouse_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_stock_level")),
        sa.UniqueConstraint(
            "company_id",
            "warehouse_id",
            "sku_id",
            "condition",
            "lot_id",
            name=op.f("uq_stock_level_company_id_warehouse_id_sku_id_condition_lot_id"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "channels_raw_row",
        sa.Column("scope_id", db.BigInt, nullable=False),
        sa.Column("import_id", db.BigInt, nullable=False),
        sa.Column("document_ref", sa.Text(), nullable=False),
        sa.Column("fingerprint", db.BigInt, nullable=False),
        sa.Column("occurrence", db.BigInt, nullable=False),
        sa.Column("line_number", db.BigInt, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "import_id"],
            ["channels_import.company_id", "channels_import.id"],
            name=op.f("fk_channels_raw_row_company_id_import_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_channels_raw_row")),
        sa.UniqueConstraint(
            "company_id",
            "scope_id",
            "document_ref",
            "fingerprint",
            "occurrence",
            name=op.f(
                "uq_channels_raw_row_company_id_scope_id_document_ref_fingerprint_occurrence"
            ),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "orders_event",
        sa.Column("order_id", db.BigInt, nullable=False),
        sa.Column("happened_at", db.UtcDateTime(), nullable=False),
        sa.Column("recorded_at", db.UtcDateTime(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("detail", db.Json(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "order_id"],
            ["orders_order.company_id", "orders_order.id"],
            name=op.f("fk_orders_event_company_id_order_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_orders_event")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("orders_event", schema=None) as batch_op:
        batch_op.create_index("ix_orders_event_order", ["company_id", "order_id"], unique=False)

    op.create_table(
        "orders_line",
        sa.Column("order_id", db.BigInt, nullable=False),
        sa.Column("external_ref", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("sku_id", db.BigInt, nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("occurred_on", db.Day(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("quantity", db.BigInt, nullable=False),
        sa.Column("unit_price", db.BigInt, nullable=False),
        sa.Column("net_amount", db.BigInt, nullable=False),
        sa.Column("tax_amount", db.BigInt, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("decision_id", db.BigInt, nullable=True),
        sa.Column("customer_id", db.BigInt, nullable=True),
        sa.Column("original_line_id", db.BigInt, nullable=True),
        sa.Column("document_id", db.BigInt, nullable=True),
        sa.Column("cost_amount", db.BigInt, nullable=False),
        sa.Column("returned_quantity", db.BigInt, nullable=False),
        sa.Column("shipped_quantity", db.BigInt, nullable=False),
        sa.Column("flag", sa.Text(), nullable=True),
        sa.Column("raw_row_id", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "order_id"],
            ["orders_order.company_id", "orders_order.id"],
            name=op.f("fk_orders_line_company_id_order_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_orders_line")),
        sa.UniqueConstraint(
            "company_id",
            "order_id",
            "external_ref",
            name=op.f("uq_orders_line_company_id_order_id_external_ref"),
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("orders_line", schema=None) as batch_op:
        batch_op.create_index(
            "ix_orders_line_customer_code",
            ["company_id", "customer_id", "code"],
            unique=False,
            sqlite_where=sa.text("customer_id IS NOT NULL"),
            postgresql_where=sa.text("customer_id IS NOT NULL"),
        )

    op.create_table(
        "stock_layer",
        sa.Column("root_id", db.BigInt, nullable=False),
        sa.Column("level_id", db.BigInt, nullable=False),
        sa.Column("document_id", db.BigInt, nullable=False),
        sa.Column("received_at", db.UtcDateTime(), nullable=False),
        sa.Column("quantity", db.BigInt, nullable=False),
        sa.Column("value", db.BigInt, nullable=False),
        sa.Column("remaining", db.BigInt, nullable=False),
        sa.Column("remaining_value", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "0 <= remaining AND remaining <= quantity", name=op.f("ck_stock_layer_remaining")
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "level_id"],
            ["stock_level.company_id", "stock_level.id"],
            name=op.f("fk_stock_layer_company_id_level_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_stock_layer")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("stock_layer", schema=None) as batch_op:
        batch_op.create_index(
            "ix_stock_layer_open",
            ["company_id", "level_id"],
            unique=False,
            sqlite_where=sa.text("remaining > 0"),
            postgresql_where=sa.text("remaining > 0"),
        )

    op.create_table(
        "stock_move",
        sa.Column("booked_on", db.Day(), nullable=False),
        sa.Column("document_id", db.BigInt, nullable=False),
        sa.Column("level_id", db.BigInt, nullable=False),
        sa.Column("line_id", db.BigInt, nullable=True),
        sa.Column("quantity", db.BigInt, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raw_row_id", db.BigInt, nullable=True),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "document_id"],
            ["stock_document.company_id", "stock_document.id"],
            name=op.f("fk_stock_move_company_id_document_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "level_id"],
            ["stock_level.company_id", "stock_level.id"],
            name=op.f("fk_stock_move_company_id_level_id"),
        ),
        sa.PrimaryKeyConstraint("booked_on", "company_id", "id", name=op.f("pk_stock_move")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stock_short",
        sa.Column("level_id", db.BigInt, nullable=False),
        sa.Column("document_id", db.BigInt, nullable=False),
        sa.Column("order_id", db.BigInt, nullable=True),
        sa.Column("line_id", db.BigInt, nullable=True),
        sa.Column("shop_id", db.BigInt, nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("happened_at", db.UtcDateTime(), nullable=False),
        sa.Column("booked_on", db.Day(), nullable=False),
        sa.Column("quantity", db.BigInt, nullable=False),
        sa.Column("value", db.BigInt, nullable=False),
        sa.Column("open_quantity", db.BigInt, nullable=False),
        sa.Column("open_value", db.BigInt, nullable=False),
        sa.Column("raw_row_id", db.BigInt, nullable=True),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "0 <= open_quantity AND open_quantity <= quantity", name=op.f("ck_stock_short_open")
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "level_id"],
            ["stock_level.company_id", "stock_level.id"],
            name=op.f("fk_stock_short_company_id_level_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_stock_short")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("stock_short", schema=None) as batch_op:
        batch_op.create_index("ix_stock_short_line", ["company_id", "line_id"], unique=False)
        batch_op.create_index(
            "ix_stock_short_open",
            ["company_id", "level_id"],
            unique=False,
            sqlite_where=sa.text("open_quantity > 0"),
            postgresql_where=sa.text("open_quantity > 0"),
        )

    op.create_table(
        "stock_layer_use",
        sa.Column("layer_id", db.BigInt, nullable=False),
        sa.Column("document_id", db.BigInt, nullable=False),
        sa.Column("line_id", db.BigInt, nullable=True),
        sa.Column("quantity", db.BigInt, nullable=False),
        sa.Column("value", db.BigInt, nullable=False),
        sa.Column("returned_quantity", db.BigInt, nullable=False),
        sa.Column("returned_value", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "0 <= returned_quantity AND returned_quantity <= quantity",
            name=op.f("ck_stock_layer_use_returned"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "layer_id"],
            ["stock_layer.company_id", "stock_layer.id"],
            name=op.f("fk_stock_layer_use_company_id_layer_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_stock_layer_use")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("stock_layer_use", schema=None) as batch_op:
        batch_op.create_index("ix_stock_layer_use_line", ["company_id", "line_id"], unique=False)

    op.create_table(
        "stock_reservation",
        sa.Column("line_id", db.BigInt, nullable=False),
        sa.Column("level_id", db.BigInt, nullable=False),
        sa.Column("quantity", db.BigInt, nullable=False),
        sa.Column("open_quantity", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "0 <= open_quantity AND open_quantity <= quantity",
            name=op.f("ck_stock_reservation_open"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "line_id"],
            ["orders_line.company_id", "orders_line.id"],
            name=op.f("fk_stock_reservation_company_id_line_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_stock_reservation")),
        sa.UniqueConstraint(
            "company_id",
            "line_id",
            "level_id",
            name=op.f("uq_stock_reservation_company_id_line_id_level_id"),
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    guards.create_guards(op.get_bind())


def downgrade() -> None:
    op.drop_table("stock_reservation")
    with op.batch_alter_table("stock_layer_use", schema=None) as batch_op:
        batch_op.drop_index("ix_stock_layer_use_line")

    op.drop_table("stock_layer_use")
    with op.batch_alter_table("stock_short", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_stock_short_open",
            sqlite_where=sa.text("open_quantity > 0"),
            postgresql_where=sa.text("open_quantity > 0"),
        )
        batch_op.drop_index("ix_stock_short_line")

    op.drop_table("stock_short")
    op.drop_table("stock_move")
    with op.batch_alter_table("stock_layer", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_stock_layer_open",
            sqlite_where=sa.text("remaining > 0"),
            postgresql_where=sa.text("remaining > 0"),
        )

    op.drop_table("stock_layer")
    with op.batch_alter_table("orders_line", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_orders_line_customer_code",
            sqlite_where=sa.text("customer_id IS NOT NULL"),
            postgresql_where=sa.text("customer_id IS NOT NULL"),
        )

    op.drop_table("orders_line")
    with op.batch_alter_table("orders_event", schema=None) as batch_op:
        batch_op.drop_index("ix_orders_event_order")

    op.drop_table("orders_event")
    op.drop_table("channels_raw_row")
    op.drop_table("stock_level")
    with op.batch_alter_table("stock_document", schema=None) as batch_op:
        batch_op.drop_index("ix_stock_document_order")

    op.drop_table("stock_document")
    with op.batch_alter_table("orders_order", schema=None) as batch_op:
        batch_op.drop_index("ix_orders_order_recent")

    op.drop_table("orders_order")
    with op.batch_alter_table("ledger_profit", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_profit_order")

    op.drop_table("ledger_profit")
    op.drop_table("ledger_posting")
    op.drop_table("ledger_item")
    op.drop_table("ledger_balance")
    op.drop_table("channels_import")
    op.drop_table("catalog_listing")
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.drop_index("ix_web_session_expires_at")

    op.drop_table("web_session")
    op.drop_table("tax_decision")
    op.drop_table("stock_warehouse")
    op.drop_table("partners_customer")
    op.drop_table("ledger_period")
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_entry_order")

    op.drop_table("ledger_entry")
    op.drop_table("ledger_account")
    op.drop_table("kernel_connection")
    op.drop_table("channels_shop")
    op.drop_table("catalog_sku")
    op.drop_table("web_user")
    op.drop_table("web_login_throttle")
    op.drop_table("kernel_state")
    op.drop_table("kernel_setting")
    op.drop_table("kernel_lease")
    op.drop_table("kernel_fault")
    op.drop_table("kernel_company")
    op.drop_table("kernel_addon")
    op.drop_table("kernel_sequence")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP SEQUENCE kernel_id")
