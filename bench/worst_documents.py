"""Documents and comments that are expensive to process, for `bench.worst` and for tests.

Each is made by its size, so that a test of growth can ask for two small ones.
"""

from __future__ import annotations

import itertools
import random
import string
from base64 import b64encode
from collections.abc import Callable, Iterator
from functools import partial
from html import escape
from typing import NamedTuple

from planpush.document.sections import MOST_SECTIONS

MEGABYTE = 1_000_000
MOST_COMMENT = 10_000  # characters


class Shape(NamedTuple):
    """What is as long as it is told to be; `full` is the size at which it costs most."""

    make: Callable[[int], str]
    full: int

    @property
    def whole(self) -> str:
        """Return it at full size."""
        return self.make(self.full)

    def small(self, share: float) -> str:
        """Return a part of it."""
        return self.make(max(1, int(self.full * share)))


def row(piece: str, full: int, before: str = "", after: str = "") -> Shape:
    """Return a shape that is one piece over and over."""
    return Shape(lambda size: f"{before}{piece * size}{after}", full)


def each(piece: str, full: int, before: str = "", after: str = "") -> Shape:
    """Return a shape whose pieces are numbered."""
    return Shape(lambda size: before + "".join(piece.format(n) for n in range(size)) + after, full)


def svg(inner: str) -> str:
    """Return a drawing that says what it is."""
    return f'<svg role="img" aria-label="A drawing">{inner}</svg>'


