"""Involvement: the plans that somebody takes part in: owns, was let into, pushed to, commented on.

Statements are for whoever is the parameter `me`, so that they are made once for everybody.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, bindparam, exists, or_, select, union_all

from planpush.models.comment import Comment
from planpush.models.plan import Member, Plan
from planpush.models.version import Version
from planpush.sqlite import asked, quiet

ME: Any = bindparam("me", type_=Integer)


def theirs(user_id: Any) -> Select[Any]:
    """Return the plans that somebody owns or was let into."""
    return _all(_owned(user_id), _member(user_id))


def counted() -> Select[Any]:
    """Return the plans that somebody owns or commented on: of those they take part in, most."""
    return _all(_owned(ME), _said())


def mine() -> ColumnElement[bool]:
    """Return the condition that `me` takes part in a plan, by naming all of these."""
    return Plan.id.in_(_named())


def walked() -> ColumnElement[bool]:
    """Return the same for a walk: all are looked up at once, and each of its plans compared."""
    return asked(quiet(Plan.id).in_(_named()))


def strolled() -> ColumnElement[bool]:
    """Return the same for a short walk: each plan is asked for comments, which may be on many."""
    others = quiet(Plan.id).in_(_all(_member(ME), _pushed()))
    here = exists().where(*_spoken(), Comment.plan_id == Plan.id)
    return or_(quiet(Plan.owner_id) == ME, others, here)


def _owned(user_id: Any) -> Select[Any]:
    return select(Plan.id).where(Plan.owner_id == user_id)


def _member(user_id: Any) -> Select[Any]:
    return select(Member.plan_id).where(Member.user_id == user_id)


def _named() -> Select[Any]:
    return _all(_owned(ME), _member(ME), _said(), _pushed())


def _said() -> Select[Any]:
    # There may be ten comments on a plan.
    return select(Comment.plan_id).where(*_spoken()).distinct()


def _spoken() -> tuple[ColumnElement[bool], ...]:
    return Comment.author_id == ME, Comment.deleted_at.is_(None)


def _pushed() -> Select[Any]:
    return select(Version.plan_id).where(Version.pushed_by_id == ME).distinct()


def _all(*queries: Select[Any]) -> Select[Any]:
    found = union_all(*queries).subquery()
    return select(found.c[0])
