"""Brings the database to this release, and tells whether it can be served.

A migration after 0010 only expands, so that the release before goes on serving meanwhile; one that
cannot is named after the oldest migration whose code may still serve: `0014_from_0012`.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from flask import g
from sqlalchemy import Connection, column, inspect, select, table
from sqlalchemy.exc import OperationalError

from planpush.accounts import authorization_codes, device_codes, groups, identity, replay_guard  # noqa: F401 (the whole schema)
from planpush.dashboard import search_index
from planpush.database.session import commit, db
from planpush.errors import Problem
from planpush.notifications import channels, notices, outbox, slack_names, webhooks  # noqa: F401 (the whole schema)
from planpush.operations.migration_lock import alone
from planpush.paths import MIGRATIONS
from planpush.plans import visits  # noqa: F401 (the whole schema)
from planpush.privacy import erasure  # noqa: F401 (the whole schema)
from planpush.reviews import attention, sign_offs  # noqa: F401 (the whole schema)
from planpush.settings import check_results  # noqa: F401 (the whole schema)

log = logging.getLogger("planpush")

_REVISION = re.compile(r'^revision = "(\w+)"$', re.MULTILINE)
_ID = re.compile(r"(\d{4})(?:_from_(\d{4}))?")
_VERSION = table("alembic_version")
_PATIENCE, _PAUSE = 600.0, 1.0  # seconds
_TAKEN = "55P03"  # PostgreSQL: lock_timeout ran out


def migrate() -> None:
    """Run the migrations that this database lacks; one process does, the others wait for it.

    What a newer release migrated is left as it is. Raises `Problem` if this one may not serve it.
    """
    if is_current():  # nobody waits for a newer release that migrates right now
        return
    with alone():
        bring_up()


def bring_up() -> None:
    """Migrate as `migrate` does, for who is alone with the schema already."""
    if is_current():
        return
    _refuse_newer()
    import flask_migrate

    before = _at()
    _patiently(lambda: flask_migrate.upgrade(directory=str(MIGRATIONS)))
    log.info("the database was migrated from %s to %s", before or "nothing", _at())


def downgrade(revision: str) -> None:
    """Take the database back to an older migration; what newer ones added is lost.

    Raises `Problem` for a migration that this release does not know, or that is no older one.
    """
    import flask_migrate

    with alone():
        at, known = _at(), known_revisions()
        if at not in known:
            raise Problem(
                f"the database is at {at or 'no migration'}, which this release does not know: "
                "use the release that migrated it"
            )
        older = known[: known.index(at)]
        if revision not in older:
            told = ", ".join(older) or "none"
            raise Problem(f"the database is at {at}; it can go back to one of these: {told}")
        _patiently(lambda: flask_migrate.downgrade(directory=str(MIGRATIONS), revision=revision))
        log.info("the database was taken back from %s to %s", at, revision)


def is_current() -> bool:
    """Tell whether this release can serve the database: all that it knows is there.

    A newer release may have added to it, as long as that one leaves this one what it needs.
    """
    at, known = _at(), known_revisions()
    if at is None or at in known:
        return at == known[-1]
    _note_newer(at, known[-1])
    return oldest_reader(at) <= number(known[-1])


def is_newest() -> bool:
    """Tell whether the database is at the newest migration that this release knows."""
    return _at() == known_revisions()[-1]


def index(tell: Callable[[str], None]) -> None:
    """Let all plans be found that a release stored that could not search; say how far it is.

    Each batch is kept at once: whoever is stopped goes on there. Others may do so meanwhile.
    """
    waiting = search_index.missing()
    db.session.rollback()
    for done in range(0, len(waiting), search_index.FEW):
        if done % 1_000 == 0:
            tell(f"{done:,} of {len(waiting):,} plans are indexed for the search.")
        search_index.index_missing(waiting[done : done + search_index.FEW])
        commit()
        db.session.remove()


def revision(connection: Connection) -> str | None:
    """Return at which migration the database is; None if it is no database of planpush."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(select(column("version_num")).select_from(_VERSION))
    return found


def known_revisions() -> list[str]:
    """Return the migrations that this release knows, the first one first."""
    return list(_revisions(str(MIGRATIONS)))


def number(revision: str) -> int:
    """Return a migration's place in the row of all; 0 if it has no name of ours."""
    found = _ID.fullmatch(revision)
    return int(found[1]) if found else 0


def oldest_reader(revision: str) -> float:
    """Return the oldest migration whose code may serve a database that is at `revision`."""
    found = _ID.fullmatch(revision)
    return int(found[2] or 0) if found else float("inf")


@cache
def _revisions(folder: str) -> tuple[str, ...]:
    # Alembic would tell, too, but to import it takes a fifth of a start.
    files = sorted(Path(folder, "versions").glob("*.py"))
    return tuple(_REVISION.findall("\n".join(file.read_text("utf-8") for file in files)))


def _at() -> str | None:
    before, g.writes = g.get("writes", True), False  # it waits for nobody who writes
    try:
        with db.engine.connect() as connection:
            return revision(connection)
    finally:
        g.writes = before


@cache
def _note_newer(at: str, newest: str) -> None:
    log.warning("the database is at %s, of a newer release; this one knows %s", at, newest)


def _refuse_newer() -> None:
    at, known = _at(), known_revisions()
    if at is not None and at not in known:
        raise Problem(
            f"a newer release has migrated this database to {at}, and what this one needs is gone "
            f"(it knows {known[-1]}). Start the newer release; or restore a backup that was made "
            "before, or take the database back with the newer release: planpush downgrade"
        )


def _patiently(run: Callable[[], None]) -> None:
    """Run migrations; if a table is in use for long, let its users by and try again.

    Whoever waits for a table that a backup reads holds up all who come after.
    """
    ends = time.monotonic() + _PATIENCE
    while True:
        try:
            return run()
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != _TAKEN:
                raise
            if time.monotonic() > ends:
                raise Problem(
                    "the database was not migrated: a table was in use all the time. Wait for the "
                    "backup or the long query to end, and try again"
                ) from None
            log.warning("the migration waits: a transaction that runs for long uses its tables")
        time.sleep(_PAUSE)
