"""People: roles, sessions and tokens."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, redirect, render_template, request

from planpush.accounts.directory import STATUSES, People, list_people, row_of
from planpush.accounts.permissions import ROLE_NAMES
from planpush.accounts.user import User
from planpush.database.session import outlives_refusal
from planpush.errors import Finding, Invalid, NotFound, Problem
from planpush.events.event import Event
from planpush.pages.admin.blueprint import restricted
from planpush.settings.store import settings
from planpush.web.auth import current_user
from planpush.web.responses import changed, number, on_invalid, wants_fragment

members = restricted("members", "people.manage")
PAGE = "/admin/members"
_LONGEST_NAME = 200


@members.get(PAGE)
def index() -> Response:
    """Answer the people who match, a page at a time."""
    on_invalid(lambda problem: _page(People([], 0, 1, q=request.args.get("q", "")), problem))
    asked = {name: request.args.get(name, "") for name in ("q", "role", "status", "sort")}
    return _page(list_people(**asked, page=number("page") or 1))


@members.post(PAGE)
def create() -> Any:
    """Make an account that waits for whoever proves its address."""
    on_invalid(lambda problem: _page(list_people(), problem, adding=dict(request.form)))
    name, email = request.form.get("name", "").strip(), request.form.get("email", "")
    if len(name) > _LONGEST_NAME or not name.isprintable():
        message = f"A name has at most {_LONGEST_NAME} printable characters."
        raise Invalid(message, [Finding("malformed", message, field="name")])
    User.add(email, name=name, roles=[request.form.get("role", "")], by=current_user())
    return redirect(f"{PAGE}?{urlencode({'q': email.strip().lower()})}", 303)


@members.patch(f"{PAGE}/<id:user_id>")
def update(user_id: int) -> Response:
    """Give somebody another role; the next request of theirs is bound by it."""
    user = the_member(user_id, failure="role.change_failed")
    user.grant(request.form.get("role", ""), by=current_user())
    return shown(user, f"{user.name} is {ROLE_NAMES[user.granted_roles[0]]} now.")


def the_member(user_id: int, *, failure: str = "") -> User:
    """Return whom a request is about. Raises `NotFound`.

    What they cannot be made, the last admin no admin, say, is told in their row; the audit log
    keeps it as `failure`.
    """
    on_invalid(lambda problem: _refused(user_id, problem), 409, 422)
    user = User.manageable_by(current_user(), user_id)
    if user is None:
        raise NotFound
    if failure:
        email = user.email
        outlives_refusal(lambda: Event.record(failure, by=current_user(), target=email))
    return user


def shown(user: User, said: str, link: str = "", status: int = 200) -> Response:
    """Answer what was done to somebody: their row, or 303 to it."""
    page = f"{PAGE}?{urlencode({'q': user.email})}"
    context = _about(user.id) | {"link": link, "said": said}
    return changed("admin/members/create.htmx.html", page=page, status=status, **context)


def _about(user_id: int) -> dict[str, Any]:
    found = User.manageable_by(current_user(), user_id)
    row = row_of(found) if found else None
    shared = {"user": current_user(), "link": "", "error": "", "said": ""}
    return shared | {"row": row} | _choices()


def _choices() -> dict[str, Any]:
    return {"role_names": ROLE_NAMES, "local": "local" in settings().providers}


def _refused(user_id: int, problem: Problem) -> Response:
    context = _about(user_id) | {"error": str(problem)}
    if wants_fragment():
        html = render_template("admin/members/create.htmx.html", **context)
        return Response(html, status=problem.status, mimetype="text/html")
    user = context["row"].user
    return _page(list_people(q=user.email), problem, wrong=user.id)


def _page(
    people: People,
    problem: Problem | None = None,
    *,
    adding: dict[str, str] | None = None,
    wrong: int = 0,
) -> Response:
    fields = {found.field or found.code for found in problem.errors} if problem else set()
    html = render_template(
        "admin/members/index.html",
        people=people,
        user=current_user(),
        statuses=STATUSES,
        address=address,
        error=str(problem or ""),
        adding=adding,
        fields=fields,
        wrong=wrong,
        link="",
        **_choices(),
    )
    return Response(html, status=problem.status if problem else 200, mimetype="text/html")


def address(people: People, **changes: object) -> str:
    """Return the address of the list in the state of `people`, with `changes`."""
    state: dict[str, object] = {
        "q": people.q,
        "role": people.role,
        "status": people.status,
        "sort": "" if people.sort == "name" else people.sort,
        "page": "" if people.page == 1 else people.page,
    }
    query = urlencode({name: value for name, value in (state | changes).items() if value})
    return PAGE + (f"?{query}" if query else "")
