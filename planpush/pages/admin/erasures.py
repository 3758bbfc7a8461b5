"""Erases a person."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, request

from planpush.accounts.user import User
from planpush.errors import Finding, Invalid, NotFound, Problem
from planpush.pages.admin.blueprint import restricted
from planpush.privacy.erasure import Outlook, erase, pseudonym
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import fragment, on_invalid

erasures = restricted("erasures", "people.manage")


@erasures.get("/admin/members/<id:user_id>/erasure")
def new(user_id: int) -> Response:
    """Answer what goes, what stays, how much of it there is, and the form that asks once more."""
    return _form(_person(user_id))


@erasures.post("/admin/members/<id:user_id>/erasure")
@limited("erase", limit=30, seconds=60)
def create(user_id: int) -> Any:
    """Erase a person whose address was typed once more."""
    user = _person(user_id)
    on_invalid(lambda problem: _form(_person(user_id), problem), 409, 422)
    if request.form.get("confirm", "").strip().lower() != user.email:
        message = f"Type {user.email} to confirm."
        raise Invalid(message, [Finding("confirm", message, field="confirm")])
    heir = request.form.get("email", "").strip()
    to = User.named(heir) if heir else None
    erase(user, by=current_user(), words="words" in request.form, to=to)
    return redirect("/admin/audit?q=action:user.erased", 303)


def _person(user_id: int) -> User:
    found = User.manageable_by(current_user(), user_id)
    if found is None:
        raise NotFound
    return found


def _form(person: User, problem: Problem | None = None) -> Response:
    outlook = Outlook.of(person)
    fields = {found.field: found.message for found in problem.errors} if problem else {}
    return fragment(
        "admin/erasures/new.html",
        status=problem.status if problem else 200,
        user=current_user(),
        person=person,
        plans=outlook.plans,
        counts=[(words, count) for words, count in outlook.counts if count],
        pseudonym=pseudonym(person.id),
        error=str(problem or ""),
        fields=fields,
        typed=request.form,
    )
