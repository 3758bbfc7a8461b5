"""The schema: bring the database up to this release, and tell whether it is."""

from __future__ import annotations

from functools import cache

from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import upgrade

from planpush.db import commit, db
from planpush.models import (  # noqa: F401 (the whole schema)
    authorization_code,
    check,
    delivery,
    device_code,
    group,
    identity,
    notice,
    outlet,
    passage,
    sign_off,
    slack_name,
    spent,
    turn,
    visit,
    webhook,
)
from planpush.paths import MIGRATIONS


def migrate() -> None:
    """Run the migrations that this database lacks."""
    upgrade(directory=str(MIGRATIONS))
    while _indexed():  # plans of a release that could not search them yet
        pass


def _indexed() -> int:
    found = passage.index_missing()
    commit()
    db.session.remove()
    return found


def is_current() -> bool:
    """Tell whether this release can work with the database: at its migration, or at a later one.

    One that this release does not know was made by a newer one, which is about to replace it.
    """
    head, known = _revisions()
    found = MigrationContext.configure(db.session.connection()).get_current_revision()
    return found is not None and (found == head or found not in known)


@cache
def _revisions() -> tuple[str | None, frozenset[str]]:
    """Return the newest migration of this release, and all: they are read from disk."""
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(settings)
    known = frozenset(script.revision for script in scripts.walk_revisions())
    return scripts.get_current_head(), known
