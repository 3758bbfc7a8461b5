"""The panel's filters, from the address or the open page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

from flask import Flask, g, request
from werkzeug.datastructures import MultiDict

from planpush.comments.panel import NEW, SHOWN, Filter, Missing, Panel, thread_of
from planpush.comments.thread import OPEN
from planpush.comments.version_view import Reading
from planpush.pages.plans.unseen import since_of
from planpush.web.auth import current_user


def init_panel(app: Flask) -> None:
    """Let each card know whether it is shown in full, wherever it is rendered."""
    app.jinja_env.globals.update(
        is_unfolded=is_unfolded, is_kept=is_kept, panel_state=lambda: asked_filter().as_query
    )


def asked_filter() -> Filter:
    """Return what this request asks for. A tab in its address goes before what the page says."""
    if "panel_filter" not in g:
        source: MultiDict[str, Any] = request.args
        if "show" not in source and "panel" in request.values:
            told = request.values["panel"]
            source = MultiDict(parse_qs(told, max_num_fields=100) if told.count("&") < 100 else {})
        g.panel_filter = _read(source)
    found: Filter = g.panel_filter
    return found


def remember(chosen: Filter) -> None:
    """Let the rest of this answer, and with it the page, go on from `chosen`."""
    g.panel_filter = chosen


def unfolded(thread_id: int, wanted: bool = True) -> Filter:
    """Return what was asked, with a thread shown in full or not."""
    chosen = asked_filter()
    return chosen.unfolding(thread_id) if wanted else chosen.folding(thread_id)


def all_seen() -> None:
    """Let the panel show the open threads instead of those that were new until now."""
    if asked_filter().show == NEW:
        remember(replace(asked_filter(), show=OPEN))


def panel_on(reading: Reading, *, active: int | None = None) -> Panel:
    """Return the panel of a reading; a thread that was asked for is in sight and unfolded."""
    panel = Panel(since_of(reading), current_user(), asked_filter())
    wanted = active or asked_thread(reading)
    if wanted:
        panel = panel.opened_at(wanted)
        remember(panel.filter)
    return panel


def asked_thread(reading: Reading) -> int | None:
    """Return the thread that `?thread=` or `?comment=` names; 0 is one that cannot be."""
    if "thread" in request.args:
        return _id(request.args["thread"])
    if "comment" in request.args:
        return thread_of(reading.plan, _id(request.args["comment"])) or 0
    return None


def missing_on(reading: Reading) -> Missing | None:
    """Return the thread that was asked for and is not on the shown version."""
    wanted = asked_thread(reading)
    if wanted is None or any(card.thread.id == wanted for card in reading.cards):
        return None
    return Missing.of(reading.plan, wanted)


def is_unfolded(thread_id: int) -> bool:
    """Tell whether a thread is shown with all of its comments."""
    return thread_id in asked_filter().whole


def is_kept(thread_id: int) -> bool:
    """Tell whether a thread stays in sight because of what was just done here."""
    return thread_id in asked_filter().kept


def _read(source: MultiDict[str, Any]) -> Filter:
    show, by = source.get("show", ""), source.get("by", "")
    chosen = Filter(
        show=show if show in SHOWN else OPEN,
        by=current_user().id if by == "me" else _id(by) or None,
        anchor=source.get("anchor", "")[:64],
    )
    kept, whole = (map(_id, source.getlist(name)) for name in ("kept", "whole"))
    return chosen.keeping(*kept).unfolding(*whole)


def _id(told: str) -> int:
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else 0
