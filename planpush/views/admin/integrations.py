"""Integrations: what is set up, what the other side has to be told, how the last test went."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template

from planpush.models.integration import cards
from planpush.models.setting import settings
from planpush.models.token import Token
from planpush.models.webhook_card import cards as hooks
from planpush.views.admin import restricted
from planpush.web.auth import config, current_user

integrations = restricted("integrations", "settings.change")


@integrations.get("/admin/integrations")
def index() -> Response:
    """Answer a card for each."""
    return page()


def page(status: int = 200, **more: Any) -> Response:
    """Answer the page; `more` is a token to show once, or what is wrong with its form."""
    context = {"token": "", "error": "", "name": ""} | more
    html = render_template(
        "admin/integrations/index.html",
        user=current_user(),
        cards=cards(config().base_url),
        hooks=hooks(),
        tokens=Token.directories(),
        **shared(),
        **context,
    )
    return Response(html, status=status, mimetype="text/html")


def shared() -> dict[str, Any]:
    """Return what every card needs to know."""
    return {"posts_message": not settings().slack_bot_token}
