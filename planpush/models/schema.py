"""The schema: bring the database up to this release, and tell whether it is."""

from __future__ import annotations

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
    erasure,
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
    """Tell whether the database is at the newest migration."""
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(MIGRATIONS))
    head = ScriptDirectory.from_config(settings).get_current_head()
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head
