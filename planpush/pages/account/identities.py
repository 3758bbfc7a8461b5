"""Connected sign-in providers."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request

from planpush.accounts.identity import Identity
from planpush.accounts.user import own
from planpush.errors import Finding, Invalid
from planpush.settings.store import settings
from planpush.signin.sign_in import connect
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import wants_fragment

identities = Blueprint("identities", __name__)


@identities.post("/settings/profile/identities")
@limited("connect", limit=20, seconds=600)
def create() -> Response:
    """Send the browser to a provider; the account it comes back with is linked."""
    provider = request.form.get("provider", "")
    if provider == "local" or provider not in settings().providers:
        message = "That way to sign in is not set up here."
        raise Invalid(message, [Finding("unknown_provider", message, field="provider")])
    connect(current_user(), provider)
    if wants_fragment():  # not by redirect: the policy lets no form lead to another site
        return Response("", headers={"HX-Redirect": f"/sign-in/{provider}"})
    return redirect(f"/sign-in/{provider}", 303)  # type: ignore[return-value]


@identities.delete("/settings/profile/identities/<id:identity_id>")
@limited("connect", limit=20, seconds=600)
def destroy(identity_id: int) -> Response:
    """Forget an account at a provider; never the only way in."""
    own(Identity, current_user(), identity_id).unlink(by=current_user())
    return redirect("/settings/profile", 303)  # type: ignore[return-value]
