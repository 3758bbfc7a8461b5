"""The cards of threads: rendered once for everybody who may do the same, then kept in the process.

A card is kept under everything that it shows: the thread's revision, its place, and what its reader
sees of it. A card that someone is typing into, or that they just opened, is rendered by itself.
"""

from __future__ import annotations

import secrets
from typing import Any

from flask import Flask, current_app, g, request
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from planpush.comments.thread_rows import CommentRow
from planpush.comments.version_view import Card
from planpush.database.process_cache import ProcessCache
from planpush.pages.comments.draft_forms import drafts_on
from planpush.pages.comments.panel import is_kept, is_unfolded
from planpush.pages.plans.unseen import seen_of
from planpush.web.templates import bless, form_key, reads_all_marks

_MOST = 16 * 1024 * 1024  # characters of HTML, some 5,000 cards
# Each form gets a key of its own, which stands here in what is kept. Nobody can know it and write
# it into a comment.
_KEY = secrets.token_hex(16)


def init_cards(app: Flask) -> None:
    """Let templates show a thread's card."""
    app.jinja_env.globals.update(thread_card=thread_card)


@pass_context
def thread_card(context: Context, card: Card) -> Markup:
    """Return a thread's card as `threads/_thread.html` renders it."""
    reader: _Reader | None = g.get("card_reader")
    if reader is None or reader.plan is not context["plan"]:
        reader = g.card_reader = _Reader(context)
    key = reader.key(card)
    if key is None:
        return _rendered(context, card)
    cache = ProcessCache.named("planpush_cards", _MOST, len)
    html: str | None = cache.get(key)
    if html is None:
        html = _rendered(context, card, form_key=_key, draft_key=_key)
        if reads_all_marks():
            cache.put(key, html)
    return bless(html.replace(_KEY, form_key()))


def _rendered(context: Context, card: Card, **changes: Any) -> Markup:
    values = context.get_all() | {"card": card} | changes
    return bless(current_app.jinja_env.get_template("threads/_thread.html").render(values))


def _key(*_: object, **__: object) -> str:
    return _KEY


class _Reader:
    """Who reads the cards of one response, and what they are doing with them."""

    def __init__(self, context: Context) -> None:
        self.plan, self.user = context["plan"], context["user"]
        self.seen = seen_of(self.plan)
        self.active = context.get("active")
        typed, misplaced = context.get("typed"), context.get("misplaced")
        busy = [place.rpartition(":")[2] for place in drafts_on(self.plan)]
        busy += [str(one) for one in (misplaced or ())[:1]]
        busy += [str(one) for one in (typed.thread, typed.editing) if one] if typed else []
        busy += [request.args[name] for name in ("reattach", "wordings") if name in request.args]
        # Ids of threads and of comments alike: a card more that is rendered by itself does no harm.
        self.busy = frozenset(busy)

    def key(self, card: Card) -> tuple[Any, ...] | None:
        """Return what the card's HTML depends on; None: it is for this response only."""
        thread, me = card.thread, self.user.id
        if self.busy and not self.busy.isdisjoint(_ids(card)):
            return None
        if any(comment.restorable for comment in thread.comments):  # that ends without an event
            return None
        return (
            thread.id,
            thread.revision,
            card.placement,
            self.plan.slug,
            thread.id == self.active,
            is_unfolded(thread.id),
            thread.resolved_by_id == me and is_kept(thread.id),
            self.plan.resolvable_by(self.user, thread.opened_by_id),
            self._is_new(thread.resolved_at, thread.resolved_by_id),
            self._is_new(thread.answered_at, thread.answered_by_id),
            *(self._seen_in(comment, me) for comment in thread.comments),
        )

    def _seen_in(self, comment: CommentRow, me: int) -> tuple[bool, bool, bool]:
        """Return what of a comment differs from reader to reader."""
        own = comment.author_id == me
        named = any(mention.user_id == me for mention in comment.mentions)
        return own, named, self._is_new(comment.created_at, comment.author_id)

    def _is_new(self, at: Any, by: int | None) -> bool:
        return self.seen is not None and self.seen.misses(at, by)


def _ids(card: Card) -> list[str]:
    return [str(card.thread.id), *(str(comment.id) for comment in card.thread.comments)]
