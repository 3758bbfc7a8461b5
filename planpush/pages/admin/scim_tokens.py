"""Tokens for directories."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, request

from planpush.accounts.tokens import Token
from planpush.errors import Finding, Invalid, NotFound
from planpush.pages.admin.blueprint import restricted
from planpush.pages.admin.integrations import page
from planpush.web.auth import current_user
from planpush.web.responses import on_invalid

scim_tokens = restricted("scim_tokens", "settings.change")
_LIFETIMES = {"90": 90, "365": 365, "730": 730, "": None}


@scim_tokens.post("/admin/integrations/scim/tokens")
def create() -> Response:
    """Make a token and show it: this is the only time it is seen."""
    name, days = request.form.get("name", ""), request.form.get("days", "")
    on_invalid(lambda problem: page(problem.status, error=str(problem), name=name))
    if not name.strip() or not name.isprintable():
        message = "Name the directory that the token is for."
        raise Invalid(message, [Finding("malformed", message, field="name")])
    if days not in _LIFETIMES:
        message = "A token is valid for 90, 365 or 730 days, or for ever."
        raise Invalid(message, [Finding("malformed", message, field="days")])
    token = Token.issue_scim(name=name, days=_LIFETIMES[days], by=current_user())
    return page(201, token=token, name=name)


@scim_tokens.delete("/admin/integrations/scim/tokens/<id:token_id>")
def destroy(token_id: int) -> Any:
    """Make a token worthless from the next request on."""
    found = next((one for one in Token.directories() if one.id == token_id), None)
    if found is None:
        raise NotFound
    found.revoke(by=current_user())
    return redirect("/admin/integrations#pp-card-scim", 303)
