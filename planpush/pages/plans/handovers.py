"""Transfers all plans of a person."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Response, redirect, request

from planpush.accounts.user import User
from planpush.database.session import db
from planpush.errors import NotFound
from planpush.pages.admin.blueprint import restricted
from planpush.plans.plan import Plan
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import fragment, on_invalid

handovers = restricted("handovers", "plans.manage")


@handovers.get("/admin/members/<id:user_id>/owner")
def new(user_id: int) -> Response:
    """Answer the form."""
    return _form(_giver(user_id))


@handovers.post("/admin/members/<id:user_id>/owner")
@limited("hand-over", limit=60, seconds=60)
def create(user_id: int) -> Response:
    """Hand plans of a person over, then list those of the new owner, or say how many are left."""
    giver, typed = _giver(user_id), request.form.get("email", "")
    on_invalid(lambda problem: _form(_giver(user_id), typed, str(problem)))
    to = User.named(typed)
    done = Plan.hand_over_all(giver, to, by=current_user())
    if left := Plan.count_owned(giver):
        return _form(giver, typed, said=f"Handed over: {done}. Left: {left}. Go on.")
    address = "/dashboard?" + urlencode({"q": f"author:{to.email}"})
    if request.headers.get("HX-Request"):
        return Response("", headers={"HX-Redirect": address})
    return redirect(address, 303)  # type: ignore[return-value]


def _giver(user_id: int) -> User:
    """Return a person, also one who has left. Raises `NotFound`."""
    found = db.session.get(User, user_id)
    if found is None:
        raise NotFound
    return found


def _form(giver: User, typed: str = "", error: str = "", said: str = "") -> Response:
    return fragment(
        "handovers/new.html",
        status=422 if error else 200,
        user=current_user(),
        giver=giver,
        owned=Plan.count_owned(giver),
        typed=typed,
        error=error,
        said=said,
    )
