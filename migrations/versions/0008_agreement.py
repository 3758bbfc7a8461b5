"""Agreement: what a sign-off covers and where it was given; what somebody saw last of a plan."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number, none = sa.Integer(), sa.text("0")
    op.add_column("sign_offs", sa.Column("given_on", number, nullable=False, server_default=none))
    op.execute("UPDATE sign_offs SET given_on = version")
    op.add_column(
        "sign_offs", sa.Column("sections", sa.JSON(), nullable=False, server_default="[]")
    )
    op.add_column("visits", sa.Column("version", number, nullable=False, server_default=none))
    op.add_column("visits", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for table, name in (
        ("visits", "seen_at"), ("visits", "version"),
        ("sign_offs", "sections"), ("sign_offs", "given_on"),
    ):  # fmt: skip
        op.drop_column(table, name)
