"""Tests a webhook."""

from __future__ import annotations

from flask import Response

from planpush.channels.webhooks import test
from planpush.notifications.channel_status import cards
from planpush.notifications.webhooks import Webhook
from planpush.pages.admin.blueprint import restricted
from planpush.pages.admin.webhooks import PAGE
from planpush.web.auth import begin_writing, current_user, prepares
from planpush.web.rate_limits import limited
from planpush.web.responses import changed

webhook_tests = restricted("webhook_tests", "settings.change")


@webhook_tests.post(f"{PAGE}/<id:hook_id>/test")
@prepares
@limited("webhook-test", limit=30, seconds=60, apart=True)
def create(hook_id: int) -> Response:
    """Test one; whatever comes of it is a result, not an error."""
    result = test(Webhook.find(hook_id))
    begin_writing()
    hook = Webhook.find(hook_id)
    hook.note_test(
        ok=result.ok, detail=result.detail, milliseconds=result.milliseconds, by=current_user()
    )
    page = f"{PAGE}#pp-hook-{hook_id}"
    return changed("admin/webhooks/test.htmx.html", page=page, card=cards([hook])[0])
