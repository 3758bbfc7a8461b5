"""What the rows of the list of plans call in their template."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from markupsafe import Markup, escape

from planpush.accounts import avatar
from planpush.dashboard.listing import Listing
from planpush.database.session import now
from planpush.document.snippet import Piece, marked
from planpush.reviews.attention import Turn
from planpush.web.templates import bless

STALE = timedelta(days=30)  # without anything happening


def asked_by_rows(listing: Listing) -> dict[str, Callable[..., Any]]:
    """Return what the template of a row calls, by name."""
    return {
        "news_of": news_of,
        "is_stale": partial(is_stale, since=now() - STALE),
        "with_marks": partial(with_marks, told=listing.search.told),
        "highlighted": highlighted,
        "beyond": beyond,
        "words_of": Turn.words,
        "initials": avatar.initials,
        "hue": avatar.hue,
    }


def news_of(plan: Any) -> str:
    """Return what is new about a plan since one's last visit, in words; nothing for nothing."""
    if plan.visited_at is None or plan.active_at <= plan.visited_at:
        return ""
    seen = f", you saw v{plan.seen_version}" if 0 < plan.seen_version < plan.newest else ""
    return f"New since your visit{seen}"


def is_stale(plan: Any, since: datetime) -> bool:
    """Tell whether nothing has happened since then."""
    return bool(plan.active_at < since)


def with_marks(text: str, told: Sequence[str]) -> Markup:
    """Return a text with what was looked for marked."""
    return highlighted(marked(text, told)) if told else escape(text)


def highlighted(pieces: Iterable[Piece]) -> Markup:
    """Return pieces of a text, the hits among them marked."""
    told: list[str] = []
    for one in pieces:
        told += ("<mark>", escape(one.text), "</mark>") if one.hit else (escape(one.text),)
    return bless("".join(told))


def beyond(some: Sequence[Any], shown: int) -> int:
    """Return how many are not shown."""
    return max(0, len(some) - shown)
