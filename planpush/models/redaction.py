"""Redactions: what somebody was called is taken out of what stays, a bounded piece at a time.

Each stage takes the place after which it goes on, and returns the next; None: it is done.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, delete, false, func, or_, select, update

from planpush.content.redacting import Names, placeless
from planpush.db import db, now
from planpush.models.comment import Comment
from planpush.models.event import REDACT, Event, allowed
from planpush.models.mention import Mention
from planpush.models.plan import Plan
from planpush.models.sign_off import SignOff
from planpush.models.thread import Thread
from planpush.models.version import Version
from planpush.models.wording import Wording

_LOOKED_AT, _CHANGED = 2_000, 100  # rows of one transaction
_SIGNING_IN = ("session", "sessions", "token", "device", "client", "identity", "sign_in")
_NAMING = (*_SIGNING_IN, "user", "scim.user")  # elsewhere a name may be a plan's or a setting's
Stage = Callable[..., int | None]


def comments(user_id: int, names: Names, *, words: bool, after: int) -> int | None:
    """Take a person out of comments, and with `words` theirs; who follows a plan is told."""
    mine = (Comment.author_id == user_id) & or_(Comment.kept != "", Comment.deleted_at.is_(None))
    named = select(Mention.comment_id).where(Mention.user_id == user_id)
    asked = [_speaks(Comment.kept, names), Comment.id.in_(named)] + [mine] * words
    found, last = _some(Comment, Comment.id, or_(*asked), after)
    for comment in found:
        if words and comment.author_id == user_id:
            _blank(comment)
        else:
            _unname(comment, names, user_id)
        data, plan = {"comment": comment.id}, comment.plan_id
        told = {"plan_id": plan, "thread_id": comment.thread_id, "data": data}
        Event.record("comment.redacted", by=None, **told)
    return last


def _blank(comment: Comment) -> None:
    if comment.deleted_at is None:
        comment.deleted_at = now()
        fewer = update(Plan).where(Plan.id == comment.plan_id)
        db.session.execute(fewer.values(comment_count=Plan.comment_count - 1))
    comment.kept = ""
    for kind in (Wording, Mention):
        db.session.execute(delete(kind).where(kind.comment_id == comment.id))
    db.session.expire(comment, ["mentions"])


def _unname(comment: Comment, names: Names, user_id: int) -> None:
    theirs = Mention.comment_id == comment.id, Mention.user_id == user_id
    said = db.session.scalars(select(Mention.said).where(*theirs)).all()
    comment.kept = names.out_of_words(comment.kept, said)
    for earlier in db.session.scalars(select(Wording).where(Wording.comment_id == comment.id)):
        earlier.body = names.out_of_words(earlier.body, said)
    db.session.execute(delete(Mention).where(*theirs))
    db.session.expire(comment, ["mentions"])


def _words_of(kind: Any, column: Any, owner: Any = None) -> Stage:
    """Return the stage that takes a person out of a column, and empties it where it is theirs."""

    def stage(user_id: int, names: Names, *, words: bool, after: int) -> int | None:
        own = (owner == user_id) & (column != "") if words and owner is not None else false()
        found, last = _some(kind, kind.id, _speaks(column, names) | own, after)
        for row in found:
            theirs = words and owner is not None and getattr(row, owner.key) == user_id
            text = "" if theirs else names.out_of_words(getattr(row, column.key))
            setattr(row, column.key, text)
        return last

    return stage


def _runs_of(user_id: int, _names: Names, *, words: bool, after: int) -> int | None:
    """Take away whose program's session made a version; with `words` which program, too."""
    left = Version.session != ""
    mine = (Version.pushed_by_id == user_id) & (left | (Version.agent != "") if words else left)
    found, last = _some(Version, Version.id, mine, after)
    for version in found:
        version.session, version.agent = "", "" if words else version.agent
    return last


def _places_of(user_id: int, _names: Names, **_how: int) -> int | None:
    """Take out of the audit log where they were: many rows at once, by the index of who did it."""
    mine = Event.actor_id == user_id, Event.address != ""
    ids = db.session.scalars(select(Event.id).where(*mine).limit(_LOOKED_AT)).all()
    with allowed(REDACT):
        db.session.execute(
            update(Event).where(Event.id.in_(ids)).values(address=""),
            execution_options={"synchronize_session": False},
        )
    return 0 if ids else None


def events(user_id: int, names: Names, *, after: int, **_words: bool) -> int | None:
    """Take a person out of the audit log: it keeps their number."""
    forms = [form for name in names.every for form in (name, json.dumps(name)[1:-1])]
    data = cast(Event.data, Text)
    told = [
        column.icontains(form, autoescape=True) for form in forms for column in (Event.target, data)
    ]
    signing = or_(*(Event.kind.startswith(f"{one}.") for one in _SIGNING_IN))
    mine = (Event.actor_id == user_id) & Event.plan_id.is_(None) & signing
    found, last = _some(Event, Event.id, or_(mine, *told), after)
    with allowed(REDACT):
        for event in found:
            values = _redacted(event, user_id, names)
            db.session.execute(
                update(Event).where(Event.id == event.id).values(**values),
                execution_options={"synchronize_session": False},
            )
    db.session.expire_all()
    return last


def _redacted(event: Event, user_id: int, names: Names) -> dict[str, Any]:
    named = event.kind.startswith(tuple(f"{one}." for one in _NAMING))
    target = names.out_of_data(event.target, named=named)
    data = names.out_of_data(event.data, "", named=named)
    theirs = event.actor_id == user_id
    if theirs and event.plan_id is None and event.kind.partition(".")[0] in _SIGNING_IN:
        target, data = target if target == names.address else "", placeless(data)
    arrived = event.kind == "sign_in.failed" and target != event.target
    return {"target": target, "data": data, "address": "" if theirs or arrived else event.address}


def _speaks(column: Any, names: Names) -> ColumnElement[bool]:
    return or_(false(), *(column.icontains(one, autoescape=True) for one in names.spoken))


def _some(
    kind: Any, key: Any, which: ColumnElement[bool], after: int
) -> tuple[Iterable[Any], int | None]:
    """Return some rows behind a place that are asked for, and the place to go on; None: the end."""
    newest = db.session.scalar(select(func.max(key))) or 0
    if after >= newest:
        return (), None
    until = after + _LOOKED_AT
    query = select(kind).where(key > after, key <= until, which).order_by(key).limit(_CHANGED)
    found = db.session.scalars(query).all()
    return found, found[-1].id if len(found) == _CHANGED else until


STAGES: tuple[Stage, ...] = (
    comments,
    _words_of(Wording, Wording.body),
    _words_of(SignOff, SignOff.note, SignOff.user_id),
    _words_of(Thread, Thread.answer_note, Thread.answered_by_id),
    _words_of(Version, Version.message, Version.pushed_by_id),
    _words_of(Version, Version.direction, Version.pushed_by_id),
    _runs_of,
    _places_of,
    events,
)
