"""Actions on the selected plans."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request

from planpush.dashboard.bulk import MOST, Outcome, move_all
from planpush.errors import Finding, Invalid
from planpush.pages.dashboard.dashboard import address, page_of
from planpush.plans.plan import MOVES
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import fragment, wants_fragment
from planpush.web.toast import toast_of

bulks = Blueprint("bulks", __name__)
_ID = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_STATE = ("q", "sort", "page", "after")


@bulks.post("/plans/bulk")
@limited("bulk", limit=120, seconds=60)
def create() -> Response:
    """Move the selected plans, then show the list as it is now."""
    ids, move = _ids(), request.form.get("action", "")
    if move not in MOVES:
        raise _refused("action", "Choose what to do: archive, unarchive, publish or unpublish.")
    return listed(move_all(ids, move, by=current_user()))


def _ids() -> frozenset[int]:
    """Return which plans were selected. Raises `Invalid`."""
    told = set(request.form.getlist("id"))
    if not told:
        raise _refused("id", "Select at least one plan, then choose what to do.")
    if len(told) > MOST:
        raise _refused("id", f"Select at most {MOST} plans at a time.")
    if not all(_ID.fullmatch(one) for one in told):
        raise _refused("id", "That is no plan. Reload the list and select again.")
    return frozenset(int(one) for one in told)


def _refused(field: str, message: str) -> Invalid:
    return Invalid(message, [Finding("invalid", message, field=field)])


def listed(outcome: Outcome) -> Response:
    """Answer the list in the state that the form tells, and a toast; or lead to that page."""
    if wants_fragment():
        context = _page()
        answer = fragment("undos/create.htmx.html", toast=toast_of(outcome), **context)
        answer.headers["HX-Replace-Url"] = address(context["listing"])
        return answer
    page = "/dashboard?" + urlencode(_state() | {"undo": outcome.sealed()})
    return redirect(page, 303)  # type: ignore[return-value]


def _page() -> dict[str, Any]:
    """Return the page that the form stood on; the first one if nothing is left on that."""
    state = _state()
    context = page_of(state)
    if context["listing"].plans or not (state.get("page") or state.get("after")):
        return context
    return page_of(state | {"page": "", "after": ""})


def _state() -> dict[str, str]:
    """Return which list the form stood above."""
    return {name: request.form[name] for name in _STATE if name in request.form}
