"""Stencils: what many of a kind have in common, rendered once for an answer, with gaps to fill.

A panel shows hundreds of cards that differ in a dozen words each. A stencil is the very template,
rendered with gaps in the place of those words, so that there is one template for one and for many.
Whoever uses one sees to it that all who share a stencil take the same turns in the template.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any

from flask import current_app
from markupsafe import Markup

_MARK = secrets.token_hex(12)  # nobody outside can know it: no words of theirs are taken for a gap
_GAP = re.compile(f"{_MARK}([a-z]+)z_")


def gap(name: str) -> Markup:
    """Return what holds the place of a value; the name has lower-case letters but no z."""
    return Markup(f"{_MARK}{name}z_")  # noqa: S704 - letters and digits


def rendered(template: str, context: Mapping[str, Any]) -> str:
    """Return a template's HTML. The context is all that it gets, besides the app's globals."""
    return current_app.jinja_env.get_template(template).render(context)


def cut(html: str) -> str:
    """Return a stencil, to be filled by `%` with a value for each gap, each escaped already."""
    return _GAP.sub(r"%(\1)s", html.replace("%", "%%"))
