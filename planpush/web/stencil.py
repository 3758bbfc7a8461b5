"""Stencils: what many of a kind have in common, rendered once, with gaps to fill.

A panel shows hundreds of cards that differ in a dozen words each. A stencil is the very template,
rendered with gaps in the place of those words, so that there is one template for one and for many.
It knows nothing of who asks: all that differs from answer to answer is a gap, too, so that a
process makes each of them once. Whoever uses one sees to it that all who share it take the same
turns in the template.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from flask import current_app
from markupsafe import Markup

from planpush.web.templates import bless

_MARK = secrets.token_hex(12)  # nobody outside can know it: no words of theirs are taken for a gap
_GAP = re.compile(f"{_MARK}([a-z]+)_")


def gap(name: str) -> Markup:
    """Return what holds the place of a value; a name is lower-case letters."""
    return bless(f"{_MARK}{name}_")  # letters and digits


def rendered(template: str, context: Mapping[str, Any]) -> str:
    """Return a template's HTML. The context is all that it gets, besides the app's globals."""
    return current_app.jinja_env.get_template(template).render(context)


def stencil(key: Hashable, make: Callable[[], str], **same: object) -> str:
    """Return a stencil, to be filled by `%` with a value for each gap that is left.

    It is kept by `key`, or made. `same` fills the gaps in which the whole answer has the same.
    Values are escaped already.
    """
    kept = current_app.extensions.setdefault("planpush_stencils", {})
    made = kept.get(key)
    if made is None or current_app.jinja_env.auto_reload:
        made = kept[key] = make() if same else _blank(make())
    if not same:
        return str(made)
    told = {name: str(value) for name, value in same.items()}
    whole = _GAP.sub(lambda found: told.get(found[1], found[0]), made)
    return _blank(whole)


def _blank(text: str) -> str:
    return _GAP.sub(r"%(\1)s", text.replace("%", "%%"))
