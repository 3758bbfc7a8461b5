"""Completes a sign-in: account, session and where to continue."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from flask import Response, g, redirect, request, session

from planpush.accounts.identity import Identity, Profile, Refused
from planpush.accounts.replay_guard import Spent
from planpush.accounts.user import User
from planpush.database.session import db, now, outlives_refusal
from planpush.errors import Malformed, Problem
from planpush.events.event import Event
from planpush.signin.state import LIFETIME
from planpush.web.auth import begin_writing, own_path, sign_in

_LONGEST = 1500  # of `next`, as JSON writes it: a cookie has to hold it
_MOMENT = 60  # seconds from the wish to link an account until the browser sets out


def begin(wanted: str) -> None:
    """Remember where somebody wants to go after signing in, and nothing of an attempt before.

    What `connect` said a moment ago holds for the attempt that follows it, and for no later one: a
    GET, which another site can cause, links nothing.
    """
    wish, target = session.get("connect"), own_path(wanted)
    session.clear()
    session["next"] = target if len(ascii(target)) <= _LONGEST else "/dashboard"
    ours = request.headers.get("Sec-Fetch-Site") in (None, "same-origin")
    if wish is not None and ours and now().timestamp() - wish["at"] <= _MOMENT:
        session["linking"] = [wish["by"], wish["provider"]]


def connect(user: User, provider: str) -> None:
    """Note that `user`, who is signed in, wants to link the account they have at `provider`.

    Only a mutation may call this: its CSRF token is what shows that they want it.
    """
    session.clear()
    session["connect"] = {"by": user.id, "provider": provider, "at": now().timestamp()}


def spend(provider: str, state: str) -> None:
    """Use up the state of a sign-in. Raises `Malformed` if a copied cookie brings it again."""
    begin_writing()
    until = now() + timedelta(seconds=LIFETIME)
    first = Spent.first_time(f"state:{provider}", state, until=until)
    db.session.commit()
    g.writes = False  # the provider is asked next: no lock is held meanwhile
    if not first:
        session.clear()
        raise Malformed("This sign-in was used already. Start again from the sign-in page.")


def failed(provider: str) -> None:
    """Let the audit log keep this attempt, should it be refused."""
    outlives_refusal(lambda: _record_failure(provider))


def _record_failure(provider: str) -> None:
    problem: Problem = g.get("problem") or Problem()
    reason = problem.reason if isinstance(problem, Refused) else problem.code
    who = g.get("arriving") or problem.extra.get("login", "")
    data = {"provider": provider, "reason": reason}
    Event.record("sign_in.failed", by=g.user, target=who, data=data)


def admit(profile: Profile, **there: str) -> Response:
    """Sign in whoever `profile` is. Raises `Refused`.

    `there` is the provider's side of the session: issuer, sid, id_token.
    """
    g.arriving = profile.login
    begin_writing()  # the provider was asked before: no lock is held while it thinks
    wanted = own_path(session.pop("next", ""))
    linking = session.pop("linking", None)
    session.clear()
    if linking is not None:
        return _link(profile, linking)
    outlives_refusal(partial(Identity.note_refusal, profile))
    user = Identity.arrive(profile)
    response = redirect(wanted, 302)
    return sign_in(response, user, provider=profile.provider, **there)  # type: ignore[arg-type]


def _link(profile: Profile, linking: list[Any]) -> Response:
    """Link an account to the person who asked for it, and to nobody else. Raises `Refused`."""
    if g.user is None or linking != [g.user.id, profile.provider]:
        message = "You were signed out meanwhile: sign in as before, then connect it again."
        raise Refused(message, reason="signed_out")
    Identity.connect(profile, to=g.user)
    return redirect("/settings/profile", 303)  # type: ignore[return-value]
