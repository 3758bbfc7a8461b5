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
    # A plan is approved no more while somebody who was asked has not spoken of its newest version.
    op.execute(
        "UPDATE plans SET verdict = '' WHERE verdict = 'approved' AND EXISTS ("
        "SELECT 1 FROM members JOIN users ON users.id = members.user_id "
        "JOIN versions ON versions.plan_id = members.plan_id "
        "WHERE members.plan_id = plans.id AND versions.number = plans.newest "
        "AND members.kind = 'reviewer' AND users.active AND users.deleted_at IS NULL "
        "AND members.user_id NOT IN (plans.owner_id, versions.pushed_by_id) AND NOT EXISTS ("
        "SELECT 1 FROM sign_offs WHERE sign_offs.plan_id = plans.id AND withdrawn_at IS NULL "
        "AND sign_offs.user_id = members.user_id AND sign_offs.version = plans.newest))"
    )
    op.add_column("visits", sa.Column("version", number, nullable=False, server_default=none))
    op.add_column("visits", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for table, name in (
        ("visits", "seen_at"), ("visits", "version"),
        ("sign_offs", "sections"), ("sign_offs", "given_on"),
    ):  # fmt: skip
        op.drop_column(table, name)
