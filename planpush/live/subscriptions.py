"""What an open page is subscribed to, and when its rights end.

Nobody learns from a stream that a plan changed which they cannot see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from planpush.accounts.user import User
from planpush.database.session import db
from planpush.events.event import Event
from planpush.notifications.notices import Notice
from planpush.plans.plan import PUBLISHED, Member, Plan

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


FAR = 1_000
"""Events: who is that far behind is told without a look, and so is everybody after a flood."""


@dataclass(frozen=True, slots=True)
class Onlooker:
    """A person as the streams know them: what they may see is asked anew when that changes."""

    id: int
    email: str
    sees_all: bool
    sees_published: bool

    @classmethod
    def of(cls, user: User) -> Onlooker:
        """Return somebody with their rights of this moment."""
        return cls(user.id, user.email, user.sees_everything, user.may("plans.see_published"))

    def sees(self, one: Happening) -> bool:
        """Tell whether it happened to a plan that they may see, or could until it happened.

        This is `Plan.visible_to` for what is in memory.
        """
        crowd = one.crowd
        if crowd is None:
            return False
        theirs = self.id in crowd.people or (one.shuts_out and self.email == one.target)
        return self.sees_all or theirs or (crowd.published and self.sees_published)

    def changed_since(self, event_id: int) -> dict[int, int] | None:
        """Return the plans before their eyes that changed: id → newest event.

        None: so much happened since that nobody looked. Two statements, whatever there is.
        """
        columns = (Event.id, Event.kind, Event.plan_id, Event.actor_id, Event.target)
        query = select(*columns).where(Event.id > event_id).order_by(Event.id).limit(FAR + 1)
        rows = db.session.execute(query).all()
        if len(rows) > FAR:
            return None
        told = [Happening(row[0], row[1], row[2], row[3] or 0, row[4]) for row in rows if row[2]]
        return {one.plan_id: one.id for one in with_crowds(told) if self.sees(one)}

    def noticed_since(self, event_id: int) -> int:
        """Return the newest event that they were told of in a notice after another, else 0."""
        query = select(func.max(Notice.event_id)).where(Notice.user_id == self.id)
        return db.session.scalar(query.where(Notice.event_id > event_id)) or 0


def with_crowds(found: Sequence[Happening]) -> list[Happening]:
    """Return happenings with who may see their plans. One statement."""
    plans = _crowds({one.plan_id for one in found if one.plan_id})
    return [replace(one, crowd=_crowd(one, plans.get(one.plan_id))) for one in found]


def with_notices(found: Sequence[Happening]) -> list[Happening]:
    """Return happenings with whom they gave a notice. One statement."""
    ids = [one.id for one in found if one.plan_id]
    people: dict[int, set[int]] = defaultdict(set)
    query = select(Notice.event_id, Notice.user_id).where(Notice.event_id.in_(ids))
    for event_id, user_id in db.session.execute(query) if ids else ():
        people[event_id].add(user_id)
    return [replace(one, noticed=frozenset(people.get(one.id, ()))) for one in found]


def with_subjects(found: Sequence[Happening]) -> list[Happening]:
    """Return happenings with whose rights may have ended. One statement, if there are any.

    A stream knows its reader by the address of when it began; a directory may have changed that.
    """
    named = {one.target for one in found if one.ends_rights and one.target}
    query = select(User.email, User.id).where(User.email.in_(named))
    ids = {row[0]: row[1] for row in db.session.execute(query)} if named else {}
    return [replace(one, subject=ids.get(one.target, 0)) for one in found] if ids else list(found)


def _crowds(plan_ids: Collection[int]) -> dict[int, tuple[bool, Crowd]]:
    """Return by plan whether it is deleted, and who may see it otherwise."""
    query = select(
        Plan.id, Plan.deleted_at, Plan.visibility, Plan.owner_id, Member.user_id
    ).outerjoin(Member, Member.plan_id == Plan.id)
    people: dict[int, set[int]] = defaultdict(set)
    state: dict[int, tuple[bool, bool]] = {}
    rows = db.session.execute(query.where(Plan.id.in_(plan_ids))) if plan_ids else ()
    for plan_id, deleted_at, visibility, owner_id, member_id in rows:
        state[plan_id] = (deleted_at is not None, visibility == PUBLISHED)
        people[plan_id] |= {owner_id, member_id} - {None}
    return {
        plan_id: (deleted, Crowd(published, frozenset(people[plan_id])))
        for plan_id, (deleted, published) in state.items()
    }


def _crowd(one: Happening, found: tuple[bool, Crowd] | None) -> Crowd | None:
    """Return who saw the plan when it happened, or until then."""
    if found is None or (found[0] and one.kind != "plan.deleted"):
        return None
    return replace(found[1], published=True) if one.kind == "plan.unpublished" else found[1]
