"""Keep finer rates, what a tax is, several taxes on a line, and the seller's registrations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0025"
down_revision = "core_0024"

ADDED = {"role": "sale", "tax": "VAT", "supply": "taxable", "origin": "ZZ"}


def upgrade() -> None:
    for name, default in ADDED.items():
        op.add_column(
            "tax_decision",
            sa.Column(name, sa.Text(), server_default=sa.text(f"'{default}'"), nullable=False),
        )
    # Rates were in hundredths of a percent and are in millionths from here on.
    op.execute("UPDATE tax_decision SET rate = rate * 100")
    op.create_table(
        "tax_registration",
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("since", db.Day(), nullable=False),
        sa.Column("until", db.Day(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_tax_registration_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_tax_registration")),
        sa.UniqueConstraint(
            "company_id",
            "country",
            "region",
            "scheme",
            "since",
            name=op.f("uq_tax_registration_company_id_country_region_scheme_since"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "tax_channel",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_tax_channel_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_tax_channel")),
        sa.UniqueConstraint(
            "company_id", "platform", name=op.f("uq_tax_channel_company_id_platform")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "tax_levy",
        sa.Column("entry_id", db.BigInt, nullable=False),
        sa.Column("seq", db.BigInt, nullable=False),
        sa.Column("booked_on", db.Day(), nullable=False),
        sa.Column("line_id", db.BigInt, nullable=True),
        sa.Column("decision_id", db.BigInt, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("net", db.BigInt, nullable=False),
        sa.Column("base", db.BigInt, nullable=False),
        sa.Column("tax", db.BigInt, nullable=False),
        sa.Column("further", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "decision_id"],
            ["tax_decision.company_id", "tax_decision.id"],
            name=op.f("fk_tax_levy_company_id_decision_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_tax_levy")),
        sa.UniqueConstraint(
            "company_id", "entry_id", "seq", name=op.f("uq_tax_levy_company_id_entry_id_seq")
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("tax_levy", schema=None) as batch_op:
        for column in ("booked_on", "line_id"):
            batch_op.create_index(f"ix_tax_levy_{column}", ["company_id", column], unique=False)


def downgrade() -> None:
    op.drop_table("tax_levy")
    op.drop_table("tax_channel")
    op.drop_table("tax_registration")
    op.execute("UPDATE tax_decision SET rate = rate / 100")
    for name in ADDED:
        with op.batch_alter_table("tax_decision", schema=None) as batch_op:
            batch_op.drop_column(name)