# What `limits` refuses, and with which code; None: it depends on how much there is.
REFUSED: dict[str, tuple[Shape, str | None]] = {
    "nested divs": (row("<div>", 100_000), "too_deep"),
    "attributes": (each("a{} ", 100_000, "<p ", ">"), "too_many_attributes"),
    "unclosed bold": (
        row("<p>x", 20_000, "<p>" + "".join(f"<b class=c{n}>" for n in range(150))),
        "unclosed_formatting",
    ),
    "bare ampersands": (row("&", MEGABYTE), "too_many_ampersands"),
    "ampersands with gaps": (row("&" * 900 + "x", 1_000), "too_many_ampersands"),
    "nested tables": (row("<table><tr><td>", 20_000), "too_deep"),
    "nested lists": (row("<ul><li>", 50_000), "too_deep"),
    "nested svg": (row("<g>", 50_000, "<svg>"), "too_deep"),
    "stray ends": (row("</p>", 5 * MEGABYTE // 4), "too_many_elements"),
    "breaks": (row("<br>", 5 * MEGABYTE // 4), "too_many_elements"),
    "comments": (row("<!---->", 5 * MEGABYTE // 7), "too_many_elements"),
    "long attribute": (row("x", MEGABYTE, "<p title='", "'>"), "attribute_too_long"),
    "many roots": (row("<html a=1>", 20), "too_many_elements"),
    "long name": (row("x", 500, "<", ">"), "tag_name_too_long"),
    "no-break spaces": (row("\xa0", MEGABYTE), "too_many_ampersands"),
    "misnested": (
        row(f"<b title='{'z' * 900}'>" + "<div>" * 8 + "</b>" * 8, 20),
        None,
    ),
    "open comment": (row(" b", 2, "<p>a</p><!--"), "unclosed_tag"),
    "open script": (row("a", 1, "<script>"), "unclosed_tag"),
    "open quote": (row("a>b</p>", 1, "<p title='"), "unclosed_tag"),
    "hidden script end": (
        row("<!--<script></script><b></script>-->", 1, "<script>"),
        "ambiguous_markup",
    ),
    "style in select": (row("<style></select><b></style>", 1, "<select>"), "ambiguous_markup"),
}
# What passes the limits.
ALLOWED = {
    "bold around blocks": row("<p>x", 20_000, "".join(f"<b class=c{n}>" for n in range(150))),
    "cells": row("<td>", 9_000, "<table>"),
    "many links": row("<a href='#x'>x</a>", 20_000),
    "block after spans": row("<p>x", 20_000, "<span>" * 190),
    "foster parents": row("x<p>", 10_000, "<table>"),
    "deep and wide": row("<div>" * 190 + "</div>" * 190, 150),
    "many references": row("<p aria-owns='a b c d e f' aria-details='a b'>", 20_000),
    "less-thans": row("<", 500_000),
    "misnested": row("<b><p>x</b>", 5_000),
}
MANY = {
    "headings": row("<h2>a</h2>", 14_000),
    "deep headings": row("<h2>a</h2>", 14_000, "<div>" * 190),
    "anchors": each("<p data-anchor=a{}>x</p>", 14_000),
}
EQUAL = row("<h2>a</h2>", MOST_SECTIONS - 1, "<h2>a-1</h2>")
NESTED = {
    "nested anchors": row("<p data-anchor=a>x</p><b>y</b>", 9_000, "<div>" * 190),
    "nested mains": row("<main>x</main>", 9_000, "<div>" * 150),
    "nested wrappers": row("<section><p data-anchor=a>x</p></section>", 9_000, "<div>" * 150),
}
NEAR_SECRETS = {
    piece: row(piece, MEGABYTE // len(piece), "<p>", "</p>")
    for piece in (
        "-eyJ", "eyJaaaaaaaaaa-", "-eyJaaaaaaaaaa.eyJaaaaaaaaaaaa.", "ghp_", "github_pat_",
        "-xoxb-", "-ppt_", "AKIA", "-----BEGIN AA ", "hooks.slack.com/services/T",
        "secret" + "-" * 39, "token='", "secret", "token = ", "ppa_", "eyJaaaaaaaaaaaa.", "<a",
        "a-", "://a:b", "://a:bbbbbbbbbbbb", "Bearer ", "sk-ant-", "xapp-1-", "SG.a", "pass ", "a",
        "-----BEGIN PRIVATE KEY-----",
    )
}  # fmt: skip
WORDS = " ".join(map("".join, itertools.product(string.ascii_lowercase + string.digits, repeat=3)))
LINTED = {
    "classes": row(f'<p class="{WORDS}">x</p>', 5),
    "one class": row("zzz ", 240_000, '<p class="', '">x</p>'),
    "tables": row("<table>", 140_000),
    "one anchor": row("<p data-anchor=a>x</p>", 45_000),
    "open tags": row("<a ", 300_000),
    "attribute": row("a", 200_000, '<pre class="pp-diagram" ', ">x</pre>"),
    "image": row(" ", 200_000, '<img alt="x" src="data:image/png;base64,AAAA', '!">'),
    "paint": row(
        " ", 200_000, '<svg role="img" aria-label="x"><path fill="url(', '#a)"/></svg><p>x</p>'
    ),
}
DRAWN = {
    "drawings": row(svg('<rect id="a"/>'), 9_000),
    "uses": each('<g id="a{0}"/><use href="#a{0}"/>', 9_000, "<svg>", "</svg>"),
    "deep drawing": row("<rect/>", 20_000, "<svg>" + "<g>" * 150),
    "far drawing": row("<p>x</p>", 25_000, "", svg("<rect/>")),
}
WRITTEN = {
    "paragraphs": row("<p>some *words* in a <b>row</b></p>", 20_000),
    "quotes": row("a<br>", 29_000, "<blockquote>" * 150),
    "lists": row("a<br>", 29_000, "<ul><li>" * 90),
    "marks": row("word ", 200_000, "<b><i>" * 90),
    "spans": row("<b>w</b> ", 20_000, "<span>" * 180),
    "stars": row("*", MEGABYTE),
    "ticks": row("`", MEGABYTE, "<code>", "</code>"),
    "spanning cells": row(
        "<tr><td rowspan=50>a", 9_000, "<table><tr><td rowspan=50>a<td colspan=50>b<td>c"
    ),
}
WIDE = {
    "deep paragraphs": row("<p>x</p>", 8_000, "<div>" * 150, "</div>" * 150),
    "wide headings": Shape(
        lambda size: (
            "<table><tbody>"
            + ("<tr>" + '<th colspan="999">h</th>' * size + "</tr>") * 2
            + "</tbody></table>"
        ),
        3_000,
    ),
}
HEADERS: dict[str, tuple[str, Callable[[int], bytes], int]] = {
    "gif": ("gif", lambda n: b"GIF89a\1\0\1\0\0\0\0\x21\xfe" + b"\1a" * n, 140_000),
    "webp": (
        "webp",
        lambda n: b"RIFF" + (4 + 8 * n).to_bytes(4, "little") + b"WEBP" + b"junk\0\0\0\0" * n,
        37_000,
    ),
    "avif": (
        "avif",
        lambda n: b"\0\0\0\x1cftypavif" + b"ispe\0\0\0\0\0\0\0\1\0\0\0\1" * n,
        18_000,
    ),
    "jpeg": ("jpeg", lambda n: b"\xff\xd8" + b"\xff\xe0\0\2" * n, 70_000),
    "jpeg fill": ("jpeg", lambda n: b"\xff\xd8" + b"\xff" * n, 290_000),
}


def image(name: str, size: int) -> str:
    """Return an image whose header takes long to read."""
    kind, make, _full = HEADERS[name]
    return f'<img alt="" src="data:image/{kind};base64,{b64encode(make(size)).decode()}">'


def honest(size: int) -> str:
    """Return a document as people write them; 5,300 makes 4.8 MB."""
    cells = "<tr><td>a</td><td>b &lt; c</td></tr>"
    prose = "<p>some <b>bold</b> <code>code</code> " + "words and more words " * 40 + "</p>\n"
    table = "<table>" + cells * (size * 30 // 53) + "</table>"
    parts = (f"<h2>Part {at}</h2>" + prose * min(500, size - at) for at in range(0, size, 500))
    return "<html><body>" + "".join(parts) + table + "</body></html>"


def prose(count: int, size: int, seed: int, words: int = 3_000) -> list[str]:
    """Return paragraphs of words by chance, the same ones every time."""
    chance = random.Random(seed)
    vocabulary = [f"w{n}" for n in range(words)]
    return [" ".join(chance.choices(vocabulary, k=size)) for _ in range(count)]


OPENINGS = {
    opening: row(opening, 30_000, "pp-diagram")
    for opening in (
        "<pre>",
        "<figcaption>",
        "<figure>",
        "<!--",
        '<pre class="pp-diagram" data-kind="mermaid">x',
    )
}
COLUMNS: dict[str, Callable[[int], tuple[list[str], list[str]]]] = {
    "identical": lambda n: (["same words"] * n, ["same words"] * (n * 29 // 30)),
    "different": lambda n: (prose(n, 8, 1, 900), prose(n, 8, 2, 900)),
    "nearly alike": lambda n: (prose(n, 8, 1, n // 5 + 1), prose(n, 8, 2, n // 5 + 1)),
    "periodic": lambda n: (
        [f"row {i % 7}" for i in range(n)],
        [f"row {i * 3 % 7}" for i in range(n)],
    ),
    "reversed": lambda n: (prose(n, 8, 1, 900), prose(n, 8, 1, 900)[::-1]),
}
UNITS = ["*", "_", "[", "![", "[](", "**a ", "_a_ ", "> ", ">", "```\n", "``a ", "\\", "&#", "@",
         "@a ", "@a b ", "[a](", "[a](<b", "[`", "  - a\n", "-\n", "\n", "**_", "https://a.b ",
         "http://", "http://a(", "http://."]  # fmt: skip


def hostile_comments(size: int = MOST_COMMENT) -> list[str]:
    """Return comments of about that many characters that are hard to read as Markdown."""
    most = size // 100
    return [
        *(unit * (size // len(unit)) for unit in UNITS),
        "http://a" + "(" * (size * 49 // 100) + ")" * (size * 49 // 100),
        "*a " * (size * 16 // 100) + "b* " * (size * 16 // 100),
        "".join("`" * n + " " for n in range(1, int((2 * size) ** 0.5) - 1)),
        "".join("  " * n + "- a\n" for n in range(most - 2)),
    ]


def drawn(text: str) -> str:
    """Return a diagram."""
    return f'<pre class="pp-diagram" data-kind="mermaid">{escape(text)}</pre>'


DIAGRAMS = {
    "diagram, all to all": Shape(
        lambda n: drawn(
            "flowchart LR\n" + "\n".join(f"a{i} --> b{j}" for i in range(n) for j in range(n))
        ),
        20,
    ),
    "diagrams, many": Shape(lambda n: drawn("flowchart LR\na --> b") * n, 60),
}


def every() -> Iterator[tuple[str, Callable[[float], str]]]:
    """Yield documents by name; each is made by its share of the full size."""
    for name, (shape, _code) in REFUSED.items():
        yield name, shape.small
    groups = (ALLOWED, MANY, {"equal headings": EQUAL}, NESTED, LINTED, DRAWN, WRITTEN, WIDE,
              OPENINGS, DIAGRAMS)  # fmt: skip
    for name, shape in itertools.chain(*(group.items() for group in groups)):
        yield name, shape.small
    for name, shape in NEAR_SECRETS.items():
        yield f"nearly a secret {name!r}", shape.small
    for name, (_kind, _make, full) in HEADERS.items():
        yield f"image {name}", partial(_image, name, full)
    yield "ordinary prose, 4.8 MB", lambda share: honest(max(2, int(5_300 * share)))


def _image(name: str, full: int, share: float) -> str:
    return image(name, max(1, int(full * share)))
