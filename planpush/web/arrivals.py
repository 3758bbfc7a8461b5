"""The way back from a provider: an account, a fresh session, and where they wanted to go."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Response, g, redirect, session

from planpush.content.problem import Problem
from planpush.db import outlives_refusal
from planpush.models.event import Event
from planpush.models.identity import Identity, Profile, Refused
from planpush.models.user import User
from planpush.web.auth import begin_writing, own_path, sign_in


def begin(wanted: str) -> None:
    """Remember where somebody wants to go after signing in, and nothing of an attempt before."""
    session.clear()
    session["next"] = own_path(wanted)


def connect(user: User) -> None:
    """Remember that the next arrival is to be linked to `user`, who is signed in."""
    session["connect"] = user.id


def failed(provider: str) -> None:
    """Let the audit log keep this attempt, should it be refused."""
    g.refusal = ""
    outlives_refusal(lambda: Event.record("sign_in.failed", by=None, data=_attempt(provider)))


def _attempt(provider: str) -> dict[str, Any]:
    return {"provider": provider} | ({"reason": g.refusal} if g.get("refusal") else {})


def admit(profile: Profile, **there: str) -> Response:
    """Sign in whoever `profile` is. Raises `Refused`.

    `there` is the provider's side of the session: issuer, sid, id_token.
    """
    begin_writing()  # the provider was asked before: no lock is held while it thinks
    wanted = own_path(session.pop("next", ""))
    linking = session.pop("connect", None)
    session.clear()
    try:
        if linking is not None and g.user is not None and g.user.id == linking:
            Identity.connect(profile, to=g.user)
            return redirect("/settings/profile", 303)  # type: ignore[return-value]
        user = Identity.arrive(profile)
    except Problem as problem:
        g.refusal = problem.reason if isinstance(problem, Refused) else problem.code
        outlives_refusal(partial(Identity.note_refusal, profile))
        raise
    response = redirect(wanted, 302)
    return sign_in(response, user, provider=profile.provider, **there)  # type: ignore[arg-type]
