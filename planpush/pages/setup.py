"""First-run setup."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request

from planpush.accounts.sessions import SignInLink
from planpush.accounts.user import User
from planpush.errors import Problem
from planpush.pages.admin.blueprint import restricted
from planpush.settings.store import settings
from planpush.signin.pages import refused
from planpush.web.auth import current_user, public, sign_in
from planpush.web.parsing import one_line
from planpush.web.rate_limits import sign_in_limited
from planpush.web.responses import on_invalid

setups = Blueprint("setups", __name__)
left = restricted("setups", "settings.change")


@setups.post("/setup")
@public
@sign_in_limited
def create() -> Any:
    """Make the first admin, with the link that the server printed, and sign them in."""
    secret = request.form.get("token", "")
    name, email = one_line(request.form.get("name", "")), request.form.get("email", "")
    if not SignInLink.redeem_setup(secret):
        return refused()
    on_invalid(partial(_again, secret, name, email))
    user = User.add(email, name=name, roles=["admin"])
    return sign_in(redirect("/setup", 303), user, provider="local")  # type: ignore[arg-type]


@left.get("/setup")
def show() -> Response:
    """Answer what is left to configure."""
    html = render_template("setups/show.html", user=current_user(), settings=settings())
    return Response(html, mimetype="text/html")


def _again(secret: str, name: str, email: str, problem: Problem) -> Response:
    errors = {"email": problem.detail}
    html = render_template(
        "setups/new.html", secret=secret, name=name, email=email[:254], errors=errors
    )
    return Response(html, status=422, mimetype="text/html")
