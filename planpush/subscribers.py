"""Everything that follows from an event, in the transaction that caused it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from planpush.accounts.user import User
from planpush.comments.comment import Comment
from planpush.dashboard import search_index
from planpush.database.session import db, subscribe
from planpush.events.event import Event
from planpush.live.subscriptions import announce
from planpush.notifications import audience, outbox
from planpush.plans.plan import Plan, bring_back
from planpush.plans.visits import Seen, Visit
from planpush.reviews import attention
from planpush.reviews.sign_offs import SignOff

Consequence = Callable[[Session, Event], None]


def init_subscribers(app: Flask) -> None:
    """Hear of every recorded event before its transaction commits."""
    subscribe(app, _hear)


def _hear(session: Session, events: list[Any]) -> None:
    known: set[tuple[Consequence, int | None, int | None]] = set()
    for event in events:
        consequences = CONSEQUENCES.get(event.kind, ())
        # Held until all have heard: a session forgets what nobody holds, and would read it again.
        plan = event.plan_id if lift_plan in consequences else None
        _plan = session.get(Plan, plan) if plan else None
        _comment = Comment.of(event) if index_comment in consequences else None
        for consequence in (*consequences, announce):
            done = (consequence, event.plan_id, event.actor_id)
            if consequence not in ONCE or done not in known:
                consequence(session, event)
                known.add(done)


def lift_plan(session: Session, event: Event) -> None:
    """Put the plan on top of lists that are sorted by activity."""
    session.execute(update(Plan).where(Plan.id == event.plan_id).values(active_at=event.at))


def unarchive_plan(session: Session, event: Event) -> None:
    """Take a plan out of the archive that somebody went on with."""
    bring_back(session.get_one(Plan, event.plan_id), by=session.get_one(User, event.actor_id))


def visit(_session: Session, event: Event) -> None:
    """Note that who did something has seen the plan as it is."""
    if event.actor_id and event.plan_id:
        Visit.note(event.actor_id, event.plan_id, event.at)


def see(_session: Session, event: Event) -> None:
    """Note that who pushed a version, or decided about it, has seen it."""
    if event.actor_id and event.plan_id:
        seen = Seen(event.actor_id, event.data["version"], event.at)
        Visit.see(event.plan_id, seen)


def index_plan(session: Session, event: Event) -> None:
    """Let the plan be found by its title and newest document."""
    search_index.index_plan(session.get_one(Plan, event.plan_id))


def index_comment(session: Session, event: Event) -> None:
    """Let the plan be found by what a comment says now."""
    search_index.index_comment(session.get_one(Comment, event.data["comment"]))


def turn(_session: Session, event: Event) -> None:
    """Let the turn pass to whoever is to do something now."""
    attention.turn(event)


def lapse(session: Session, event: Event) -> None:
    """Let the word count no more that the new owner of a plan gave about it."""
    SignOff.lapse(session.get_one(Plan, event.plan_id))


def settle_reviews(session: Session, event: Event) -> None:
    """Let no plan wait for the word of somebody who has left."""
    user = session.scalar(select(User).where(User.email == event.target))
    if user:
        SignOff.settle_for(user)


def post(_session: Session, event: Event) -> None:
    """Queue what the outside is told; a worker sends it."""
    outbox.post(event)


def notify(_session: Session, event: Event) -> None:
    """Tell the people whom it concerns."""
    audience.tell(event)


def settle_people(_session: Session, event: Event) -> None:
    """Let a changed default role reach everybody whom it concerns."""
    if event.target == "default_role":
        for user in db.session.scalars(User.people().order_by(User.id)):
            user.settle(by=None, keep_last=True)


# A push with a hundred answers is one sign of life of its plan, and one look of who pushed.
ONCE = (lift_plan, visit)
CONSEQUENCES: dict[str, tuple[Consequence, ...]] = {
    "version.pushed": (lift_plan, unarchive_plan, visit, see, turn, index_plan, post, notify),
    "thread.opened": (lift_plan, visit),
    "thread.resolved": (lift_plan, visit, turn, post, notify),
    "thread.reopened": (lift_plan, visit, turn, post, notify),
    "thread.answered": (lift_plan, visit, turn, post, notify),
    "placement.confirmed": (lift_plan, visit),
    "placement.rejected": (lift_plan, visit),
    "placement.reattached": (lift_plan, visit),
    "comment.added": (lift_plan, visit, turn, index_comment, post, notify),
    "comment.edited": (lift_plan, visit, turn, index_comment, post, notify),
    "comment.deleted": (lift_plan, visit, turn, index_comment, post),
    "comment.restored": (lift_plan, visit, turn, index_comment, post),
    "comment.redacted": (index_comment, post),
    "plan.published": (lift_plan, visit, post),
    "plan.archived": (),  # put away or taken out, a plan stays where it was in every order
    "plan.unarchived": (),
    "plan.deleted": (),  # it comes back as it was
    "plan.restored": (),
    "plan.renamed": (lift_plan, visit, index_plan),
    "plan.unpublished": (lift_plan, visit),
    "plan.handed_over": (lift_plan, visit, lapse, turn, notify),
    "version.purged": (lift_plan, visit, turn, index_plan, post),
    "editor.added": (lift_plan, visit, notify),
    "editor.removed": (lift_plan, visit),
    "review.asked": (lift_plan, visit, turn, notify),
    "review.withdrawn": (lift_plan, visit, turn),
    "sign_off.given": (lift_plan, visit, see, turn, notify),
    "sign_off.withdrawn": (lift_plan, visit, turn),
    "setting.changed": (settle_people,),
    "user.deactivated": (settle_reviews,),
    "user.reactivated": (settle_reviews,),
}
