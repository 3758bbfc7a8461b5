"""Sign-in with GitHub."""

from __future__ import annotations

from typing import Any

from flask import request, session
from flask_dance.consumer import oauth_authorized

from planpush.errors import NotFound
from planpush.settings.store import settings
from planpush.signin.github_client import profile_of
from planpush.signin.github_consumer import Consumer
from planpush.signin.sign_in import admit, begin, failed, spend
from planpush.web.auth import public
from planpush.web.rate_limits import limited, sign_in_limited


class GitHub(Consumer):
    """Flask-Dance's two routes, open to everybody, and only where GitHub is set up."""

    @public
    @limited("sign-in-start", limit=lambda: settings().sign_in_limit, seconds=60, apart=True)
    def login(self) -> Any:
        """Send the browser to GitHub."""
        if "github" not in settings().providers:
            raise NotFound("GitHub is not set up here.")
        begin(request.args.get("next", ""))
        return super().login()

    @public
    @sign_in_limited
    def authorized(self) -> Any:
        """Take the browser back from GitHub."""
        if "github" not in settings().providers:
            raise NotFound("GitHub is not set up here.")
        failed("github")
        state = session.get("github_oauth_state")
        if state is not None and state == request.args.get("state"):
            spend("github", state)
        return super().authorized()


github_sign_ins = GitHub()


def _arrive(_consumer: GitHub, token: Any) -> Any:
    return admit(profile_of(token["access_token"]))


oauth_authorized.connect(_arrive, github_sign_ins)
