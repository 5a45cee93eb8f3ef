"""Make the table of tags."""

from __future__ import annotations

import os
import signal

import sqlalchemy as sa
from alembic import op

revision = "bad_migration_0002"
down_revision = "bad_migration_0001"


def upgrade() -> None:
    op.create_table(
        "bad_migration__tag",
        sa.Column("tag", sa.Text(), primary_key=True),
        sa.Column("text", sa.Text(), sa.ForeignKey("bad_migration__note.text", ondelete="CASCADE")),
        sqlite_strict=True,
    )
    match os.environ.get("BAD_MIGRATION"):
        case "raise":
            raise RuntimeError("half-way")
        case "exit":
            raise SystemExit(3)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)


def downgrade() -> None:
    op.drop_table("bad_migration__tag")
