"""${message}"""
## The file and the revision are named by the next number. The release before goes on serving on
## what this leaves behind, and may be put back, so upgrade only adds: tables, indexes (no unique
## ones), columns that may be empty or have a server_default. What has to go is left alone by one
## release and dropped by the next one, which says CONTRACTS = "why nobody needs it any more" and
## is named after the oldest migration whose code may still serve: 0014_from_0012. Those after it
## keep that ending. Long work on rows belongs to the worker, in batches that can be begun again.
## docs/upgrade.md tells more; tests/operations/test_expanding_migrations.py looks after it.

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
