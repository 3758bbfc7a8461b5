"""Whom an event concerns, why, and how each is notified."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import BigInteger, bindparam, exists, select, union

from planpush.accounts.user import User
from planpush.comments.comment import Comment, Wording
from planpush.comments.mentions import whom as named_in
from planpush.comments.thread import Thread
from planpush.database.session import db, rows
from planpush.events.event import Event
from planpush.notifications.direct_messages import write_to
from planpush.notifications.notices import Mute, Notice
from planpush.notifications.preferences import (  # fmt: skip
    APP,
    COMMENT,
    MENTION,
    NEWER,
    RESOLUTION,
    SLACK,
    TURN,
    ways_for,
)
from planpush.plans.plan import EDITOR, Member, Plan

Found = Iterable[tuple[str, Iterable[int]]]
_AT_ONCE = 1_000  # people in one statement
_NEVER = 2**62  # an id that no comment comes to
# Asked with each comment: a statement that is there already costs a third of one that is made.
_WROTE = union(
    select(Comment.author_id).where(
        Comment.thread_id == bindparam("thread"),
        Comment.deleted_at.is_(None),
        Comment.id < bindparam("before", type_=BigInteger),
    ),
    select(Thread.opened_by_id).where(Thread.id == bindparam("thread")),
)
_EDIT = select(Member.user_id).where(Member.plan_id == bindparam("plan"), Member.kind == EDITOR)


def tell(event: Event) -> None:
    """Let whom an event concerns know: now a notice, a message to them when a worker comes by.

    Only who may see the plan at this moment is told, and never who did it.
    """
    plan = _plan_of(event)
    kinds = whom(event)
    if plan is None or not kinds:
        return
    before, ids = told_before(event), sorted(kinds)
    for start in range(0, len(ids), _AT_ONCE):
        noticed: dict[str, list[int]] = defaultdict(list)
        written: list[int] = []
        for user_id, notify, muted in _readers(plan, ids[start : start + _AT_ONCE]):
            ways = ways_for(notify, kinds[user_id], muted=muted)
            if user_id in before:
                ways -= ways_for(notify, before[user_id], muted=muted)
            if APP in ways:
                noticed[kinds[user_id]].append(user_id)
            if SLACK in ways:
                written.append(user_id)
        Notice.add(event, noticed)
        write_to(written, plan, event)


def why(event: Event, user_id: int) -> str:
    """Return why an event concerns a person: a key of `preference.KINDS`, the strongest reason.

    Empty if it does not, or not any more. For a message that tells several events take the one
    that comes first in `KINDS`.
    """
    return whom(event).get(user_id, "")


def whom(event: Event) -> dict[int, str]:
    """Return whom an event concerns by their ids, each with the strongest reason.

    Whether they may see the plan is asked when they are told. Who did it is none of them: an agent
    acts for its user.
    """
    plan, rule = _plan_of(event), _RULES.get(event.kind)
    kinds: dict[int, str] = {}
    if plan is not None and rule is not None:
        for kind, ids in rule(event, plan):
            for user_id in ids:
                kinds.setdefault(user_id, kind)
    return {user_id: kind for user_id, kind in kinds.items() if user_id != event.actor_id}


def told_before(event: Event) -> dict[int, str]:
    """Return who was told of an edited comment when it was written, and why."""
    comment = Comment.of(event) if event.kind == "comment.edited" else None
    plan = _plan_of(event)
    if comment is None or plan is None:
        return {}
    return {user_id: kind for kind, ids in reversed(_talk(comment, plan)) for user_id in ids}


def _plan_of(event: Event) -> Plan | None:
    return db.session.get(Plan, event.plan_id) if event.plan_id else None


def _readers(
    plan: Plan, ids: Sequence[int]
) -> Iterable[tuple[int, dict[str, dict[str, str]], bool]]:
    """Return those of some people who may see a plan: what they want, and whether they muted it."""
    muted = exists().where(Mute.user_id == User.id, Mute.plan_id == plan.id)
    query = plan.readers().where(User.id.in_(ids)).order_by(User.id)
    found = db.session.execute(query.with_only_columns(User.id, User.notify, muted)).all()
    return [(row[0], row[1], row[2]) for row in found]


def _added(event: Event, plan: Plan) -> Found:
    comment = Comment.of(event)
    if comment is None:
        return ()
    return [(MENTION, [one.user_id for one in comment.mentions]), *_talk(comment, plan)]


def _edited(event: Event, plan: Plan) -> Found:
    """Return whom a comment names now and never named before."""
    comment = Comment.of(event)
    if comment is None or not comment.mentions:
        return ()
    known = named_in("\n\n".join(_earlier(comment, event)), plan)
    return [(MENTION, [one.user_id for one in comment.mentions if one.user_id not in known])]


def _earlier(comment: Comment, event: Event) -> Sequence[str]:
    """Return what a comment said before an edit: each edit keeps one wording, also later ones."""
    edits = select(Event.data).where(
        Event.plan_id == event.plan_id, Event.kind == event.kind, Event.id <= event.id
    )
    many = sum(data.get("comment") == comment.id for data in db.session.scalars(edits))
    query = select(Wording.body).where(Wording.comment_id == comment.id).order_by(Wording.id)
    return db.session.scalars(query.limit(many)).all()


def _talk(comment: Comment, plan: Plan) -> list[tuple[str, Iterable[int]]]:
    """Return whom a comment concerns, whoever is named in it."""
    return [(TURN, _writers(comment.thread_id, before=comment.id)), (COMMENT, _holders(plan))]


def _answered(event: Event, _plan: Plan) -> Found:
    return [(TURN, _writers(event.thread_id))]


def _turned(event: Event, plan: Plan) -> Found:
    return [(RESOLUTION, {*_writers(event.thread_id), *_holders(plan)})]


def _pushed(_event: Event, plan: Plan) -> Found:
    members = db.session.scalars(select(Member.user_id).where(Member.plan_id == plan.id))
    talk = select(Comment.author_id).join(Thread, Comment.thread_id == Thread.id)
    wrote = talk.where(Thread.plan_id == plan.id, Comment.deleted_at.is_(None)).distinct()
    return [(NEWER, {plan.owner_id, *members, *db.session.scalars(wrote)})]


def _asked(event: Event, _plan: Plan) -> Found:
    """Return whom a plan is handed over to, who may push to it, or is asked for a review."""
    to = User.by_email(event.target)
    return [(TURN, [to.id])] if to else ()


def _decided(_event: Event, plan: Plan) -> Found:
    return [(TURN, [plan.owner_id])]


def _writers(thread_id: int | None, before: int | None = None) -> set[int]:
    """Return who opened a thread, or wrote in it (before a comment) and did not take it back.

    A push answers many threads at once: none of them is loaded for it.
    """
    told = {"thread": thread_id, "before": before if before is not None else _NEVER}
    return set(rows(_WROTE, told).scalars())


def _holders(plan: Plan) -> set[int]:
    """Return who owns or edits a plan."""
    return {plan.owner_id, *rows(_EDIT, {"plan": plan.id}).scalars()}


_RULES: dict[str, Callable[[Event, Plan], Found]] = {
    "comment.added": _added,
    "comment.edited": _edited,
    "thread.answered": _answered,
    "thread.resolved": _turned,
    "thread.reopened": _turned,
    "version.pushed": _pushed,
    "plan.handed_over": _asked,
    "review.asked": _asked,
    "editor.added": _asked,
    "sign_off.given": _decided,
}
