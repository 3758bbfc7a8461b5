"""Lists are read off an index alone: it tells who may see a plan, and is not deleted, too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_WALKS = (
    ("active_at",), ("created_at",), ("title_key",), ("newest",), ("open_threads",),
    ("visibility", "active_at"), ("verdict", "active_at"),
)  # fmt: skip
_SEEN = ("id", "deleted_at", "visibility", "owner_id")


def upgrade() -> None:
    for columns in _WALKS:
        op.drop_index(_before(columns), "plans")
        rest = [name for name in _SEEN if name not in columns]
        op.create_index(f"ix_plans_by_{columns[0]}", "plans", ["archived", *columns, *rest])
    op.drop_index("ix_threads_blocking", "threads")
    _blocking("blocking AND state <> 'resolved'")


def downgrade() -> None:
    op.drop_index("ix_threads_blocking", "threads")
    _blocking("blocking AND state = 'open'")
    for columns in _WALKS:
        op.drop_index(f"ix_plans_by_{columns[0]}", "plans")
        op.create_index(_before(columns), "plans", ["archived", *columns, "id"])


def _before(columns: tuple[str, ...]) -> str:
    return op.f(f"ix_plans_archived_{'_'.join(columns)}_id")


def _blocking(told: str) -> None:
    where = {"sqlite_where": sa.text(told), "postgresql_where": sa.text(told)}
    op.create_index("ix_threads_blocking", "threads", ["plan_id"], **where)
