"""People can be erased, plans purged, and old entries of the audit log dropped."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# What refers to a row that goes has to be found without a look at every row.
_INDEXES = (
    ("ix_events_thread_id", "events", "thread_id", "thread_id IS NOT NULL"),
    ("ix_events_addressed", "events", "id", "plan_id IS NOT NULL AND address <> ''"),
    ("ix_notices_thread_id", "notices", "thread_id", "thread_id IS NOT NULL"),
    ("ix_notices_comment_id", "notices", "comment_id", "comment_id IS NOT NULL"),
    ("ix_delivery_events_event_id", "delivery_events", "event_id", ""),
    ("ix_plans_deleted_at", "plans", "deleted_at", "deleted_at IS NOT NULL"),
)
_WRITTEN = "kind, at, target, address, request_id, data"
_GUARDS = (
    ("update", "UPDATE OF kind, at, request_id", ""),
    ("redact", "UPDATE OF target, address, data", "redact"),
    ("delete", "DELETE", "prune"),
)


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column("users", sa.Column("erased_at", moment, nullable=True))
    op.create_table(
        "erasures",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.Integer(), nullable=False),
        sa.Column("begun_at", moment, nullable=False),
        sa.Column("done_at", moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_erasures_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_erasures")),
    )
    op.create_table(
        "event_passes",
        sa.Column("what", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("what", name=op.f("pk_event_passes")),
    )
    for name, table, column, where in _INDEXES:
        told = {f"{engine}_where": sa.text(where) for engine in ("sqlite", "postgresql")}
        op.create_index(name, table, [column], **(told if where else {}))
    _unguard("update", "delete")
    _allow("IF EXISTS (SELECT 1 FROM event_passes WHERE what = TG_ARGV[0]) THEN "
           "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END IF; ")  # fmt: skip
    for name, what, pass_ in _GUARDS:
        _guard(name, what, pass_)


def downgrade() -> None:
    _unguard(*(name for name, _, _ in _GUARDS))
    _allow("")
    _guard("update", f"UPDATE OF {_WRITTEN}", "")
    _guard("delete", "DELETE", "")
    for name, table, _, _ in _INDEXES:
        op.drop_index(name, table)
    op.drop_table("event_passes")
    op.drop_table("erasures")
    op.drop_column("users", "erased_at")


def _guard(name: str, what: str, pass_: str) -> None:
    """Let the database refuse a change of events, but to who holds a pass: a row of this moment."""
    if op.get_bind().dialect.name == "sqlite":
        held = f"NOT EXISTS (SELECT 1 FROM event_passes WHERE what = '{pass_}')"  # noqa: S608
        when = f"WHEN {held} " if pass_ else ""
        act = f"{when}BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
    else:
        act = f"EXECUTE FUNCTION refuse_event_change({pass_ and repr(pass_)})"
    op.execute(f"CREATE TRIGGER events_no_{name} BEFORE {what} ON events FOR EACH ROW {act}")


def _unguard(*names: str) -> None:
    on = "" if op.get_bind().dialect.name == "sqlite" else " ON events"
    for name in names:
        op.execute(f"DROP TRIGGER events_no_{name}{on}")


def _allow(who: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE OR REPLACE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {who}RAISE EXCEPTION 'events are append-only'; END $$"
        )
