"""New secrets of webhooks: the old one signs nothing any more."""

from __future__ import annotations

from flask import Response

from planpush.models.webhook import Webhook
from planpush.views.admin import restricted
from planpush.views.admin.webhooks import PAGE, edit_page
from planpush.web.auth import current_user

webhook_secrets = restricted("webhook_secrets", "settings.change")


@webhook_secrets.post(f"{PAGE}/<id:hook_id>/secret")
def create(hook_id: int) -> Response:
    """Make a new one and show it: this is the only time it is seen."""
    found = Webhook.find(hook_id)
    return edit_page(found, secret=found.renew(by=current_user()))
