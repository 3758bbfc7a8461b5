"""The cards of a panel, many at a time: those that are as most are, are filled into a stencil."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

from flask import Flask, g, request
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from planpush.accounts.user import User
from planpush.comments.thread import OPEN
from planpush.comments.thread_rows import CommentRow
from planpush.comments.version_view import Card
from planpush.pages.comments.draft_forms import drafts_on
from planpush.pages.plans.unseen import seen_of
from planpush.plans.plan import Plan
from planpush.web.stencil import gap, rendered, stencil
from planpush.web.templates import ago, bless, form_key, prose

_CARD, _COMMENT = "threads/_thread.html", "comments/_comment.html"


def init_cards(app: Flask) -> None:
    """Let a list show its cards."""
    app.jinja_env.globals.update(listed=listed)


@pass_context
def listed(context: Context, card: Card) -> Markup:
    """Return a card as its template renders it."""
    cards: Cards | None = g.get("cards")
    if cards is None or cards.plan is not context["plan"]:
        cards = g.cards = Cards(context.get_all())
    return bless(cards.html(card))


class Cards:
    """The cards of one answer. `page` is what its templates are rendered from."""

    def __init__(self, page: dict[str, Any]) -> None:
        self.page = page
        self.plan: Plan = page["plan"]
        self.user: User = page["user"]
        self.me = self.user.id
        self.seen = seen_of(self.plan)
        self.same = {"slug": self.plan.slug}
        self.stencils: dict[Any, str] = {}
        self.people: dict[int, dict[str, Any]] = {}
        typed, misplaced = page.get("typed"), page.get("misplaced")
        forms = [place.rpartition(":")[2] for place in drafts_on(self.plan)]
        named = (page.get("active"), *(misplaced or ())[:1], request.args.get("reattach"))
        # Ids of threads and of comments alike: one more that is rendered by itself does no harm.
        self.apart = {str(one) for one in (*forms, *named)}
        self.apart |= {str(typed.thread), str(typed.editing)} if typed else set()

    def html(self, card: Card) -> str:
        """Return a card's HTML."""
        if not self._is_usual(card):
            return rendered(_CARD, self.page | {"card": card})
        thread, place = card.thread, card.placement
        turns = self.plan.resolvable_by(self.user, thread.opened_by_id)
        version, has_words = place.version, place.start is not None
        return self._stencil(_blank_card, turns, has_words, version=version) % {
            "id": thread.id,
            "label": escape(card.label),
            "section": escape(place.section),
            "block": place.block,
            "start": place.start,
            "end": place.end,
            "then": escape(card.then),
            "quote": escape(card.quote),
            "comments": "".join([self._comment(one, version) for one in thread.comments]),
            "key": form_key(),
        }

    def _is_usual(self, card: Card) -> bool:
        thread, place = card.thread, card.placement
        return (
            thread.state == OPEN
            and place.state == "exact"
            and not (thread.blocking or thread.answer_status or card.folds or card.purged)
            and len(thread.origins) == 1
            and bool(card.then and place.section and thread.comments)
            and place.block is not None
            and str(thread.id) not in self.apart
            and all(self._is_plain(comment) for comment in thread.comments)
        )

    def _is_plain(self, comment: CommentRow) -> bool:
        changed = comment.deleted_at or comment.edited_at
        return not changed and str(comment.id) not in self.apart

    def _comment(self, comment: CommentRow, version: int) -> str:
        own, at = comment.author_id == self.me, comment.created_at
        new = self.seen is not None and self.seen.misses(at, comment.author_id)
        blank = self._stencil(_blank_comment, own, new, bool(comment.via), version=version)
        return blank % {
            **self._author(comment),
            "id": comment.id,
            "thread": comment.thread_id,
            "ago": ago(at),
            "body": prose(comment.body, comment.mentions, self.user),
        }

    def _author(self, comment: CommentRow) -> dict[str, Any]:
        known = self.people.get(comment.author_id)
        if known is None:
            author = comment.author
            told = {"hue": author.hue, "initials": author.initials, "name": author.name}
            known = {name: escape(one) for name, one in told.items()}
            self.people[comment.author_id] = known
        return known

    def _stencil(self, blank: Any, *turns: bool, version: int) -> str:
        key = (blank.__name__, *turns, version)
        if key not in self.stencils:
            make = partial(blank, *turns)
            self.stencils[key] = stencil(key[:-1], make, version=version, **self.same)
        return self.stencils[key]


def _blank_card(turns: bool, has_words: bool) -> str:
    """Return a card that is as most are; with `turns` its reader may resolve it."""
    page = _page(turns=turns) | _said()
    thread = SimpleNamespace(
        id=gap("id"),
        state=OPEN,
        kind="text",
        blocking=False,
        origins=[None],
        comments=[page["comment"]],
        answer_status=None,
        opened_by_id=0,
    )
    where = {"section": gap("section"), "block": gap("block")}
    start = {"start": gap("start") if has_words else None, "end": gap("end")}
    place = SimpleNamespace(version=gap("version"), state="exact", **where, **start)
    words = {name: gap(name) for name in ("label", "then", "quote")}
    card = SimpleNamespace(thread=thread, placement=place, folds=False, purged=False, **words)
    return rendered(_CARD, page | {"card": card}).replace(rendered(_COMMENT, page), gap("comments"))


def _blank_comment(own: bool, new: bool, via: bool) -> str:
    """Return a comment that nobody changed."""
    return rendered(_COMMENT, _page() | _said(own=own, new=new, via=via))


def _page(*, turns: bool = False) -> dict[str, Any]:
    """Return what is the same in a whole answer."""
    return {
        "plan": SimpleNamespace(slug=gap("slug"), resolvable_by=lambda *_: turns),
        "place": SimpleNamespace(version=gap("version")),
        "user": SimpleNamespace(id=1),
        "typed": None,
        "draft_of": lambda *_: None,
        "draft_key": lambda *_, **__: gap("key"),
        "is_unfolded": lambda _: False,
    }


def _said(*, own: bool = False, new: bool = False, via: bool = False) -> dict[str, Any]:
    """Return a comment without words; `own` is its reader's, who is number 1."""
    author = SimpleNamespace(**{name: gap(name) for name in ("hue", "initials", "name")})
    comment = SimpleNamespace(
        id=gap("id"),
        thread_id=gap("thread"),
        author=author,
        author_id=1 if own else 0,
        via="agent" if via else "",
        created_at=gap("ago"),
        edited_at=None,
        deleted_at=None,
        body=gap("body"),
        mentions=(),
    )
    return {"comment": comment, "is_new": lambda *_: new}
