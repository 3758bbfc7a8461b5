"""Tests an integration."""

from __future__ import annotations

from flask import Response

from planpush.errors import NotFound
from planpush.pages.admin.blueprint import restricted
from planpush.pages.admin.integration_checks import check
from planpush.pages.admin.integrations import NAMES, card, shared
from planpush.settings.check_results import Check
from planpush.web.auth import begin_writing, config, current_user, prepares
from planpush.web.rate_limits import limited
from planpush.web.responses import changed

checks = restricted("checks", "settings.change")


@checks.post("/admin/integrations/<name>/test")
@prepares
@limited("integration-test", limit=30, seconds=60, apart=True)
def create(name: str) -> Response:
    """Test an integration; whatever comes of it is a result, not an error."""
    if name not in NAMES:
        raise NotFound
    result = check(name)
    begin_writing()
    Check.note(
        name,
        ok=result.ok,
        detail=result.detail,
        milliseconds=result.milliseconds,
        by=current_user(),
    )
    shown = {"card": card(name, config().base_url)} | shared()
    page = f"/admin/integrations#pp-card-{name}"
    return changed("admin/integrations/test.htmx.html", page=page, **shown)
