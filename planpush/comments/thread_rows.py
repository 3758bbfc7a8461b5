"""Threads, comments and placements as read-only rows: what pages, API and exports show.

The classes of the same tables (`Thread`, `Comment`, `Placement`) are for changes only. Rows are
named tuples because a panel shows thousands of them, and objects that can be changed take ten times
as long to make.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
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
from planpush.database.process_cache import ProcessCache
from planpush.database.session import rows
from planpush.document.anchoring.placement import State
from planpush.errors import NotFound
from planpush.events.event import Event
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
    """A thread with its comments; `origins` are the places that people chose, newest last.

    `revision` changes whenever anything else here does.
    """

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
    revision: tuple[int, int, int]


PlacedThread = tuple[ThreadRow, PlacementRow]
Revision = tuple[int, int, int]
_OF_THREAD = ThreadRow._fields[: ThreadRow._fields.index("resolved_by")]  # its own columns
_OF_COMMENT = CommentRow._fields[: CommentRow._fields.index("author")]
_PEOPLE = len(_OF_THREAD)  # where the columns of people begin in a row
_OF_FACE = "id", "name", "email"
_OF_REVISION = 4  # columns before those of the placement: the thread, and its revision
_KEPT = 4_000  # threads in the memory of a process
_AT_ONCE = 500  # ids in one statement


def threads_on(plan: Plan, version: int) -> list[PlacedThread]:
    """Return the threads of `plan` that have a place on a version, the oldest first."""
    return _placed({"plan": plan.id, "version": version}, _places(of_one=False))


def thread_on(plan: Plan, version: int, thread_id: int) -> PlacedThread:
    """Return one thread of `plan` with its place on a version. Raises `NotFound`."""
    wanted = {"plan": plan.id, "version": version, "thread": thread_id}
    found = _placed(wanted, _places(of_one=True))
    if not found:
        raise NotFound("There is no such thread on this version.")
    return found[0]


def comment_of(plan: Plan, comment_id: int) -> CommentRow:
    """Return one comment of `plan`. Raises `NotFound`."""
    found = _comments(_one_comment(), {"plan": plan.id, "comment": comment_id})
    if not found:
        raise NotFound("There is no such comment on this plan.")
    return found[0]


def _placed(wanted: dict[str, int], statement: Any) -> list[PlacedThread]:
    cache = ProcessCache.named("planpush_threads", _KEPT)
    places = rows(statement, wanted).all()  # first: a thread that is read later is no older
    revisions: dict[int, Revision] = {row[0]: tuple(row[1:_OF_REVISION]) for row in places}
    threads: dict[int, ThreadRow] = {}
    for thread_id, revision in revisions.items():
        thread = cache.get((thread_id, *revision))
        if thread is not None:
            threads[thread_id] = thread
    missing = [thread_id for thread_id in revisions if thread_id not in threads]
    for start in range(0, len(missing), _AT_ONCE):
        some = missing[start : start + _AT_ONCE]
        for thread in _threads(some, revisions):
            threads[thread.id] = thread
            if not any(comment.restorable for comment in thread.comments):  # ends without an event
                cache.put((thread.id, *thread.revision), thread)
    return [(threads[row[0]], PlacementRow._make(row[_OF_REVISION:])) for row in places]


def _threads(ids: Sequence[int], revisions: Mapping[int, Revision]) -> Iterator[ThreadRow]:
    found = rows(_of_threads(), {"ids": ids}).all()  # first: none of them lacks a comment then
    comments = defaultdict[int, list[CommentRow]](list)
    for comment in _comments(_of_their_comments(), {"ids": ids}):
        comments[comment.thread_id].append(comment)
    for thread_id, group in groupby(found, key=itemgetter(0)):
        by_origin: list[Any] = list(group)  # several if somebody moved the thread by hand
        row = by_origin[0]
        people = (_face(*row[_PEOPLE : _PEOPLE + 3]), _face(*row[_PEOPLE + 3 : _PEOPLE + 6]))
        origins = [one.selector for one in by_origin]
        values = (*row[:_PEOPLE], *people, comments[thread_id], origins, revisions[thread_id])
        yield ThreadRow._make(values)


def _face(user_id: int | None, name: str, email: str) -> Face | None:
    return None if user_id is None else Face(user_id, name, email)


def _comments(statement: Select[Any], wanted: dict[str, Any]) -> list[CommentRow]:
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
def _places(*, of_one: bool) -> Select[Any]:
    """Return the statement for the places of threads, each with its thread's revision."""
    here = [Placement.plan_id == _given("plan"), Placement.version == _given("version")]
    here += [Placement.thread_id == _given("thread")] if of_one else []
    theirs = Event.thread_id == Placement.thread_id
    # Both: of two events at the same moment, the one with the higher id may be committed first.
    revision = (
        select(func.count()).select_from(Event).where(theirs).scalar_subquery().label("events"),
        select(func.max(Event.id)).where(theirs).scalar_subquery().label("newest"),
        Event.newest_shared().label("shared"),
    )
    columns = (getattr(Placement, name) for name in PlacementRow._fields)
    query = select(Placement.thread_id, *revision, *columns)
    return query.where(*here).order_by(Placement.thread_id)


@cache
def _of_threads() -> Select[Any]:
    """Return the statement for threads by their ids, a row for each of their origins."""
    resolver, answerer = aliased(User), aliased(User)
    return (
        select(
            *(getattr(Thread, name) for name in _OF_THREAD),
            *(getattr(user, name) for user in (resolver, answerer) for name in _OF_FACE),
            Origin.selector,
        )
        .join(Origin, Origin.thread_id == Thread.id)
        .outerjoin(resolver, resolver.id == Thread.resolved_by_id)
        .outerjoin(answerer, answerer.id == Thread.answered_by_id)
        .where(Thread.id.in_(_ids()))
        .order_by(Thread.id, Origin.id)
    )


@cache
def _of_their_comments() -> Select[Any]:
    return _of_comments().where(Comment.thread_id.in_(_ids())).order_by(Comment.id)


def _ids() -> Any:
    return bindparam("ids", expanding=True)


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
