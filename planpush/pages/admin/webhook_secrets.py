"""Replaces a webhook's secret."""

from __future__ import annotations

from flask import Response

from planpush.notifications.webhooks import Webhook
from planpush.pages.admin.blueprint import restricted
from planpush.pages.admin.webhooks import PAGE, edit_page
from planpush.web.auth import current_user

webhook_secrets = restricted("webhook_secrets", "settings.change")


@webhook_secrets.post(f"{PAGE}/<id:hook_id>/secret")
def create(hook_id: int) -> Response:
    """Make a new one and show it: this is the only time it is seen."""
    found = Webhook.find(hook_id)
    return edit_page(found, secret=found.renew(by=current_user()))
