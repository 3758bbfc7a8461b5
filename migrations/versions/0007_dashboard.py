"""The dashboard: what is searched, whose turn it is, who looked when, what was decided."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_SORTS = ("active_at", "created_at", "title_key", "newest", "open_threads")
# An index beside the table, kept in step by the database itself; its words are in `passages` only.
_WORDS = """
CREATE VIRTUAL TABLE passage_words USING fts5(
  body, content='passages', content_rowid='id', columnsize=0, prefix='2 3 4',
  tokenize='unicode61 remove_diacritics 2')
"""
_TERMS = "CREATE VIRTUAL TABLE passage_words_terms USING fts5vocab('passage_words', 'row')"
_OUT = "INSERT INTO passage_words(passage_words, rowid, body) VALUES ('delete', old.id, old.body);"
_IN = "INSERT INTO passage_words(rowid, body) VALUES (new.id, new.body);"
_TRIGGERS = (
    f"CREATE TRIGGER passages_in AFTER INSERT ON passages BEGIN {_IN} END",
    f"CREATE TRIGGER passages_out AFTER DELETE ON passages BEGIN {_OUT} END",
    f"CREATE TRIGGER passages_new AFTER UPDATE OF body ON passages BEGIN {_OUT} {_IN} END",
)


def upgrade() -> None:
    _plans()
    _threads()
    _comments()
    _passages()
    op.create_table(
        "turns",
        *_ids("user_id", "plan_id", "thread_id", "event_id"),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        *_cascades("turns", users="user_id", plans="plan_id"),
        sa.PrimaryKeyConstraint("user_id", "plan_id", "thread_id", name=op.f("pk_turns")),
    )
    op.create_index(op.f("ix_turns_plan_id_thread_id"), "turns", ["plan_id", "thread_id"])
    op.create_table(
        "visits",
        *_ids("user_id", "plan_id"),
        sa.Column("at", _TIME, nullable=False),
        *_cascades("visits", users="user_id", plans="plan_id"),
        sa.PrimaryKeyConstraint("user_id", "plan_id", name=op.f("pk_visits")),
    )
    op.create_index(op.f("ix_visits_plan_id"), "visits", ["plan_id"])
    op.create_table(
        "sign_offs",
        *_ids("id", "plan_id", "user_id", "version"),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("withdrawn_at", _TIME, nullable=True),
        *_cascades("sign_offs", plans="plan_id", users="user_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_offs")),
    )
    op.create_index(op.f("ix_sign_offs_plan_id_version"), "sign_offs", ["plan_id", "version"])
    op.create_index(op.f("ix_notices_event_id"), "notices", ["event_id"])
    op.create_index(op.f("ix_events_kind_id"), "events", ["kind", "id"])
    op.drop_index(op.f("ix_events_kind"), "events")
    for name in ("looked_at", "looked_before"):
        op.add_column("users", sa.Column(name, _TIME, nullable=True))


def _plans() -> None:
    op.add_column(
        "plans", sa.Column("archived", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column(
        "plans", sa.Column("verdict", sa.String(length=20), nullable=False, server_default="")
    )
    for name in _SORTS:
        op.drop_index(op.f(f"ix_plans_{name}_id"), "plans")
        op.create_index(op.f(f"ix_plans_archived_{name}_id"), "plans", ["archived", name, "id"])
    op.drop_index(op.f("ix_plans_visibility_active_at_id"), "plans")
    for name in ("visibility", "verdict"):
        columns = ["archived", name, "active_at", "id"]
        op.create_index(op.f(f"ix_plans_archived_{name}_active_at_id"), "plans", columns)


def _threads() -> None:
    blocking = sa.text("blocking AND state = 'open'")
    where = {"sqlite_where": blocking, "postgresql_where": blocking}
    op.create_index("ix_threads_blocking", "threads", ["plan_id"], **where)


def _comments() -> None:
    """Each comment says which plan it is on: lists of one person's comments need no other table."""
    op.add_column(
        "comments", sa.Column("plan_id", sa.Integer(), nullable=False, server_default="0")
    )
    op.execute(
        "UPDATE comments SET plan_id = "
        "(SELECT threads.plan_id FROM threads WHERE threads.id = comments.thread_id)"
    )
    op.drop_index(op.f("ix_comments_author_id"), "comments")
    columns = ["author_id", "deleted_at", "plan_id"]
    op.create_index(op.f("ix_comments_author_id_deleted_at_plan_id"), "comments", columns)
    op.drop_index(op.f("ix_versions_pushed_by_id"), "versions")
    columns = ["pushed_by_id", "plan_id"]
    op.create_index(op.f("ix_versions_pushed_by_id_plan_id"), "versions", columns)


def _passages() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    number = sa.BigInteger() if postgres else sa.Integer()
    op.create_table(
        "passages",
        # On SQLite the rowid itself, which FTS5 refers to.
        sa.Column("id", number, nullable=False, autoincrement=False),
        *_ids("plan_id"),
        sa.Column("kind", sa.String(length=10), nullable=False),
        *_ids("source_id"),
        sa.Column("anchor", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("words", TSVECTOR() if postgres else sa.Text(), nullable=True),
        *_cascades("passages", plans="plan_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passages")),
    )
    columns = ["plan_id", "kind", "source_id"]
    op.create_index(op.f("ix_passages_plan_id_kind_source_id"), "passages", columns)
    if postgres:
        op.create_index("ix_passages_words", "passages", ["words"], postgresql_using="gin")
        return
    for statement in (_WORDS, _TERMS, *_TRIGGERS):
        op.execute(statement)


def downgrade() -> None:
    op.drop_column("users", "looked_before")
    op.drop_column("users", "looked_at")
    op.create_index(op.f("ix_events_kind"), "events", ["kind"])
    op.drop_index(op.f("ix_events_kind_id"), "events")
    op.drop_index(op.f("ix_notices_event_id"), "notices")
    for name in ("sign_offs", "visits", "turns", "passages"):
        op.drop_table(name)
    if op.get_bind().dialect.name == "sqlite":
        op.drop_table("passage_words_terms")
        op.drop_table("passage_words")
    op.drop_index(op.f("ix_versions_pushed_by_id_plan_id"), "versions")
    op.create_index(op.f("ix_versions_pushed_by_id"), "versions", ["pushed_by_id"])
    op.drop_index(op.f("ix_comments_author_id_deleted_at_plan_id"), "comments")
    op.create_index(op.f("ix_comments_author_id"), "comments", ["author_id"])
    op.drop_column("comments", "plan_id")
    op.drop_index("ix_threads_blocking", "threads")
    for name in ("verdict", "visibility"):
        op.drop_index(op.f(f"ix_plans_archived_{name}_active_at_id"), "plans")
    columns = ["visibility", "active_at", "id"]
    op.create_index(op.f("ix_plans_visibility_active_at_id"), "plans", columns)
    for name in _SORTS:
        op.drop_index(op.f(f"ix_plans_archived_{name}_id"), "plans")
        op.create_index(op.f(f"ix_plans_{name}_id"), "plans", [name, "id"])
    op.drop_column("plans", "verdict")
    op.drop_column("plans", "archived")


def _ids(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _cascades(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"
        )
        for other, column in columns.items()
    ]
