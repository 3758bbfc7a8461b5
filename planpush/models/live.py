"""Live: what open pages are told when something happens, and whose rights may have ended."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from planpush.db import db
from planpush.models.event import Event

THREADS, VERSION, PRESENCE = "threads", "version", "presence"
SIGN_OFF = "sign-off"
EVERY_NAME = (THREADS, VERSION, PRESENCE, SIGN_OFF)
PLANS, NOTICES = "plans", "notices"  # of no plan's page alone
CHANNEL = "planpush_live"
_BY_KIND: dict[str, tuple[str, ...]] = {
    "version.pushed": (VERSION, THREADS),
    "version.purged": (VERSION, THREADS),
}
_BY_NOUN: dict[str, tuple[str, ...]] = {
    "thread": (THREADS,),
    "comment": (THREADS,),
    "placement": (THREADS,),
    "plan": (THREADS,),
    "review": (SIGN_OFF,),
    "editor": (SIGN_OFF,),
    "sign_off": (SIGN_OFF,),
}
# After these somebody may not see what they saw: their streams end, and who may comes back.
_OF_A_PLAN = frozenset({
    "plan.unpublished", "plan.handed_over", "plan.deleted", "review.withdrawn",
    "editor.removed",
})  # fmt: skip
_OF_A_PERSON = frozenset({
    "session.ended", "sessions.revoked", "user.deactivated", "role.changed",
    "logout.back_channel", "logout.front_channel",
})  # fmt: skip


# After these the person named by `target` may not see a plan that they saw.
_SHUTS_OUT = frozenset({"review.withdrawn", "editor.removed"})


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who may see a plan, or could until something happened, beside those who see all."""

    published: bool
    people: frozenset[int]


@dataclass(frozen=True, slots=True)
class Happening:
    """What the streams need to know of an event."""

    id: int
    kind: str
    plan_id: int
    actor_id: int
    target: str
    crowd: Crowd | None = None  # see `onlooker`
    noticed: frozenset[int] = frozenset()
    subject: int = 0  # the person whom `target` names today

    @property
    def names(self) -> tuple[str, ...]:
        """Return what those who follow the plan are told."""
        return _names_of(self.kind) if self.plan_id else ()

    @property
    def shuts_out(self) -> bool:
        """Tell whether the person whom it names may not see the plan any more."""
        return self.kind in _SHUTS_OUT

    @property
    def ends_rights(self) -> bool:
        """Tell whether somebody may see less after this."""
        return self.kind in _OF_A_PLAN or self.kind in _OF_A_PERSON

    def concerns(self, plan_id: int, user_id: int, email: str) -> bool:
        """Tell whether it may be the right of this person to see this plan."""
        if self.kind in _OF_A_PLAN:
            return plan_id == self.plan_id
        return user_id in (self.actor_id, self.subject) or email == self.target


@cache  # asked once for every open page; there are a few dozen kinds
def _names_of(kind: str) -> tuple[str, ...]:
    return _BY_KIND.get(kind, _BY_NOUN.get(kind.partition(".")[0], ()))


def names_since(plan_id: int, event_id: int) -> dict[str, int]:
    """Return what an open page missed after an event: names, each with its newest event's id."""
    rows = db.session.execute(
        select(func.max(Event.id), Event.kind)
        .where(Event.plan_id == plan_id, Event.id > event_id)
        .group_by(Event.kind)
    )
    found: dict[str, int] = {}
    for newest, kind in rows:
        for name in Happening(newest, kind, plan_id, 0, "").names:
            found[name] = max(newest, found.get(name, 0))
    return found


def announce(session: Session, event: Event) -> None:
    """Wake the processes that hold streams, at the commit. On SQLite they see the file change."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_notify(CHANNEL, str(event.id))))
