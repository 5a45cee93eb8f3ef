"""Narrow the list of orders by state, kind and country within one index."""

from __future__ import annotations

from alembic import op

revision = "core_0027"
down_revision = "core_0026"

COLUMNS = ("state", "kind", "country")


def upgrade() -> None:
    _make_again(wide=True)


def downgrade() -> None:
    _make_again(wide=False)


def _make_again(*, wide: bool) -> None:
    for column in COLUMNS:
        others = [other for other in COLUMNS if other != column] if wide else []
        name = f"ix_orders_order_{column}"
        op.drop_index(name, table_name="orders_order")
        op.create_index(name, "orders_order", ["company_id", column, "ordered_at", "id", *others])
