"""The vocabulary page."""

from __future__ import annotations

from flask import Blueprint, Response, g, render_template

from planpush.document import vocabulary
from planpush.document.examples import shown
from planpush.web.auth import public
from planpush.web.templates import UI_ICONS, bless

vocabularies = Blueprint("vocabularies", __name__)


@vocabularies.get("/docs/vocabulary")
@public
def index() -> Response:
    """Answer every component in both themes, with its source."""
    signed_in = {"user": g.user} if g.user is not None else {}
    drawn = {
        item.component.name: {theme: bless(html) for theme, html in item.drawn.items()}
        for item in shown()
    }
    html = render_template(
        "docs/vocabulary.html",
        shown=shown(),
        drawn=drawn,
        vocabulary=vocabulary,
        sprite_icons=tuple(sorted(vocabulary.ICONS - set(UI_ICONS))),
        status=200,
        **signed_in,
    )
    return Response(html, mimetype="text/html")
