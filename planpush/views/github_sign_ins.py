"""Signing in with GitHub."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_dance.consumer import oauth_authorized

from planpush.content.problem import NotFound
from planpush.integrations.github import Consumer, profile_of
from planpush.models.setting import settings
from planpush.web.arrivals import admit, begin, failed
from planpush.web.auth import public
from planpush.web.limits import limited


class GitHub(Consumer):
    """Flask-Dance's two routes, open to everybody, and only where GitHub is set up."""

    @public
    def login(self) -> Any:
        """Send the browser to GitHub."""
        if "github" not in settings().providers:
            raise NotFound("GitHub is not set up here.")
        begin(request.args.get("next", ""))
        return super().login()

    @public
    @limited("sign-in", limit=lambda: settings().sign_in_limit, seconds=60, apart=True)
    def authorized(self) -> Any:
        """Take the browser back from GitHub."""
        if "github" not in settings().providers:
            raise NotFound("GitHub is not set up here.")
        failed("github")
        return super().authorized()


github_sign_ins = GitHub()


def _arrive(_consumer: GitHub, token: Any) -> Any:
    return admit(profile_of(token["access_token"]))


oauth_authorized.connect(_arrive, github_sign_ins)
