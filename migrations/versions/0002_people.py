"""People: identities, groups, settings, an append-only audit log"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "group_roles",
        sa.Column("name_key", sa.String(length=400), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("name_key", name=op.f("pk_group_roles")),
    )
    op.create_table(
        "groups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=400), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("scim", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
        sa.UniqueConstraint("name_key", name=op.f("uq_groups_name_key")),
    )
    with op.batch_alter_table("groups", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_groups_external_id"), ["external_id"], unique=False)

    op.create_table(
        "group_members",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_group_members_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_group_members_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "user_id", name=op.f("pk_group_members")),
    )
    with op.batch_alter_table("group_members", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_group_members_user_id_group_id"), ["user_id", "group_id"], unique=False
        )

    op.create_table(
        "identities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("login", sa.String(length=254), nullable=False),
        sa.Column("sealed_token", sa.Text(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_identities_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_identities_issuer_subject")),
    )
    with op.batch_alter_table("identities", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_identities_provider_checked_at"),
            ["provider", "checked_at"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_identities_user_id"), ["user_id"], unique=False)

    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["changed_by_id"],
            ["users.id"],
            name=op.f("fk_settings_changed_by_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_settings")),
    )
    with op.batch_alter_table("settings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_settings_revision"), ["revision"], unique=False)

    op.create_table(
        "spent_messages",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_spent_messages")),
    )
    with op.batch_alter_table("spent_messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_spent_messages_until"), ["until"], unique=False)

    op.create_table(
        "checks",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.String(length=500), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["by_id"], ["users.id"], name=op.f("fk_checks_by_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_checks")),
    )

    with op.batch_alter_table("browser_sessions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("issuer", sa.String(length=300), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("sid", sa.String(length=255), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("sealed_id_token", sa.Text(), nullable=False, server_default="")
        )
        batch_op.create_index(
            batch_op.f("ix_browser_sessions_issuer_sid"), ["issuer", "sid"], unique=False
        )

    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("target", sa.String(length=300), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("address", sa.String(length=64), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("request_id", sa.String(length=32), nullable=False, server_default="")
        )
        batch_op.drop_constraint(batch_op.f("fk_events_plan_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_events_thread_id"), type_="foreignkey")
        batch_op.create_foreign_key(
            batch_op.f("fk_events_plan_id"), "plans", ["plan_id"], ["id"], ondelete="SET NULL"
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_events_thread_id"), "threads", ["thread_id"], ["id"], ondelete="SET NULL"
        )

    with op.batch_alter_table("sign_in_links", schema=None) as batch_op:
        batch_op.alter_column("user_id", existing_type=sa.INTEGER(), nullable=True)

    with op.batch_alter_table("tokens", schema=None) as batch_op:
        batch_op.alter_column("user_id", existing_type=sa.INTEGER(), nullable=True)

    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("granted_roles", sa.JSON(), nullable=False, server_default="[]")
        )
        batch_op.add_column(
            sa.Column("group_names", sa.JSON(), nullable=False, server_default="[]")
        )
        batch_op.add_column(
            sa.Column("awaits_identity", sa.Boolean(), nullable=False, server_default=sa.true())
        )
        batch_op.add_column(sa.Column("external_id", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("scim", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(
            sa.Column(
                "updated_at",
                sa.DateTime(timezone=True),
                nullable=False,
                server_default="2026-01-01 00:00:00+00:00",
            )
        )
        batch_op.add_column(sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_users_external_id"), ["external_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_users_name_id"), ["name", "id"], unique=False)

    op.execute("UPDATE users SET granted_roles = roles, updated_at = created_at")
    guard_events()


def downgrade() -> None:
    unguard_events()
    op.drop_table("checks")
    op.drop_table("spent_messages")
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_users_name_id"))
        batch_op.drop_index(batch_op.f("ix_users_external_id"))
        batch_op.drop_column("deleted_at")
        batch_op.drop_column("updated_at")
        batch_op.drop_column("scim")
        batch_op.drop_column("external_id")
        batch_op.drop_column("awaits_identity")
        batch_op.drop_column("group_names")
        batch_op.drop_column("granted_roles")

    with op.batch_alter_table("tokens", schema=None) as batch_op:
        batch_op.alter_column("user_id", existing_type=sa.INTEGER(), nullable=False)

    with op.batch_alter_table("sign_in_links", schema=None) as batch_op:
        batch_op.alter_column("user_id", existing_type=sa.INTEGER(), nullable=False)

    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_events_thread_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_events_plan_id"), type_="foreignkey")
        batch_op.create_foreign_key(
            batch_op.f("fk_events_thread_id"), "threads", ["thread_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_events_plan_id"), "plans", ["plan_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.drop_column("request_id")
        batch_op.drop_column("address")
        batch_op.drop_column("target")

    with op.batch_alter_table("browser_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_browser_sessions_issuer_sid"))
        batch_op.drop_column("sealed_id_token")
        batch_op.drop_column("sid")
        batch_op.drop_column("issuer")

    with op.batch_alter_table("settings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_settings_revision"))

    op.drop_table("settings")
    with op.batch_alter_table("identities", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identities_user_id"))
        batch_op.drop_index(batch_op.f("ix_identities_provider_checked_at"))

    op.drop_table("identities")
    with op.batch_alter_table("group_members", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_group_members_user_id_group_id"))

    op.drop_table("group_members")
    with op.batch_alter_table("groups", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_groups_external_id"))

    op.drop_table("groups")
    op.drop_table("group_roles")


WRITTEN = "kind, at, target, address, request_id, data"
# Whoever is deleted leaves an empty reference; nobody is put into another one's place.
POINTS = ("actor_id", "plan_id", "thread_id")
GUARDS = {
    "update": (f"UPDATE OF {WRITTEN}", ""),
    "delete": ("DELETE", ""),
    "repoint": (
        f"UPDATE OF {', '.join(POINTS)}",
        "WHEN (" + " OR ".join(f"NEW.{one} <> coalesce(OLD.{one}, 0)" for one in POINTS) + ") ",
    ),
}


def guard_events() -> None:
    """Let the database itself refuse to change or delete what was written down.

    The references to people and plans may still become empty, when those are deleted.
    """
    sqlite = op.get_bind().dialect.name == "sqlite"
    act = "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
    if not sqlite:
        op.execute(
            "CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$"
        )
        act = "EXECUTE FUNCTION refuse_event_change()"
    for name, (what, when) in GUARDS.items():
        each = f"FOR EACH ROW {when}"
        op.execute(f"CREATE TRIGGER events_no_{name} BEFORE {what} ON events {each}{act}")


def unguard_events() -> None:
    """Take the guard away."""
    on = "" if op.get_bind().dialect.name == "sqlite" else " ON events"
    for name in GUARDS:
        op.execute(f"DROP TRIGGER events_no_{name}{on}")
    if on:
        op.execute("DROP FUNCTION refuse_event_change()")
