"""The rows of the list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache, partial
from types import SimpleNamespace
from typing import Any, NamedTuple

from flask import Flask, g
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from planpush.accounts import avatar
from planpush.dashboard.listing import Listing
from planpush.dashboard.search_hits import Hit
from planpush.database.session import now
from planpush.document.snippet import Piece, marked
from planpush.reviews.approval import Seat
from planpush.reviews.attention import Reason, Turn
from planpush.web.stencil import gap, rendered, stencil
from planpush.web.templates import ago, bless

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


_ROW = "dashboard/_plan.html"
_SHOWN = 4  # reviewers; the rest are counted
_OWNERS = 2_000  # people whose words are kept from one list to the next
_SEATS = re.compile(r'<td class="seats-c">(.*?)</td>', re.DOTALL)


def init_rows(app: Flask) -> None:
    """Let a list show its rows."""
    app.jinja_env.globals.update(row_of=row_of)


@pass_context
def row_of(context: Context, plan: Any) -> Markup:
    """Return a plan's row as its template renders it."""
    rows: Rows | None = g.get("rows")
    if rows is None or rows.listing is not context["listing"]:
        rows = g.rows = Rows(context.get_all())
    return bless(rows.html(plan))


class Kind(NamedTuple):
    """What makes one row's template take other turns than another's; no words of anybody's."""

    news: bool = False
    hit: str = ""  # "thread" or "section"
    archived: bool = False
    stale: bool = False
    why: str = ""  # it waits for its reader: "thread", or "whole"
    whys: bool = False  # for more than one reason
    done: bool = False  # the first that waits, after one that does not any more
    verdict: str = ""
    private: bool = False
    seats: bool = False
    others: bool = False  # more reviewers than are shown
    talk: str = ""  # "open" or "resolved"


class Rows:
    """The rows of one answer. `page` is what its template is rendered from."""

    def __init__(self, page: dict[str, Any]) -> None:
        self.listing: Listing = page["listing"]
        self.page = page
        self.hits, self.turns, self.reviewers = page["hits"], page["turns"], page["reviewers"]
        self.first = next(iter(self.turns), None) if "done" in page else None
        at = escape(page["address"](self.listing))
        self.same = {"at": at}
        self.blanks: dict[Kind, str] = {}
        self.seat = stencil("seat", _blank_seat)

    def html(self, plan: Any) -> str:
        """Return a plan's row."""
        hit, why = self.hits.get(plan.id), self.turns.get(plan.id)
        seats, news = self.reviewers.get(plan.id, ()), news_of(plan)
        kind = self._kind(plan, news=bool(news), hit=hit, why=why, seats=seats)
        blank = self.blanks.get(kind)
        if blank is None:
            blank = self.blanks[kind] = stencil(("row", kind), partial(_blank_row, kind))
        return blank % {
            **_owner(plan.owner_id, plan.owner, plan.email),
            **(self._hit(hit) if hit else {}),
            **(self._why(why) if why else {}),
            **(self._seats(seats, plan.newest) if seats else {}),
            "id": plan.id,
            "slug": escape(plan.slug),
            "title": escape(plan.title),
            "marked": self.page["with_marks"](plan.title),
            "news": news,
            "threads": plan.open_threads or plan.resolved_threads,
            "newest": plan.newest,
            "ago": ago(plan.active_at),
        }

    def _kind(self, plan: Any, *, news: bool, hit: Any, why: Any, seats: Any) -> Kind:
        talk = "open" if plan.open_threads else "resolved" if plan.resolved_threads else ""
        return Kind(
            news=news,
            hit=("thread" if hit.thread_id else "section") if hit else "",
            archived=plan.archived,
            stale=not plan.archived and self.page["is_stale"](plan),
            why=("thread" if why[0].thread_id else "whole") if why else "",
            whys=bool(why and why[1:]),
            done=plan.id == self.first,
            verdict=plan.verdict,
            private=plan.visibility == "private",
            seats=bool(seats),
            others=len(seats) > _SHOWN,
            talk=talk,
        )

    def _hit(self, hit: Hit) -> dict[str, Any]:
        pieces, anchor = highlighted(hit.pieces), escape(hit.anchor)
        return {"pieces": pieces, "anchor": anchor, "thread": hit.thread_id}

    def _why(self, why: Sequence[Reason]) -> dict[str, Any]:
        words, turn = escape(Turn.words(why[0].reason)), why[0].thread_id
        return self.same | {"why": words, "turn": turn, "whys": beyond(why, 1)}

    def _seats(self, seats: Sequence[Seat], newest: int) -> dict[str, Any]:
        told = [self._seat(one, newest) for one in seats[:_SHOWN]]
        return {"seats": "".join(told), "others": beyond(seats, _SHOWN)}

    def _seat(self, seat: Seat, newest: int) -> str:
        return self.seat % {
            "face": seat.user.hue,
            "said": seat.said,
            "told": escape(seat.told(newest)),
            "letters": escape(seat.user.initials),
        }


