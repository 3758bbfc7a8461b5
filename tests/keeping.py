"""What most tests begin with, made once: set aside, and brought back far sooner than made anew."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.haste import empty, run

KEEP = """
DROP SCHEMA IF EXISTS {0} CASCADE;
CREATE SCHEMA {0};
DO $$ DECLARE one record; filled boolean; BEGIN
  FOR one IN SELECT tablename FROM pg_tables
             WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', one.tablename) INTO filled;
    IF filled THEN
      EXECUTE format('CREATE TABLE {0}.%I AS TABLE public.%I', one.tablename, one.tablename);
    END IF;
  END LOOP;
END $$;
CREATE TABLE {0}.sequences AS SELECT sequencename, last_value FROM pg_sequences
WHERE schemaname = 'public' AND last_value IS NOT NULL;
"""
BRING_BACK = """
SET LOCAL session_replication_role = replica;
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT tablename FROM pg_tables
             WHERE schemaname = '{0}' AND tablename <> 'sequences' LOOP
    EXECUTE format('INSERT INTO public.%I SELECT * FROM {0}.%I', one.tablename, one.tablename);
  END LOOP;
  PERFORM setval(format('%I', sequencename)::regclass, last_value) FROM {0}.sequences;
END $$;
"""

BEGINNINGS = ("talked", "planned", "peopled")  # the fullest first; the last is the cast alone


def at(url: str) -> Path | None:
    """The file of a database; none: it is PostgreSQL's."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None


class Kept:
    """What `make` puts into a database that holds what `before` kept: a file, or a schema in it."""

    def __init__(
        self, migrated: str, folder: Path, make: Callable[[str], None], before: Kept | None = None
    ) -> None:
        self.migrated, self.make, self.before = migrated, make, before
        self.path, self.schema = folder / "kept.db", folder.name
        self.make_anew()

    def make_anew(self) -> None:
        refresh(self.before)
        url = renewed(self.migrated, self.path)
        if self.before:
            self.before.bring_back(url)
        self.make(url)
        if not at(url):
            run(url, KEEP.format(self.schema))
            empty(url)
        self.at = time.monotonic()

    def among(self, others: dict[str, Kept], name: str) -> Kept:
        others[name] = self
        return self

    def bring_back(self, url: str) -> None:
        """Put it into the empty database at `url`."""
        if file := at(url):
            shutil.copy(self.path, file)
        else:
            run(url, BRING_BACK.format(self.schema))


def beginning(names: Sequence[str]) -> str:
    """Return what a test begins with that uses the fixtures `names`."""
    return next((name for name in BEGINNINGS if name in names), BEGINNINGS[-1])


def refresh(kept: Kept | None, seconds: float = 40) -> None:
    """Make anew what is older: a test may take it for just made, as on a busy machine."""
    if kept and time.monotonic() - kept.at > seconds:
        kept.make_anew()


def renewed(migrated: str, path: Path) -> str:
    """The URL of the empty database: a copy at `path`, or the one of this worker."""
    if file := at(migrated):
        shutil.copy(file, path)
        return f"sqlite:///{path}"
    empty(migrated)
    return migrated
