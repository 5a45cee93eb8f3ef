"""Keep by day what was sold under schemes whose turnover is tested."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0049"
down_revision = "core_0048"


def upgrade() -> None:
    op.create_table(
        "tax_turnover",
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("regime", sa.Text(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("booked_on", db.Day(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", db.BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_tax_turnover_company_id")
        ),
        sa.PrimaryKeyConstraint(
            "company_id", "regime", "scheme", "booked_on", "currency", name=op.f("pk_tax_turnover")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    # The only test that there was until now: the EUR 10,000 of distance sales in the Union.
    op.execute(
        "INSERT INTO tax_turnover (company_id, regime, scheme, booked_on, currency, amount)"
        " SELECT p.company_id, d.regime, d.scheme, p.booked_on, p.currency,"
        " CAST(-SUM(p.currency_amount) AS BIGINT) FROM ledger_posting p"
        " JOIN tax_decision d ON d.company_id = p.company_id AND d.id = p.decision_id"
        " JOIN ledger_account a ON a.company_id = p.company_id AND a.id = p.account_id"
        " WHERE d.regime = 'eu_vat' AND a.code <> d.account"
        " AND d.scheme IN ('origin_below_10000', 'distance_sale_local', 'union_OSS')"
        " GROUP BY p.company_id, d.regime, d.scheme, p.booked_on, p.currency"
    )


def downgrade() -> None:
    op.drop_table("tax_turnover")
