"""Sign-in with OpenID Connect."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request, session

from planpush.errors import Malformed, NotFound
from planpush.settings.store import settings
from planpush.signin.oidc.client import come_back, set_out
from planpush.signin.sign_in import admit, begin, failed, spend
from planpush.web.auth import config, public
from planpush.web.rate_limits import limited, sign_in_limited

okta_sign_ins = Blueprint("okta_sign_ins", __name__)


@okta_sign_ins.get("/sign-in/okta")
@public
@limited("sign-in-start", limit=lambda: settings().sign_in_limit, seconds=60, apart=True)
def new() -> Any:
    """Send the browser to the provider; the provider itself may have sent it here for that."""
    _must_be_set_up()
    failed("okta")
    if request.args.get("iss", settings().okta_issuer) != settings().okta_issuer:
        raise Malformed("Somebody else than your provider sent you here.", code="wrong_issuer")
    target = request.args.get("target_link_uri", "").removeprefix(config().base_url)
    begin(request.args.get("next", target))
    hint = request.args.get("login_hint", "")
    return redirect(set_out(hint if len(hint) <= 254 and hint.isprintable() else ""), 302)


@okta_sign_ins.get("/sign-in/okta/callback")
@public
@sign_in_limited
def create() -> Any:
    """Take the browser back from the provider."""
    _must_be_set_up()
    failed("okta")
    state = session.get("okta", {}).get("state")
    if state is not None and state == request.args.get("state"):
        spend("okta", state)
    found = come_back(request.args)
    return admit(found.profile, issuer=found.issuer, sid=found.sid, id_token=found.id_token)


def _must_be_set_up() -> None:
    if "okta" not in settings().providers:
        raise NotFound("Okta is not set up here.")
