"""Editors: people who may push versions of somebody else's plan."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from planpush.accounts.user import User
from planpush.database.session import db
from planpush.errors import Finding, Invalid
from planpush.plans.plan import EDITOR, Member, Plan


def of(plan: Plan) -> Sequence[User]:
    """Return the editors of a plan by name, those who have left, too; its owner is none."""
    query = select(User).join(Member, Member.user_id == User.id)
    query = query.where(Member.plan_id == plan.id, Member.kind == EDITOR)
    return db.session.scalars(
        query.where(User.id != plan.owner_id).order_by(User.name, User.id)
    ).all()


def only_concerned(plan: Plan, by: User) -> None:
    """Raise `Forbidden` unless `by` may add editors, or is one."""
    if not plan.pushable_by(by):
        plan.only_managers(by)


def add(plan: Plan, to: User, *, by: User) -> bool:
    """Let a person push to a plan, and see it; tell whether they could not before."""
    plan.only_managers(by)
    if to.id == plan.owner_id:
        message = f"{to.name} owns this plan, and may push to it anyway."
        raise Invalid(message, [Finding("owner", message, field="email")])
    if db.session.get(Member, (plan.id, to.id, EDITOR)) is not None:
        return False
    db.session.add(Member(plan_id=plan.id, user_id=to.id, kind=EDITOR))
    plan.record("editor.added", by=by, target=to.email)
    return True


def remove(plan: Plan, told: str, *, by: User) -> User | None:
    """Take an editor, by address or id, away; return whom, None if they were none.

    Everybody may leave by themselves. What they pushed and wrote stays.
    """
    row = int(told) if told.isascii() and told.isdecimal() and len(told) < 10 else 0
    whom = db.session.get(User, row) if row else User.by_email(told)
    if whom is None or whom.id != by.id:
        plan.only_managers(by)
    edits = db.session.get(Member, (plan.id, whom.id, EDITOR)) if whom else None
    if whom is None or edits is None:
        return None
    db.session.delete(edits)
    data = {"left": True} if whom.id == by.id else {}
    plan.record("editor.removed", by=by, target=whom.email, data=data)
    return whom
