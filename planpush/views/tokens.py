"""Tokens: what a person's agents and scripts sign in with."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, Response, g, redirect, render_template

from planpush.content.problem import Problem
from planpush.models.grant import Grant
from planpush.models.session import BrowserSession
from planpush.models.token import SCOPE_WORDS, SCOPES, Token
from planpush.models.user import own
from planpush.web.auth import current_user
from planpush.web.limits import limited
from planpush.web.respond import changed, claim, on_invalid, wants_fragment
from planpush.web.token_form import CHOICES, TokenForm

tokens = Blueprint("tokens", __name__)


@tokens.get("/settings/tokens")
def index() -> Response:
    """Answer a person's tokens, and the form for a new one."""
    return _page(TokenForm(scopes=SCOPES))


@tokens.post("/settings/tokens")
@limited("token", limit=20, seconds=3600)
def create() -> Any:
    """Make a token. Only this answer shows it: a form that is sent again gets the list."""
    form = TokenForm.read()
    on_invalid(partial(_page, form))
    ends = form.check()
    form_claim = claim(current_user())
    if not form_claim.first:
        return redirect("/settings/tokens", 303)
    # In turn with whoever signs this person out everywhere: nothing is issued behind their back.
    own(BrowserSession, current_user(), g.browser_session.id)
    made = Token.issue(current_user(), name=form.name, scopes=form.scopes, until=ends)
    form_claim.keep(0)
    return _page(TokenForm(scopes=SCOPES), made=made, name=form.name, status=201)


@tokens.delete("/settings/tokens/<id:token_id>")
def destroy(token_id: int) -> Response:
    """Revoke a token."""
    own(Token, current_user(), token_id).revoke(by=current_user())
    return changed("tokens/destroy.htmx.html", page="/settings/tokens", **_list())


def _page(
    form: TokenForm, problem: Problem | None = None, *, status: int = 200, **made: str
) -> Response:
    template = "tokens/create.htmx.html" if wants_fragment() else "tokens/index.html"
    html = render_template(
        template,
        form=form,
        errors={found.field: found.message for found in problem.errors} if problem else {},
        choices=CHOICES,
        made=made,
        grants=Grant.of(current_user()),
        **_list(),
    )
    return Response(html, status=422 if problem else status, mimetype="text/html")


def _list() -> dict[str, Any]:
    user = current_user()
    return {"user": user, "tokens": Token.of(user), "words": SCOPE_WORDS}
