"""Deleted plans: hidden, restorable for 30 days, then purged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, select, update

from planpush.accounts.user import User
from planpush.comments.comment import Comment
from planpush.comments.drafts import Draft
from planpush.comments.placement import Placement
from planpush.comments.thread import Thread
from planpush.dashboard.search_index import Passage
from planpush.database.batches import drop
from planpush.database.session import db, now
from planpush.errors import Forbidden, NotFound
from planpush.events.event import REDACT, Event, allowed
from planpush.notifications.notices import Mute, Notice
from planpush.notifications.outbox import Delivery
from planpush.notifications.slack_names import SlackThread
from planpush.plans.plan import SLUG, Member, Plan
from planpush.plans.presence import Viewer
from planpush.plans.section import Section
from planpush.plans.version import Version
from planpush.plans.visits import Visit
from planpush.reviews.attention import Turn
from planpush.reviews.sign_offs import SignOff

KEPT = timedelta(days=30)
MOST_LISTED = 200
_EVENTS = 1_000
# What hangs on a plan, and how much of it one transaction takes: a version has as many rows as
# sections, and each of those is a document's part.
_PARTS: tuple[tuple[Any, int], ...] = (
    (Draft, 200), (Notice, 500), (Delivery, 200), (Passage, 200), (Turn, 500), (Visit, 500),
    (Mute, 500), (Viewer, 500), (Member, 500), (SlackThread, 500), (SignOff, 500),
    (Placement, 2_000), (Comment, 200), (Thread, 100), (Version, 20), (Section, 100),
)  # fmt: skip


def deletable_by(plan: Plan, user: User) -> bool:
    """Tell whether `user` may delete a plan, and take that back."""
    return user.id == plan.owner_id or user.may("plans.delete")


def only_deleters(plan: Plan, by: User) -> None:
    """Raise `Forbidden` unless `by` may delete a plan."""
    if not deletable_by(plan, by):
        raise Forbidden("Only its owner or an admin may delete a plan.")


def remove(plan: Plan, *, by: User) -> None:
    """Delete a plan: nobody sees it any more, and for 30 days it can come back as it was."""
    only_deleters(plan, by)
    plan.deleted_at = now()
    plan.record("plan.deleted", by=by, target=plan.slug)


def back_until(plan: Plan) -> datetime | None:
    """Return until when a deleted plan can come back."""
    return plan.deleted_at + KEPT if plan.deleted_at else None


def deleted(user: User) -> Select[Plan]:
    """Return the deleted plans that `user` may bring back: their own, of an admin all."""
    query = select(Plan).where(Plan.deleted_at > now() - KEPT)
    return query if user.may("plans.delete") else query.where(Plan.owner_id == user.id)


def listed(user: User) -> Sequence[Plan]:
    """Return the deleted plans that `user` may bring back, the last deleted first."""
    query = deleted(user).order_by(Plan.deleted_at.desc(), Plan.id).limit(MOST_LISTED)
    return db.session.scalars(query).all()


def bring_back(slug: str, *, by: User) -> Plan:
    """Restore a deleted plan, as it was. Raises `NotFound`: none that `by` may restore."""
    query = deleted(by).where(Plan.slug == slug).with_for_update(of=Plan)
    plan = db.session.scalar(query) if SLUG.fullmatch(slug) else None
    if plan is None:
        raise NotFound("There is no such plan, or it is not published. Ask who sent the link.")
    plan.deleted_at = None
    plan.record("plan.restored", by=by, target=plan.slug)
    return plan


def purge_some() -> bool | None:
    """Take one bounded piece of a plan away that cannot come back; False: there is none.

    None: that was the last piece of one. The plan's row is held meanwhile: no two workers take
    pieces of the same.
    """
    query = select(Plan).where(Plan.deleted_at <= now() - KEPT).order_by(Plan.id).limit(1)
    plan = db.session.scalar(query.with_for_update(of=Plan, skip_locked=True))
    if plan is None:
        return False
    if not (_let_events_go(plan) or any(_drop(plan, kind, most) for kind, most in _PARTS)):
        db.session.execute(delete(Plan).where(Plan.id == plan.id))
        data = {"plan": plan.id}
        Event.record("plan.purged", by=None, target=plan.slug, data=data)
        db.session.expunge(plan)
        return None
    return True


def _drop(plan: Plan, kind: Any, most: int) -> int:
    if kind is Comment:  # its plan has no index
        here = Comment.thread_id.in_(select(Thread.id).where(Thread.plan_id == plan.id))
    else:
        here = kind.plan_id == plan.id
    return drop(kind, here, most=most)


def _let_events_go(plan: Plan) -> int:
    """Let the audit log keep some events of a plan without it, and without its former titles."""
    here = select(Event.id).where(Event.plan_id == plan.id).order_by(Event.id).limit(_EVENTS)
    ids = db.session.scalars(here).all()
    mine, unsynced = Event.id.in_(ids), {"synchronize_session": False}
    if ids:
        titled = update(Event).where(mine, Event.kind == "plan.renamed").values(data={})
        with allowed(REDACT):
            db.session.execute(titled, execution_options=unsynced)
        loose = update(Event).where(mine).values(plan_id=None, thread_id=None)
        db.session.execute(loose, execution_options=unsynced)
    return len(ids)
