"""Webhooks: address, secret, events and state."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, Text, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from planpush.accounts.user import User
from planpush.database.encryption import resealed, seal, unseal
from planpush.database.session import Base, UTCDateTime, db, now, storable
from planpush.errors import Conflict, Finding, Forbidden, Invalid, NotFound
from planpush.events.event import Event
from planpush.notifications.channels import HOOK, Outlet
from planpush.notifications.webhook_payload import PREFIX
from planpush.settings.check_results import Check

EVENTS = {
    "comment.added": "A comment was written",
    "comment.edited": "A comment was edited",
    "comment.deleted": "A comment was deleted",
    "comment.restored": "A deleted comment was put back",
    "thread.resolved": "A thread was resolved",
    "thread.reopened": "A thread was reopened",
    "thread.answered": "A thread was answered",
    "version.pushed": "A version was pushed",
    "plan.published": "A plan was published",
}
MOST = 50
LONGEST = 2_000  # characters of an address


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an admin asks of a webhook. An empty `url` keeps the one that is there."""

    name: str
    url: str
    events: Sequence[str]

    def refuse(self, *, new: bool) -> None:
        """Raise `Invalid` that names each field that is wrong."""
        findings = []
        if not self.name.strip() or not self.name.isprintable() or len(self.name) > 200:
            findings.append(Finding("malformed", "Give a name of one line.", field="name"))
        if (new and not self.url) or len(self.url) > LONGEST:
            message = f"Give the address to post to, of at most {LONGEST:,} characters."
            findings.append(Finding("malformed", message, field="url"))
        if not self.events or set(self.events) - set(EVENTS):
            findings.append(Finding("malformed", "Choose at least one event.", field="events"))
        if findings:
            raise Invalid(" ".join(found.message for found in findings), findings)


class Webhook(Base):
    """Where to post, and the secret that signs it. `host` is all of the address that is shown."""

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    host: Mapped[str] = mapped_column(String(300))
    sealed_url: Mapped[str] = mapped_column(Text)
    sealed_secret: Mapped[str] = mapped_column(Text)
    events: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    @classmethod
    def every(cls) -> Sequence[Webhook]:
        """Return all of them, by name."""
        return db.session.scalars(select(cls).order_by(cls.name, cls.id)).all()

    @classmethod
    def find(cls, hook_id: int) -> Webhook:
        """Return one. Raises `NotFound`."""
        found = db.session.get(cls, hook_id)
        if found is None:
            raise NotFound
        return found

    @classmethod
    def hearing(cls, kind: str) -> list[int]:
        """Return the ids of those that want to hear of a kind of event."""
        if kind not in EVENTS:
            return []
        query = select(cls.id, cls.events).order_by(cls.id)
        # Whoever removes one waits for this transaction, which may queue something for it.
        found = db.session.execute(query.with_for_update(read=True, key_share=True))
        return [one for one, events in found if kind in events]

    @classmethod
    def add(cls, wanted: Wanted, host: str, *, by: User) -> tuple[Webhook, str]:
        """Return a new webhook, and its secret: this is the only time it is seen."""
        _admit(by)
        wanted.refuse(new=True)
        if len(cls.every()) >= MOST:
            raise Conflict(f"There are {MOST} webhooks already: remove one first.")
        secret = _minted()
        made = cls(
            name=storable(wanted.name.strip()), host=host[:300], sealed_url=seal(wanted.url),
            sealed_secret=seal(secret), events=_in_order(wanted), created_by_id=by.id,
        )  # fmt: skip
        db.session.add(made)
        db.session.flush()
        made._record("webhook.added", by, {"events": made.events})
        return made, secret

    def change(self, wanted: Wanted, host: str, *, by: User) -> None:
        """Change name, events and, if one is given, the address."""
        _admit(by)
        wanted.refuse(new=False)
        self.name, self.events = storable(wanted.name.strip()), _in_order(wanted)
        if wanted.url:
            self.sealed_url, self.host = seal(wanted.url), host[:300]
            # What the old one lacked says nothing of the new one.
            Outlet.of(self.outlet).recover()
            db.session.execute(delete(Check).where(Check.name == self.outlet))
        told = {"events": self.events, "address": "changed" if wanted.url else "kept"}
        self._record("webhook.changed", by, told)

    def renew(self, *, by: User) -> str:
        """Return a new secret, which alone signs from now on: it is seen this once."""
        _admit(by)
        secret = _minted()
        self.sealed_secret = seal(secret)
        self._record("webhook.changed", by, {"secret": "new"})
        return secret

    def hold(self, *, paused: bool, by: User) -> None:
        """Pause, or go on: what is queued meanwhile waits."""
        _admit(by)
        Outlet.of(self.outlet).hold(paused=paused)
        self._record("webhook.paused" if paused else "webhook.resumed", by)

    def note_test(self, *, ok: bool, detail: str, milliseconds: int, by: User) -> None:
        """Keep how a test went."""
        Check.keep(self.outlet, ok=ok, detail=detail, milliseconds=milliseconds, by=by)
        self._record("webhook.tested", by, {"ok": ok})

    def remove(self, *, by: User) -> None:
        """Forget it, and what it was still to be told."""
        _admit(by)
        self._record("webhook.removed", by)
        key = self.outlet
        db.session.delete(self)
        db.session.flush()  # deliveries before their outlet: in the order in which workers lock
        db.session.execute(delete(Outlet).where(Outlet.key == key))
        db.session.execute(delete(Check).where(Check.name == key))

    @property
    def outlet(self) -> str:
        """Return the key of the outlet by which it is told."""
        return f"{HOOK}:{self.id}"

    @property
    def url(self) -> str | None:
        """Return the whole address; None if no key opens it any more."""
        return unseal(self.sealed_url)

    @property
    def secret(self) -> str | None:
        """Return what signs; None if no key opens it any more."""
        return unseal(self.sealed_secret)

    @classmethod
    def reseal(cls) -> None:
        """Encrypt with the newest key, so that an old one can be retired."""
        for row in db.session.scalars(select(cls)):
            row.sealed_url = resealed(row.sealed_url) or row.sealed_url
            row.sealed_secret = resealed(row.sealed_secret) or row.sealed_secret

    def _record(self, kind: str, by: User, data: Mapping[str, object] | None = None) -> None:
        Event.record(kind, by=by, target=f"{self.name} ({self.host})", data=dict(data or {}))


def _admit(by: User) -> None:
    if not by.may("settings.change"):
        raise Forbidden("Only an admin may change webhooks.")


def _minted() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def _in_order(wanted: Wanted) -> list[str]:
    return [kind for kind in EVENTS if kind in wanted.events]
