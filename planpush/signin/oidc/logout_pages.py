"""The provider's logout requests."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from planpush.accounts.replay_guard import Spent
from planpush.database.session import writes
from planpush.errors import Malformed, NotFound
from planpush.settings.store import settings
from planpush.signin.oidc.ended_sessions import end_session_of, end_sessions_of, named
from planpush.signin.oidc.logout import back_channel, sub_id, unauthorized, universal
from planpush.signin.oidc.tokens import refused
from planpush.signin.sign_out import failed
from planpush.web.auth import begin_writing, config, prepares, public, signed
from planpush.web.headers import framable_by

logouts = Blueprint("logouts", __name__)


@logouts.post("/sign-out/okta/back-channel")
@signed
@prepares
def create() -> Response:
    """End one session, or all of a person's. It is fine if there is none (any more)."""
    _must_be_set_up()
    failed("back")
    sent = request.form.getlist("logout_token")
    message = back_channel(sent[0] if len(sent) == 1 else "")
    begin_writing()
    if not Spent.first_time(message.issuer, message.jti, until=message.until):
        raise refused("replayed")
    if message.sid:
        end_session_of(message.issuer, message.sid, channel="back", subject=message.subject)
    else:
        end_sessions_of(message.issuer, message.subject)
    return Response("", 200)


@logouts.get("/sign-out/okta/front-channel")
@public
@writes
def show() -> Response:
    """End the session that the address names, for a page of the provider that frames this one."""
    _must_be_set_up()
    issuer, sid = request.args.get("iss", ""), request.args.get("sid", "")
    if issuer == settings().okta_issuer and sid.isprintable() and sid:
        end_session_of(issuer, sid, channel="front")
    framable_by(settings().okta_issuer)
    return Response(render_template("logouts/show.html"), mimetype="text/html")


@logouts.post("/sign-out/okta/universal")
@signed
@prepares
def destroy() -> Response:
    """End every session and token of a person: Okta's Universal Logout."""
    _must_be_set_up()
    failed("universal")
    address = config().base_url + request.path
    message = universal(request.headers.get("Authorization", ""), address)
    whom = sub_id(request.get_json(silent=True))
    if whom.get("iss", message.issuer) != message.issuer:
        raise Malformed("That is another issuer.", code="wrong_issuer")
    begin_writing()
    if not Spent.first_time(message.issuer, message.jti, until=message.until):
        raise unauthorized(refused("replayed"))
    user = named(**whom)
    if user is None:
        raise NotFound("There is no such person here.", code="unknown_subject")
    user.sign_out_everywhere(by=None, reason="universal_logout")
    return Response("", 204)


def _must_be_set_up() -> None:
    if "okta" not in settings().providers:
        raise NotFound("Okta is not set up here.")
