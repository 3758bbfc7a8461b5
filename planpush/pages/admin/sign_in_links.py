"""Single-use sign-in links."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template

from planpush.accounts.sessions import SignInLink
from planpush.errors import Conflict
from planpush.events.event import Event
from planpush.pages.admin.blueprint import restricted
from planpush.pages.admin.people import shown, the_member
from planpush.settings.store import settings
from planpush.web.auth import config, current_user
from planpush.web.responses import wants_fragment

sign_in_links = restricted("sign_in_links", "people.manage")


@sign_in_links.post("/admin/members/<id:user_id>/sign-in-link")
def create(user_id: int) -> Any:
    """Make a link and show it: this is the only time it is seen."""
    user = the_member(user_id)
    if "local" not in settings().providers or not user.active:
        raise Conflict("Links are switched off, or this person is deactivated.", code="no_links")
    link = f"{config().base_url}/sign-in/local?token={SignInLink.issue(user)}"
    Event.record("sign_in_link.issued", by=current_user(), target=user.email)
    if wants_fragment():
        return shown(user, "The link is shown once.", link, 201)
    html = render_template("admin/members/link.html", person=user, user=current_user(), link=link)
    return Response(html, status=201, mimetype="text/html")
