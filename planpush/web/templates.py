"""Template filters and globals, and the one place that marks HTML as safe."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from importlib.resources import files
from io import BytesIO
from zipfile import ZipFile

from flask import Flask, g
from jinja2 import StrictUndefined, pass_context
from jinja2.runtime import Context
from jinja2_fragments import render_block
from markupsafe import Markup, escape

from planpush.accounts.user import User
from planpush.comments.thread_rows import MentionRow
from planpush.document.comment_markdown import Marks
from planpush.pages.account.unread import bell
from planpush.pages.reviews.reviews import review_of
from planpush.settings.store import settings
from planpush.web.assets import VENDOR, asset, vendor
from planpush.web.toast import asked_toast

UI_ICONS = (
    "arrow-down", "arrow-up", "bell", "bell-off", "bot", "check", "chevron-down", "chevron-right",
    "circle-check", "corner-down-right", "ellipsis", "file-text", "globe", "history", "info",
    "link", "lock", "log-out", "message-square", "pencil", "plus", "rotate-ccw", "search",
    "terminal", "trash-2", "triangle-alert", "unlink", "x",
    "arrow-left", "diff", "archive", "archive-restore", "undo-2", "user-check", "user-plus",
    "copy", "list-filter", "users", "log-in", "monitor", "settings", "shield", "smartphone",
)  # fmt: skip
# strftime takes ten times as long, and asks for the locale.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def init_jinja(app: Flask) -> None:
    """Give templates their globals and filters; an undefined name is an error."""
    app.jinja_options = {"cache_size": -1}  # all stay compiled: keeping the last 400 costs more
    env = app.jinja_env
    env.undefined = StrictUndefined
    env.trim_blocks = env.lstrip_blocks = True
    env.globals.update(
        asked_toast=asked_toast,
        asset=asset,
        bell=bell,
        has_bot=lambda: bool(settings().slack_bot_token),
        vendor=vendor,
        libraries=VENDOR,
        icon=icon,
        ui_icons=UI_ICONS,
        sprite=sprite,
        region=region,
        review_of=review_of,
        form_key=form_key,
        base_url=lambda: app.extensions["planpush_config"].base_url,
    )
    env.filters.update(ago=ago, prose=prose, plural=plural)


def bless(html: str) -> Markup:
    """Mark HTML as safe to print: only what this module escaped or the sanitiser cleaned."""
    return Markup(html)  # noqa: S704


@cache
def icon(name: str, classes: str = "") -> Markup:
    """Return an icon of the app's own set."""
    if name not in UI_ICONS:
        raise LookupError(f"{name} is not in UI_ICONS")
    return bless(
        f'<svg class="{escape(f"i {classes}".strip())}" aria-hidden="true">'
        f'<use href="#pp-i-{escape(name)}"/></svg>'
    )


@cache
def sprite(names: tuple[str, ...]) -> Markup:
    """Return the symbols of the named icons, which `<use>` finds on the same page."""
    symbols = "".join(_symbol(name) for name in names)
    return bless(f'<svg width="0" height="0" aria-hidden="true" class="sr">{symbols}</svg>')


@cache
def _lucide() -> ZipFile:
    """Return the archive of all drawings, in memory: processes must not share a place in a file."""
    return ZipFile(BytesIO((files("lucide") / "lucide.zip").read_bytes()))


@cache
def _symbol(name: str) -> str:
    # The package's own function opens the archive anew for each: half a second for the first page.
    drawn = _lucide().read(f"{name}.svg").decode()
    inner = drawn[drawn.index(">") + 1 : drawn.rindex("</svg>")]
    return f'<symbol id="pp-i-{escape(name)}" viewBox="0 0 24 24">{inner.strip()}</symbol>'


@pass_context
def region(
    context: Context, template: str, block: str, target: str, swap: str = "outerMorph"
) -> Markup:
    """Return one region of a page as a partial that htmx swaps into `target`.

    `settle:0`: nothing here fades, and htmx would show the page once without and once with what
    follows a swap.
    """
    swap = f"{swap} settle:0" if swap == "outerHTML" else swap
    body = render_block(context.environment, template, block, **context.get_all())
    return bless(
        f'<hx-partial hx-target="{escape(target)}" hx-swap="{escape(swap)}">{body}</hx-partial>'
    )


def ago(at: datetime) -> Markup:
    """Return a `<time>` with its date, and the exact UTC time in its title.

    `static/js/times.js` shows how long ago that was: what is rendered does not depend on when.
    """
    told = at.isoformat(timespec="seconds")
    exact, date = f"{told[:10]} {told[11:19]} UTC", f"{at.day} {_MONTHS[at.month - 1]} {at.year}"
    return bless(f'<time class="ago" datetime="{told}" title="{exact}">{date}</time>')


def prose(body: str, mentions: Iterable[MentionRow] = (), reader: User | None = None) -> Markup:
    """Return a comment's words as HTML, the people whom it names highlighted, `reader` more so.

    Of comments full of marks only so many are read as Markdown in one answer.
    """
    if "marks" not in g:
        g.marks = Marks()
    names = tuple((one.name, reader is not None and one.user_id == reader.id) for one in mentions)
    return bless(g.marks.prose(body, names))


def reads_all_marks() -> bool:
    """Tell whether the comments of this response were not too much to read as Markdown."""
    return "marks" not in g or not g.marks.is_spent


def plural(count: int, one: str, many: str = "") -> str:
    """Return "1 comment" or "2 comments"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def form_key() -> str:
    """Return a fresh idempotency key for a form."""
    return secrets.token_urlsafe(12)
