"""Personal access tokens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, request

from planpush.accounts.grants import Grant
from planpush.accounts.sessions import BrowserSession
from planpush.accounts.tokens import SCOPE_WORDS, SCOPES, Token
from planpush.accounts.user import own
from planpush.database.session import now
from planpush.document.blocks import has_controls
from planpush.errors import Finding, Invalid, Problem
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import changed, claim, on_invalid, wants_fragment

LONGEST_NAME = 100
CHOICES = (30, 90, 365)  # days
LONGEST = 365


@dataclass(frozen=True, slots=True)
class TokenForm:
    """What was typed; `until` is in force only where `expires` is "date"."""

    name: str = ""
    scopes: tuple[str, ...] = ()
    expires: str = "90"
    until: str = ""

    @classmethod
    def read(cls) -> TokenForm:
        """Return this request's form as it was typed."""
        form = request.form
        return cls(
            name=form.get("name", "").strip(),
            scopes=tuple(dict.fromkeys(form.getlist("scope"))),
            expires=form.get("expires", "90"),
            until=form.get("until", ""),
        )

    def check(self) -> datetime:
        """Return when the token is to end. Raises `Invalid` that names each wrong field."""
        findings = [*self._findings()]
        ends = self._ends()
        if ends is None:
            message = f"Choose a day from tomorrow on, at most {LONGEST} days from now."
            findings.append(Finding("malformed", message, field="until"))
        if findings or ends is None:
            raise Invalid("Correct what is named below.", findings)
        return ends

    def _findings(self) -> Iterator[Finding]:
        seen = any(mark.isprintable() and not mark.isspace() for mark in self.name)
        if not seen or len(self.name) > LONGEST_NAME or has_controls(self.name, keep=""):
            message = f"Give it a name of 1 to {LONGEST_NAME} characters, on one line."
            yield Finding("malformed", message, field="name")
        if not self.scopes or not set(self.scopes) <= set(SCOPES):
            yield Finding("malformed", "Choose what it may do.", field="scope")

    def _ends(self) -> datetime | None:
        if self.expires in map(str, CHOICES):
            return now() + timedelta(days=int(self.expires))
        try:
            day = date.fromisoformat(self.until if self.expires == "date" else "")
        except ValueError:
            return None
        today = now().date()
        if not today < day <= today + timedelta(days=LONGEST):
            return None
        return datetime.combine(day, time.max, tzinfo=UTC)  # through the day that was chosen


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