@lru_cache(_OWNERS)
def _owner(user_id: int, name: str, email: str) -> dict[str, Any]:
    short = avatar.initials(name, email)
    return {"hue": avatar.hue(user_id), "initials": escape(short), "owner": escape(name)}


def _blank_row(kind: Kind) -> str:
    """Return a row of a kind, with a gap for its reviewers."""
    row = _whole_row(kind)
    return row.replace(_blank_seat(), gap("seats")) if kind.seats else row


def _blank_seat() -> str:
    """Return a reviewer in a row."""
    found = _SEATS.search(_whole_row(Kind(seats=True)))
    assert found is not None, "the cell of the reviewers"
    return found[1]


def _whole_row(kind: Kind) -> str:
    """Return a row of a kind, with one reviewer if it has any."""
    plan = SimpleNamespace(
        archived=kind.archived,
        verdict=kind.verdict,
        visibility="private" if kind.private else "published",
        owner_id=0,
        email="",
        open_threads=gap("threads") if kind.talk == "open" else 0,
        resolved_threads=gap("threads") if kind.talk == "resolved" else 0,
        active_at=gap("ago"),
        **{name: gap(name) for name in ("id", "slug", "title", "owner", "newest")},
    )
    hit = {"anchor": gap("anchor"), "thread_id": gap("thread") if kind.hit == "thread" else None}
    why = SimpleNamespace(reason="", thread_id=gap("turn") if kind.why == "thread" else 0)
    page = _calls(kind) | {
        "plan": plan,
        "listing": None,
        "hits": {plan.id: SimpleNamespace(pieces=(), **hit)} if kind.hit else {},
        "turns": {plan.id: [why]} if kind.why else {},
        "reviewers": {plan.id: [_seat()]} if kind.seats else {},
    }
    return rendered(_ROW, page | ({"done": plan} if kind.done else {}))


def _seat() -> SimpleNamespace:
    face = SimpleNamespace(hue=gap("face"), initials=gap("letters"))
    return SimpleNamespace(user=face, said=gap("said"), told=lambda _: gap("told"))


def _calls(kind: Kind) -> dict[str, Callable[..., Any]]:
    """Return what the template of a row calls, each answering with a gap."""
    many = {1: gap("whys") if kind.whys else 0, _SHOWN: gap("others") if kind.others else 0}
    return {
        "news_of": lambda _: gap("news") if kind.news else "",
        "is_stale": lambda _: kind.stale,
        "with_marks": lambda _: gap("marked"),
        "highlighted": lambda _: gap("pieces"),
        "beyond": lambda _, shown: many[shown],
        "words_of": lambda _: gap("why"),
        "initials": lambda *_: gap("initials"),
        "hue": lambda _: gap("hue"),
        "address": lambda _: gap("at"),
    }
