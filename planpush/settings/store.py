"""Run-time settings: stored encrypted, in force from the next request."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import current_app, g
from sqlalchemy import ForeignKey, ScalarSelect, String, Text, event, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from planpush.accounts.user import User
from planpush.config import Config
from planpush.database.encryption import resealed, seal, unseal
from planpush.database.session import Base, UTCDateTime, db, now
from planpush.errors import Finding, Forbidden, Invalid
from planpush.events.event import Event
from planpush.setting_specs import SPECS, Settings, Spec, written

log = logging.getLogger("planpush")


class Setting(Base):
    """One setting that an admin changed. An empty value means: back to the default."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    sealed: Mapped[str] = mapped_column(Text)
    revision: Mapped[int] = mapped_column(index=True)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    @classmethod
    def revision_query(cls) -> ScalarSelect[Any]:
        """Return the query of the newest change's number, to ride on another one."""
        return select(func.coalesce(func.max(cls.revision), 0)).scalar_subquery()

    @classmethod
    def change(cls, given: Mapping[str, str], *, by: User) -> None:
        """Put settings in force, as an operator writes them. Raises `Invalid` naming each wrong."""
        if not by.may("settings.change"):
            raise Forbidden("Only an admin may change settings.")
        findings = [found for name, raw in given.items() if (found := _refused(name, raw))]
        if findings:
            raise Invalid("; ".join(str(found.message) for found in findings), findings)
        _one_at_a_time()
        revision = (db.session.scalar(select(func.max(cls.revision))) or 0) + 1
        for name, raw in given.items():
            row = db.session.get(cls, name) or cls(name=name)
            row.sealed, row.revision = seal(raw.strip()), revision
            row.changed_at, row.changed_by_id = now(), by.id
            db.session.add(row)
            shown = "(secret)" if SPECS[name].secret else raw.strip()
            Event.record("setting.changed", by=by, target=name, data={"value": shown})
        db.session.flush()
        db.session().info["settings_changed"] = True
        forget()

    @classmethod
    def stored(cls) -> dict[str, Any]:
        """Return what admins set, parsed; what cannot be read any more is left out, and logged."""
        found: dict[str, Any] = {}
        for row in db.session.scalars(select(cls)):
            raw, spec = unseal(row.sealed), SPECS.get(row.name)
            if raw is None:
                log.error("setting %s cannot be decrypted: was SECRET_KEY changed?", row.name)
            elif spec is not None and raw:
                found[row.name] = _parsed(spec, raw)
        return found

    @classmethod
    def reseal(cls) -> None:
        """Encrypt every value with the newest key, so that an old one can be retired."""
        for row in db.session.scalars(select(cls)):
            row.sealed = resealed(row.sealed) or row.sealed


def settings() -> Settings:
    """Return the settings in force for this request."""
    if "settings" not in g:
        g.settings = at_revision(db.session.scalar(select(Setting.revision_query())) or 0)
    found: Settings = g.settings
    return found


def at_revision(revision: int) -> Settings:
    """Return the settings of `revision`, kept by this process until the next change."""
    kept = current_app.extensions.get("planpush_settings")
    if kept is None or kept[0] != revision:
        config: Config = current_app.extensions["planpush_config"]
        kept = (revision, config.settings(Setting.stored()))
        current_app.extensions["planpush_settings"] = kept
    found: Settings = kept[1]
    return found


def forget() -> None:
    """Let this request, and this process, read the settings anew."""
    g.pop("settings", None)
    current_app.extensions.pop("planpush_settings", None)


def _one_at_a_time() -> None:
    """Let no two changes get the same revision; on SQLite one transaction writes at a time."""
    if db.engine.dialect.name != "sqlite":
        db.session.execute(text("LOCK TABLE settings IN SHARE ROW EXCLUSIVE MODE"))


@event.listens_for(Session, "after_rollback")
def _take_back(session: Session) -> None:
    # What was read under a revision that never came to be must not answer for the next one.
    if session.info.pop("settings_changed", False):
        forget()


def _parsed(spec: Spec, raw: str) -> Any:
    try:
        return spec.parse(raw)
    except ValueError:  # written by an older release with other rules
        log.error("setting %s has a value that this release does not take", spec.name)
        return spec.default


def _refused(name: str, raw: str) -> Finding | None:
    spec = SPECS.get(name)
    config: Config = current_app.extensions["planpush_config"]
    if spec is None:
        return Finding("unknown_setting", f"there is no setting {name!r}", field=name)
    if name in config.fixed:
        return Finding("fixed", f"{spec.variable} is set in the environment", field=name)
    try:
        if raw.strip():
            spec.parse(raw.strip())
    except ValueError as reason:
        return Finding("malformed", f"{spec.label}: {reason}", field=name)
    return None


def shown(name: str) -> str:
    """Return a setting in force as an operator would write it; of a secret, only that it is set."""
    value = getattr(settings(), name)
    return ("••••••••" if value else "") if SPECS[name].secret else written(value)
