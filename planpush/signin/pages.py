"""The sign-in page and signing out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, request, session

from planpush.accounts.sessions import SignInLink
from planpush.database.session import outlives_refusal, writes
from planpush.events.event import Event
from planpush.settings.store import settings
from planpush.signin.oidc.logout import goodbye
from planpush.signin.sign_out import leave
from planpush.web.auth import config, cookie_name, own_path, prepares, public, sign_in
from planpush.web.rate_limits import sign_in_limited

sign_ins = Blueprint("sign_ins", __name__)


@sign_ins.get("/sign-in")
@public
def new() -> Any:
    """Answer the ways to sign in."""
    if g.user is not None:
        return redirect(own_path(request.args.get("next", "")), 302)
    wanted = request.args.get("next", "")
    if wanted:
        session["wanted"] = own_path(wanted)  # for a link, which cannot know it
    return page(wanted=wanted)


@sign_ins.get("/sign-in/local")
@public
@writes
def create() -> Any:
    """Sign in with a single-use link. Wrong, used and expired ones get the same answer.

    What only previews or prefetches a link does not use it up. Somebody who is signed in already
    is asked first: a link in a comment must not make them another person unseen.
    """
    if request.method == "HEAD" or "prefetch" in request.headers.get("Sec-Purpose", ""):
        return page()
    secret = request.args.get("token", "")
    if SignInLink.is_setup(secret):
        html = render_template("setups/new.html", secret=secret, name="", email="", errors={})
        return Response(html, mimetype="text/html")
    owner = SignInLink.owner(secret) if g.user is not None else None
    if owner is not None and owner.id != g.user.id:
        html = render_template("sign_ins/edit.html", user=g.user, owner=owner, secret=secret)
        return Response(html, mimetype="text/html")
    return _redeem(secret, request.args.get("next") or session.pop("wanted", ""))


@sign_ins.post("/sign-in/local")
def update() -> Any:
    """Become the link's person instead of who is signed in now."""
    return _redeem(request.form.get("token", ""), "")


@sign_in_limited
def _redeem(secret: str, wanted: str) -> Any:
    allowed = "local" in settings().providers
    user = SignInLink.redeem(secret) if allowed else None
    if user is None:
        return refused()
    target = own_path(wanted)
    return sign_in(redirect(target, 302), user, provider="local")  # type: ignore[arg-type]


def refused() -> Response:
    """Answer a link that is wrong, used or expired, all alike, and let the audit log know."""
    outlives_refusal(lambda: Event.record("sign_in.failed", by=None, data={"provider": "local"}))
    return page("This link was used, has expired, or is wrong. Ask for a new one.", 403)


def page(error: str = "", status: int = 200, wanted: str = "") -> Response:
    """Answer the sign-in page; it leads on to `wanted`, if that is a path of this site."""
    html = render_template(
        "sign_ins/new.html",
        error=error,
        providers=settings().providers,
        wanted=own_path(wanted) if wanted else "",
    )
    return Response(html, status=status, mimetype="text/html")


@sign_ins.post("/sign-out")
@public
@prepares
def destroy() -> Any:
    """End this browser's session on the server, forget its cookie, then sign out there, too."""
    left = leave()
    away = goodbye(left.issuer, left.id_token)
    response = redirect(away, 302) if away else redirect("/sign-out/done", 303)
    response.delete_cookie(
        cookie_name(), path="/", secure=config().secure, httponly=True, samesite="Lax"
    )
    return response


@sign_ins.get("/sign-out/done")
@public
def done() -> Response:
    """Say that the session is over; if the provider sends people here, it must know the state."""
    expected, told = session.pop("signing_out", None), request.args.get("state")
    strange = expected is not None and told is not None and told != expected
    html = render_template("sign_ins/done.html", strange=strange)
    return Response(html, status=400 if strange else 200, mimetype="text/html")
