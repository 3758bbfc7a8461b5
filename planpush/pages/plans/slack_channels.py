"""The Slack channel of a plan."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request

from planpush.notifications.slack_names import LONGEST, choose_channel, shown
from planpush.plans.plan import Plan
from planpush.settings.store import settings
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import fragment, on_invalid, wants_fragment

slack_channels = Blueprint("slack_channels", __name__)


@slack_channels.get("/p/<slug>/slack-channel")
def new(slug: str) -> Response:
    """Answer the form, or why there is none."""
    plan = Plan.find(slug, current_user())
    plan.only_managers(current_user())
    return _form(plan, shown(plan.slack_channel))


@slack_channels.post("/p/<slug>/slack-channel")
@limited("slack-channel", limit=60, seconds=60)
def create(slug: str) -> Response:
    """Let messages about a plan go to a channel of its own; an empty name: to the server's."""
    plan = Plan.find(slug, current_user(), lock=True)
    plan.only_managers(current_user())
    typed = request.form.get("channel", "")
    on_invalid(lambda problem: _form(Plan.find(slug, current_user()), typed, str(problem)))
    choose_channel(plan, typed, by=current_user())
    if wants_fragment():
        return Response("", headers={"HX-Redirect": f"/p/{slug}"})
    return redirect(f"/p/{slug}", 303)  # type: ignore[return-value]


def _form(plan: Plan, typed: str, error: str = "") -> Response:
    found = settings()
    return fragment(
        "slack_channels/new.html", status=422 if error else 200, plan=plan, user=current_user(),
        typed=typed, error=error, most=LONGEST, bot=bool(found.slack_bot_token),
        webhook=bool(found.slack_webhook_url), standard=shown(found.slack_channel),
    )  # fmt: skip
