"""Comments that never lose their place: drafts, mentions, wordings, rejections, viewers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "drafts",
        _id("user_id"),
        _id("plan_id"),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("selector", sa.JSON(), nullable=False),
        sa.Column("blocking", sa.Boolean(), nullable=False),
        sa.Column("saved_at", _TIME, nullable=False),
        *_cascades("drafts", users="user_id", plans="plan_id"),
        sa.PrimaryKeyConstraint("user_id", "plan_id", "place", name=op.f("pk_drafts")),
    )
    op.create_index(op.f("ix_drafts_plan_id"), "drafts", ["plan_id"])
    op.create_table(
        "mentions",
        _id("comment_id"),
        _id("user_id"),
        sa.Column("said", sa.String(length=254), nullable=False),
        *_cascades("mentions", comments="comment_id", users="user_id"),
        sa.PrimaryKeyConstraint("comment_id", "user_id", name=op.f("pk_mentions")),
    )
    op.create_index(op.f("ix_mentions_user_id_comment_id"), "mentions", ["user_id", "comment_id"])
    op.create_table(
        "wordings",
        sa.Column("id", sa.Integer(), nullable=False),
        _id("comment_id"),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("until", _TIME, nullable=False),
        *_cascades("wordings", comments="comment_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wordings")),
    )
    op.create_index(op.f("ix_wordings_comment_id"), "wordings", ["comment_id"])
    op.create_table(
        "rejections",
        sa.Column("id", sa.Integer(), nullable=False),
        _id("thread_id"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("selector", sa.JSON(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_rejections_by_id")),
        *_cascades("rejections", threads="thread_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejections")),
    )
    op.create_index(op.f("ix_rejections_thread_id"), "rejections", ["thread_id"])
    op.create_table(
        "viewers",
        sa.Column("process", sa.String(length=32), nullable=False),
        _id("plan_id"),
        _id("user_id"),
        sa.Column("seen_at", _TIME, nullable=False),
        *_cascades("viewers", plans="plan_id", users="user_id"),
        sa.PrimaryKeyConstraint("process", "plan_id", "user_id", name=op.f("pk_viewers")),
    )
    op.create_index(op.f("ix_viewers_plan_id_seen_at"), "viewers", ["plan_id", "seen_at"])
    with op.batch_alter_table("users") as batch:
        batch.add_column(sa.Column("keys", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch.add_column(
            sa.Column("presence", sa.Boolean(), nullable=False, server_default=sa.true())
        )


def downgrade() -> None:
    with op.batch_alter_table("users") as batch:
        batch.drop_column("presence")
        batch.drop_column("keys")
    for table in ("viewers", "rejections", "wordings", "mentions", "drafts"):
        op.drop_table(table)


def _id(column: str) -> sa.Column:
    return sa.Column(column, sa.Integer(), nullable=False)


def _cascades(name: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    """Return foreign keys by table; what they point to takes these rows along."""
    return [
        sa.ForeignKeyConstraint(
            [column], [f"{table}.id"], name=op.f(f"fk_{name}_{column}"), ondelete="CASCADE"
        )
        for table, column in columns.items()
    ]
