"""The cards of threads: rendered once for everybody who may do the same, then kept in the process.

A card is kept under everything that it shows: the thread's revision, its place, and what its reader
sees of it. A card that someone is typing into, or that they just opened, is rendered by itself.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import Flask, current_app, g, request
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from planpush.comments.version_view import Card
from planpush.database.process_cache import ProcessCache
from planpush.pages.comments.draft_forms import drafts_on
from planpush.pages.comments.panel import asked_filter
from planpush.pages.plans.unseen import seen_of
from planpush.web.templates import bless, form_key, reads_all_marks

_MOST = 16 * 1024 * 1024  # characters of HTML, some 5,000 cards
# Each form gets a key of its own, which stands here in what is kept. Nobody can know it and write
# it into a comment.
_KEY = secrets.token_hex(16)


def init_cards(app: Flask) -> None:
    """Let templates show the cards of threads."""
    app.jinja_env.globals.update(thread_cards=thread_cards)


@pass_context
def thread_cards(context: Context, cards: Iterable[Card]) -> Markup:
    """Return the cards of threads as `threads/_thread.html` renders each."""
    reader: _Reader | None = g.get("card_reader")
    if reader is None or reader.plan is not context["plan"]:
        reader = g.card_reader = _Reader(context)
    cache = ProcessCache.named("planpush_cards", _MOST, len)
    shown: list[str] = []
    for card in cards:
        key = reader.key(card)
        html: str | None = cache.get(key) if key else None
        if html is None and key is None:
            html = _rendered(context, card)
        elif html is None:
            html = _rendered(context, card, form_key=_key, draft_key=_key)
            if reads_all_marks():
                cache.put(key, html)
        shown.append(html.replace(_KEY, f"{reader.form_key}-{card.thread.id}"))
    return bless("".join(shown))


def _rendered(context: Context, card: Card, **changes: Any) -> str:
    values = context.get_all() | {"card": card} | changes
    return current_app.jinja_env.get_template("threads/_thread.html").render(values)


def _key(*_: object, **__: object) -> str:
    return _KEY


class _Reader:
    """Who reads the cards of one response, and what they are doing with them."""

    def __init__(self, context: Context) -> None:
        self.plan, self.user = context["plan"], context["user"]
        self.me, self.seen = self.user.id, seen_of(self.plan)
        self.active, self.form_key = context.get("active"), form_key()
        self.whole, self.kept = asked_filter().whole, asked_filter().kept
        typed, misplaced = context.get("typed"), context.get("misplaced")
        busy = [place.rpartition(":")[2] for place in drafts_on(self.plan)]
        busy += [str(one) for one in (misplaced or ())[:1]]
        busy += [str(one) for one in (typed.thread, typed.editing) if one] if typed else []
        busy += [request.args[name] for name in ("reattach", "wordings") if name in request.args]
        # Ids of threads and of comments alike: a card more that is rendered by itself does no harm.
        self.busy = frozenset(busy)

    def key(self, card: Card) -> tuple[Any, ...] | None:
        """Return what the card's HTML depends on; None: it is for this response only."""
        thread = card.thread
        if self.busy and not self.busy.isdisjoint(_ids(card)):
            return None
        comments = []
        for comment in thread.comments:
            if comment.restorable:  # that ends without an event
                return None
            comments += [
                comment.author_id == self.me,
                bool(comment.mentions) and any(one.user_id == self.me for one in comment.mentions),
                self._is_new(comment.created_at, comment.author_id),
            ]
        return (
            thread.id,
            thread.revision,
            card.placement,
            self.plan.slug,
            thread.id == self.active,
            thread.id in self.whole,
            thread.resolved_by_id == self.me and thread.id in self.kept,
            self.plan.resolvable_by(self.user, thread.opened_by_id),
            self._is_new(thread.resolved_at, thread.resolved_by_id),
            self._is_new(thread.answered_at, thread.answered_by_id),
            *comments,
        )

    def _is_new(self, at: datetime | None, by: int | None) -> bool:
        return self.seen is not None and self.seen.misses(at, by)


def _ids(card: Card) -> list[str]:
    return [str(card.thread.id), *(str(comment.id) for comment in card.thread.comments)]
