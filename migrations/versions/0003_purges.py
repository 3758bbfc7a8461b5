"""Purges: a version can be emptied for good, and its number never comes back"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("plans", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("last_number", sa.Integer(), nullable=False, server_default="0")
        )
    op.execute("UPDATE plans SET last_number = newest")

    with op.batch_alter_table("versions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("versions", schema=None) as batch_op:
        batch_op.drop_column("purged_at")

    with op.batch_alter_table("plans", schema=None) as batch_op:
        batch_op.drop_column("last_number")
