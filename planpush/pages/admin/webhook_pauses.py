"""Pauses and resumes a webhook."""

from __future__ import annotations

from typing import Any

from flask import redirect

from planpush.notifications.webhooks import Webhook
from planpush.pages.admin.blueprint import restricted
from planpush.pages.admin.webhooks import PAGE
from planpush.web.auth import current_user

webhook_pauses = restricted("webhook_pauses", "settings.change")


@webhook_pauses.post(f"{PAGE}/<id:hook_id>/pause")
def create(hook_id: int) -> Any:
    """Pause one."""
    Webhook.find(hook_id).hold(paused=True, by=current_user())
    return redirect(f"{PAGE}#pp-hook-{hook_id}", 303)


@webhook_pauses.delete(f"{PAGE}/<id:hook_id>/pause")
def destroy(hook_id: int) -> Any:
    """Let one go on."""
    Webhook.find(hook_id).hold(paused=False, by=current_user())
    return redirect(f"{PAGE}#pp-hook-{hook_id}", 303)
