"""The examples of the vocabulary, as source and as rendered HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from planpush.document import sections
from planpush.document.diagrams.draw import draw
from planpush.document.html.elements import VOID
from planpush.document.html.tokens import TAG
from planpush.document.sanitizer import sanitizer, svg
from planpush.document.vocabulary import COMPONENTS, Component

THEMES = ("light", "dark")
_PRE = re.compile(r"(<pre\b.*?</pre>)", re.DOTALL)
_OWN_LINE = re.compile(
    r"(?:article|dd|div|dl|dt|figcaption|figure|h[1-6]|header|input|label|li|ol|p|section|svg|table"
    r"|tbody|td|th|thead|tr|ul)"
)
_NAMES = re.compile(
    r" (id|for|name|headers|aria-labelledby|aria-describedby|aria-details|aria-controls|aria-owns)="
    r'"([^"]*)"'
)
_LINKS = re.compile(r'(href="#|url\(#)((?!pp-i-)[^")]+)')
_LABEL = re.compile(r' aria-label="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Shown:
    """A component with its example: the source in lines, and what is drawn in each theme."""

    component: Component
    source: str
    drawn: dict[str, str]

    @property
    def title(self) -> str:
        """Return the name as a heading."""
        name = self.component.name.replace("-", " ")
        return name.upper() if name == "api" else name.capitalize()


@cache
def shown() -> tuple[Shown, ...]:
    """Return every component with its example, drawn once by the pipeline of a push."""
    return tuple(map(_show, COMPONENTS))


def _show(component: Component) -> Shown:
    drawn_html, _ = draw(component.name, component.example)
    settled = svg.settle(sanitizer.clean(drawn_html))
    built = sections.build(component.name, settled)
    html = built.html.decode()
    drawn = {theme: apart(html, theme) for theme in THEMES}
    return Shown(component, in_lines(component.example), drawn)


def apart(html: str, word: str) -> str:
    """Return sanitised `html` with names of its own: it may stand twice on one page."""

    def change(tag: re.Match[str]) -> str:
        text = _NAMES.sub(lambda name: f' {name[1]}="{_each(name[2], word)}"', tag[0])
        text = _LINKS.sub(lambda link: f"{link[1]}{link[2]}.{word}", text)
        return _LABEL.sub(lambda label: f' aria-label="{label[1]} ({word})"', text)

    return TAG.sub(change, html)


def _each(names: str, word: str) -> str:
    return " ".join(f"{name}.{word}" for name in names.split())


def in_lines(html: str) -> str:
    """Return `html` with each block on a line of its own, indented; a `<pre>` stays as it is."""
    lines: list[str] = [""]
    depth = 0
    for part in _PRE.split(html):
        if part.startswith("<pre"):
            lines[-1] += part
        else:
            depth = _break(part, depth, lines)
    return "\n".join(line for line in lines if line.strip())


def _break(html: str, depth: int, lines: list[str]) -> int:
    """Add `html` to `lines` and return how deep it ends."""
    at = 0
    for tag in TAG.finditer(html):
        lines[-1] += html[at : tag.start()]
        closing, name = bool(tag[1]), tag[2].lower()
        own = _OWN_LINE.fullmatch(name)
        depth -= closing and name not in VOID
        if own and not closing and (not lines[-1] or lines[-1].endswith(">")):
            lines.append("  " * depth)
        lines[-1] += tag[0]
        depth += not closing and name not in VOID
        at = tag.end()
    lines[-1] += html[at:]
    return depth
