"""Tests of webhooks: a signed post at once; nothing is written while it is under way."""

from __future__ import annotations

from flask import Response

from planpush.integrations.webhooks import test
from planpush.models.webhook import Webhook
from planpush.models.webhook_card import cards
from planpush.views.admin import restricted
from planpush.views.admin.webhooks import PAGE
from planpush.web.auth import begin_writing, current_user, prepares
from planpush.web.limits import limited
from planpush.web.respond import changed

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
