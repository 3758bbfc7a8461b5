"""SQLite's list of words is read word by word, not with how often each of them stands where."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TERMS = "CREATE VIRTUAL TABLE passage_words_terms USING fts5vocab('passage_words', '{}')"


def upgrade() -> None:
    _make("instance")


def downgrade() -> None:
    _make("row")


def _make(kind: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.drop_table("passage_words_terms")
        op.execute(_TERMS.format(kind))
