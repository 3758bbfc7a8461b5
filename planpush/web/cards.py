"""The cards of a panel, many at a time: those that are as most are, are filled into a stencil."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flask import Flask, g, request
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from planpush.models.plan import Plan
from planpush.models.reading import Card
from planpush.models.talk import AnyComment
from planpush.models.thread import OPEN
from planpush.models.user import User
from planpush.web.drafts import drafts_on
from planpush.web.jinja import ago, bless, form_key, prose
from planpush.web.since import seen_of
from planpush.web.stencil import cut, gap, rendered

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
        self.seen = seen_of(self.plan)
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
        stencil = self._of_card(turns, place.start is not None, place.version)
        return stencil % {
            "id": thread.id,
            "label": escape(card.label),
            "section": escape(place.section),
            "block": place.block,
            "start": place.start,
            "end": place.end,
            "then": escape(card.then),
            "quote": escape(card.quote),
            "comments": "".join([self._comment(one, place.version) for one in thread.comments]),
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

    def _is_plain(self, comment: AnyComment) -> bool:
        changed = comment.deleted_at or comment.edited_at
        return not changed and str(comment.id) not in self.apart

    def _comment(self, comment: AnyComment, version: int) -> str:
        own = comment.author_id == self.user.id
        new = self.seen is not None and self.seen.misses(comment.created_at, comment.author_id)
        stencil = self._of_comment(own, new, bool(comment.via), version)
        return stencil % {
            **self._author(comment.author),
            "id": comment.id,
            "thread": comment.thread_id,
            "ago": ago(comment.created_at),
            "body": prose(comment.body, comment.mentions, self.user),
        }

    def _author(self, author: User) -> dict[str, Any]:
        known = self.people.get(author.id)
        if known is None:
            told = {"hue": author.hue, "initials": author.initials, "name": author.name}
            known = self.people[author.id] = {name: escape(one) for name, one in told.items()}
        return known

    def _of_card(self, turns: bool, has_words: bool, version: int) -> str:
        key = turns, has_words, version
        if key not in self.stencils:
            inside = self._blank_comment(False, False, version)
            thread = SimpleNamespace(
                id=gap("id"),
                state=OPEN,
                kind="quote",
                blocking=False,
                origins=[None],
                comments=[inside["comment"]],
                answer_status=None,
                opened_by_id=self.user.id if turns else 0,
            )
            place = SimpleNamespace(
                version=version,
                state="exact",
                section=gap("section"),
                block=gap("block"),
                start=gap("start") if has_words else None,
                end=gap("end"),
            )
            card = SimpleNamespace(
                thread=thread,
                placement=place,
                label=gap("label"),
                then=gap("then"),
                quote=gap("quote"),
                folds=False,
                purged=False,
            )
            whole = rendered(_CARD, inside | {"card": card})
            comment = rendered(_COMMENT, inside | {"place": place})
            self.stencils[key] = cut(whole.replace(comment, gap("comments")))
        return self.stencils[key]

    def _of_comment(self, own: bool, new: bool, via: bool, version: int) -> str:
        key = own, new, via, version
        if key not in self.stencils:
            self.stencils[key] = cut(
                rendered(_COMMENT, self._blank_comment(own, new, version, via))
            )
        return self.stencils[key]

    def _blank_comment(
        self, own: bool, new: bool, version: int, via: bool = False
    ) -> dict[str, Any]:
        """Return what a comment without words is rendered from."""
        author = SimpleNamespace(hue=gap("hue"), initials=gap("initials"), name=gap("name"))
        comment = SimpleNamespace(
            id=gap("id"),
            thread_id=gap("thread"),
            author=author,
            author_id=self.user.id if own else 0,
            via="agent" if via else "",
            created_at=gap("ago"),
            edited_at=None,
            deleted_at=None,
            body=gap("body"),
            mentions=(),
        )
        told: dict[str, Any] = {
            "comment": comment,
            "place": SimpleNamespace(version=version),
            "typed": None,
        }
        told |= {"is_new": lambda *_: new, "draft_key": lambda *_, **__: gap("key")}
        return self.page | told
