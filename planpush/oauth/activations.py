"""A person enters the code that a terminal shows."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, render_template, request

from planpush.accounts.device_codes import ALLOW, DENY, DeviceCode, shown
from planpush.accounts.tokens import SCOPE_WORDS
from planpush.web.auth import current_user
from planpush.web.rate_limits import count_guess, forgive_guess

activations = Blueprint("activations", __name__)
WRONG = "No terminal waits for this code. Look at it again, or start anew there: a code works once."


@activations.get("/activate")
def new() -> Response:
    """Answer the form for a code; an address may fill it in, never send it."""
    return _form(request.args.get("user_code", "")[:20])


@activations.post("/activate")
def create() -> Response:
    """Answer what the terminal asks for; with a decision, pass that on."""
    typed, decision = request.form.get("user_code", "")[:40], request.form.get("decision", "")
    tried = count_guess("activate", limit=10, seconds=600)
    found = DeviceCode.waiting(typed, decision, by=current_user())
    if found is None:
        return _form(typed, error=WRONG)
    forgive_guess(tried)
    if decision not in (ALLOW, DENY):
        return _page("activations/edit.html", found=found, typed=shown(typed), words=SCOPE_WORDS)
    if not found.decide(decision, by=current_user(), session_id=g.browser_session.id):
        return _form(typed, error=WRONG)
    return _page("activations/show.html", found=found, allowed=decision == ALLOW)


def _form(typed: str, error: str = "") -> Response:
    answer = _page("activations/new.html", typed=typed, error=error)
    answer.status_code = 422 if error else 200
    return answer


def _page(template: str, **context: Any) -> Response:
    html = render_template(template, user=current_user(), **context)
    return Response(html, mimetype="text/html")
