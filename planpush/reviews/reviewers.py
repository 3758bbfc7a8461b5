"""Reviewers of a plan."""

from __future__ import annotations

from planpush.accounts.user import User
from planpush.database.session import db
from planpush.errors import Finding, Forbidden, Invalid
from planpush.plans.plan import REVIEWER, Member, Plan
from planpush.reviews.sign_offs import SignOff


def may_ask(plan: Plan, user: User) -> bool:
    """Tell whether `user` may ask others for a review: owner, editors, and some roles."""
    return user.may("reviews.ask") or plan.pushable_by(user)


def only_askers(plan: Plan, by: User) -> None:
    """Raise `Forbidden` unless `by` may ask others for a review."""
    if not may_ask(plan, by):
        raise Forbidden("Only its owner, an editor, an admin or a project manager may do that.")


def ask(plan: Plan, to: User, *, by: User) -> None:
    """Ask a person for a review: they may see the plan from now on. Asking again reminds them."""
    only_askers(plan, by)
    if to.id == plan.owner_id:
        message = f"{to.name} owns this plan: ask somebody else."
        raise Invalid(message, [Finding("owner", message, field="email")])
    if db.session.get(Member, (plan.id, to.id, REVIEWER)) is None:
        db.session.add(Member(plan_id=plan.id, user_id=to.id, kind=REVIEWER))
        SignOff.settle(plan)
    plan.record("review.asked", by=by, target=to.email)


def take_back(plan: Plan, told: str, *, by: User) -> User | None:
    """Ask a person, by address or id, no more; return whom, None if they were not asked."""
    only_askers(plan, by)
    row = int(told) if told.isascii() and told.isdecimal() and len(told) < 10 else 0
    whom = db.session.get(User, row) if row else User.by_email(told)
    asked = db.session.get(Member, (plan.id, whom.id, REVIEWER)) if whom else None
    if whom is None or asked is None:
        return None
    db.session.delete(asked)
    SignOff.settle(plan)
    plan.record("review.withdrawn", by=by, target=whom.email)
    return whom
