"""Pauses and resumes a channel."""

from __future__ import annotations

from typing import Any

from flask import redirect, request

from planpush.notifications.channel_status import way
from planpush.notifications.delivery_log import hold
from planpush.pages.admin.blueprint import restricted
from planpush.pages.admin.deliveries import address, asked
from planpush.web.auth import current_user

outlet_pauses = restricted("outlet_pauses", "settings.change")


@outlet_pauses.post("/admin/deliveries/pause")
def create() -> Any:
    """Pause one; Slack is all of Slack."""
    return _hold(paused=True)


@outlet_pauses.delete("/admin/deliveries/pause")
def destroy() -> Any:
    """Let one go on."""
    return _hold(paused=False)


def _hold(*, paused: bool) -> Any:
    hold(way(request.form.get("outlet", "")).key, paused=paused, by=current_user())
    state, outlet = asked()
    return redirect(address(state=state, outlet=outlet), 303)
