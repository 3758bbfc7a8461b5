"""Threads, comments and placements as read-only rows: what pages, API and exports show.

The classes of the same tables (`Thread`, `Comment`, `Placement`) are for changes only. Rows are
named tuples because a panel shows thousands of them, and objects that can be changed take ten times
as long to make.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, Select, Text, bindparam, case, cast, func, select
from sqlalchemy.orm import aliased

from planpush.accounts.avatar import Face
from planpush.accounts.permissions import highest_role
from planpush.accounts.user import User
from planpush.comments.comment import Comment, History
from planpush.comments.mentions import Mention
from planpush.comments.placement import Placement
from planpush.comments.thread import Origin, Thread
from planpush.database.session import rows
from planpush.document.anchoring.placement import State
from planpush.errors import NotFound
from planpush.plans.plan import Plan


@dataclass(frozen=True, slots=True)
class Author(Face):
    """A person who wrote a comment."""

    roles: Sequence[str] = ()

    @property
    def role(self) -> str:
        """Return the highest role, in words."""
        return highest_role(self.roles)


class MentionRow(NamedTuple):
    """A person whom a comment names, and the name that it uses, without the @."""

    user_id: int
    name: str


class CommentRow(NamedTuple):
    """A comment. The body of a deleted one is empty; `restorable`: it can still be put back."""

    id: int
    thread_id: int
    author_id: int
    via: str
    body: str
    restorable: bool
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    author: Author
    mentions: Sequence[MentionRow]

    def history(self) -> History:
        """Return the edits of this comment."""
        return History.of(self.id, self.body)


class PlacementRow(NamedTuple):
    """Where a thread is on one version, and the words that stand there."""

    version: int
    state: State
    confidence: float
    section: str
    block: int | None
    start: int | None
    end: int | None
    words: str
    reason: str
    confirmed: bool


class ThreadRow(NamedTuple):
    """A thread with its comments; `origins` are the places that people chose, newest last."""

    id: int
    state: str
    kind: str
    blocking: bool
    opened_on: int
    opened_by_id: int
    opened_at: datetime
    resolved_by_id: int | None
    resolved_at: datetime | None
    answer_status: str | None
    answer_note: str
    answer_unchanged: bool
    answered_by_id: int | None
    answered_at: datetime | None
    resolved_by: Face | None
    answered_by: Face | None
    comments: Sequence[CommentRow]
    origins: Sequence[dict[str, Any]]


PlacedThread = tuple[ThreadRow, PlacementRow]
_OF_THREAD = ThreadRow._fields[: ThreadRow._fields.index("resolved_by")]  # its own columns
_OF_COMMENT = CommentRow._fields[: CommentRow._fields.index("author")]
_PLACE = len(_OF_THREAD)  # where the columns of the placement begin in a row, and of the people
_OF_FACE = "id", "name", "email"
_PEOPLE = _PLACE + len(PlacementRow._fields)


def threads_on(plan: Plan, version: int) -> list[PlacedThread]:
    """Return the threads of `plan` that have a place on a version, the oldest first."""
    return _placed({"plan": plan.id, "version": version}, _statements(of_one=False))


def thread_on(plan: Plan, version: int, thread_id: int) -> PlacedThread:
    """Return one thread of `plan` with its place on a version. Raises `NotFound`."""
    wanted = {"plan": plan.id, "version": version, "thread": thread_id}
    found = _placed(wanted, _statements(of_one=True))
    if not found:
        raise NotFound("There is no such thread on this version.")
    return found[0]


def comment_of(plan: Plan, comment_id: int) -> CommentRow:
    """Return one comment of `plan`. Raises `NotFound`."""
    found = _comments(_one_comment(), {"plan": plan.id, "comment": comment_id})
    if not found:
        raise NotFound("There is no such comment on this plan.")
    return found[0]


def _placed(wanted: dict[str, int], statements: tuple[Any, Any]) -> list[PlacedThread]:
    threads = rows(statements[0], wanted).all()  # first: none of them lacks a comment then
    comments = defaultdict[int, list[CommentRow]](list)
    for comment in _comments(statements[1], wanted):
        comments[comment.thread_id].append(comment)
    placed: list[PlacedThread] = []
    for thread_id, found in groupby(threads, key=itemgetter(0)):
        by_origin: list[Any] = list(found)  # several if somebody moved the thread by hand
        row = by_origin[0]
        people = (_face(*row[_PEOPLE : _PEOPLE + 3]), _face(*row[_PEOPLE + 3 : _PEOPLE + 6]))
        origins = [one.selector for one in by_origin]
        thread = ThreadRow._make((*row[:_PLACE], *people, comments[thread_id], origins))
        placed.append((thread, PlacementRow._make(row[_PLACE:_PEOPLE])))
    return placed


def _face(user_id: int | None, name: str, email: str) -> Face | None:
    return None if user_id is None else Face(user_id, name, email)


def _comments(statement: Select[Any], wanted: dict[str, int]) -> list[CommentRow]:
    people: dict[int, Author] = {}
    found = []
    for row in rows(statement, wanted):
        author = people.get(row.author_id)
        if author is None:
            author = Author(row.author_id, row.name, row.email, json.loads(row.roles))
            people[author.id] = author
        mentions = _mentions(row.mentions) if row.mentions else ()
        found.append(CommentRow._make((*row[: len(_OF_COMMENT)], author, mentions)))
    return found


def _mentions(text: str) -> list[MentionRow]:
    """Read the column that `_lines` makes."""
    pairs = (line.split(" ", 1) for line in text.split("\n"))
    return sorted(MentionRow(int(user_id), name) for user_id, name in pairs)


def _lines() -> Any:
    """Return the mentions of a comment as one column, in lines of a user's id and a name.

    A join would repeat the comment's body for each mention. A name contains no line break.
    """
    line = cast(Mention.user_id, Text).concat(" ").concat(Mention.said)
    lines = select(func.aggregate_strings(line, "\n")).where(Mention.comment_id == Comment.id)
    return lines.correlate(Comment).scalar_subquery()


@cache
def _statements(*, of_one: bool) -> tuple[Select[Any], Select[Any]]:
    """Return the statements for threads with their places, and for their comments."""
    here = [Placement.plan_id == _given("plan"), Placement.version == _given("version")]
    here += [Placement.thread_id == _given("thread")] if of_one else []
    resolver, answerer = aliased(User), aliased(User)
    threads = (
        select(
            *(getattr(Thread, name) for name in _OF_THREAD),
            *(getattr(Placement, name) for name in PlacementRow._fields),
            *(getattr(user, name) for user in (resolver, answerer) for name in _OF_FACE),
            Origin.selector,
        )
        .join(Thread, Thread.id == Placement.thread_id)
        .join(Origin, Origin.thread_id == Thread.id)
        .outerjoin(resolver, resolver.id == Thread.resolved_by_id)
        .outerjoin(answerer, answerer.id == Thread.answered_by_id)
        .where(*here)
        .order_by(Thread.id, Origin.id)
    )
    comments = _of_comments().join(Placement, Placement.thread_id == Comment.thread_id)
    return threads, comments.where(*here).order_by(Comment.id)


@cache
def _one_comment() -> Select[Any]:
    theirs = Thread.plan_id == _given("plan"), Comment.id == _given("comment")
    return _of_comments().join(Thread, Thread.id == Comment.thread_id).where(*theirs)


def _of_comments() -> Select[Any]:
    """Return the query for comments; the words of a deleted one stay in the database."""
    deleted = Comment.deleted_at.is_not(None)
    columns: dict[str, Any] = {name: getattr(Comment, name, None) for name in _OF_COMMENT}
    columns["body"] = case((deleted, ""), else_=Comment.kept)
    columns["restorable"] = deleted & (Comment.kept != "")
    author = User.name, User.email, cast(User.roles, Text).label("roles")
    query = select(*columns.values(), *author, _lines().label("mentions"))
    return query.join(User, User.id == Comment.author_id)


def _given(name: str) -> ColumnElement[int]:
    return bindparam(name, type_=Integer)
