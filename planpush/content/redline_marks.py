"""What a comparison writes around what it found: marks, stand-ins, and old markup made to fit."""

from __future__ import annotations

import re
from html import escape

from planpush.content.redline_tree import Element
from planpush.content.tokens import HEADINGS, KINDS, TAG

_OWN = re.compile(r' data-(?:block|anchor)="[^"]*"')
_NAMES = re.compile(
    r" (id|for|name|headers|aria-labelledby|aria-describedby|aria-details|aria-controls|aria-owns)="
    r'"([^"]*)"'
)
_LINKS = re.compile(r'(<(?!a )[^<>]* href="#|url\(#)((?!pp-i-)[^")]+)')
_IN = {
    "list": frozenset(("li",)),
    "terms": frozenset(("dt", "dd", "div")),
    "table": frozenset(("caption", "thead", "tbody", "tfoot")),
    "rows": frozenset(("tr",)),
    "row": frozenset(("td", "th")),
}
_BOX = {
    "list": ("<li{}>", "</li>"),
    "terms": ("<dd{}>", "</dd>"),
    "table": ("<tbody{}><tr><td>", "</td></tr></tbody>"),
    "rows": ("<tr{}><td>", "</td></tr>"),
    "row": ("<td{}>", "</td>"),
}
_PLACES = {
    **dict.fromkeys(("ul", "ol", "menu"), "list"),
    "dl": "terms",
    "table": "table",
    **dict.fromkeys(("thead", "tbody", "tfoot"), "rows"),
    "tr": "row",
    "colgroup": "nothing",
    **dict.fromkeys((*HEADINGS, "p", "pre", "summary", "label", "button", "legend"), "words"),
}
_TRANSPARENT = ("a", "ins", "del")
_ONLY_IN = frozenset().union(*_IN.values()) - {"div"} | {"summary", "legend", "figcaption"}
REL = "noopener noreferrer nofollow"


class Bare:
    """Takes from old tags what may be on a page only once; names get `mark` behind them."""

    def __init__(self, mark: str) -> None:
        self.mark = mark

    def __call__(self, html: str) -> str:
        """Return old HTML without keys, and with names of its own."""
        if " data-" in html:
            html = _OWN.sub("", html)
        if '="' not in html:
            return html
        html = _NAMES.sub(lambda name: f' {name[1]}="{self._each(name[2])}"', html)
        return (
            _LINKS.sub(lambda link: f"{link[1]}{link[2]}{self.mark}", html) if "#" in html else html
        )

    def _each(self, names: str) -> str:
        return " ".join(name + self.mark for name in names.split())


def marked(tag: str, state: str, more: str = "") -> str:
    """Return a start tag with our mark."""
    name = len(tag) - 1
    for stop in " >":
        at = tag.find(stop)
        name = min(name, at) if at >= 0 else name
    return f'{tag[:name]} data-diff="{state}"{more}{tag[name:]}'


def marked_whole(html: str, state: str) -> str:
    """Return a section with our mark on it; "" of none."""
    start = html.find(">") + 1
    return marked(html[:start], state) + html[start:] if html else ""


def place_in(element: Element) -> str:
    """Return what may stand directly in an element: "flow", "words", "list" ..."""
    tag = element.tag
    if tag in _TRANSPARENT and element.parent is not None and element.parent.tag:
        return place_in(element.parent)
    if tag == "div" and element.parent is not None and element.parent.tag == "dl":
        return "terms"
    return _PLACES.get(tag) or ("flow" if tag in KINDS or not tag else "words")


def fits(tag: str, place: str) -> bool:
    """Tell whether an element may stand in a place."""
    if place in _IN:
        return tag in _IN[place]
    return place == "flow" and tag not in _ONLY_IN


def box(place: str, state: str) -> tuple[str, str]:
    """Return the tags that make what may stand in "flow" fit for a place."""
    start, end = _BOX.get(place, ("", ""))
    return start.format(f' data-diff="{state}"'), end


def boxed(place: str, html: str, state: str) -> str:
    """Return what may stand in "flow", made fit for a place."""
    start, end = box(place, state)
    return start + html + end


def stand_in(place: str, target: str, linked: bool) -> str:
    """Return what is left where something moved away: a link to where it is now."""
    if place == "nothing":
        return ""
    mark = ' data-diff="from"'
    link = f'<a href="#{escape(target)}" rel="{REL}">Moved</a>' if not linked else "Moved"
    if place in _BOX:
        return boxed(place, link, "from")
    return f"<p{mark}>{link}</p>" if place == "flow" else f"<span{mark}>{link}</span>"


def said(html: str) -> str:
    """Return the text of old HTML without its tags, for places that take nothing else."""

    def blank(tag: re.Match[str]) -> str:
        is_word = tag[2] not in KINDS and tag[2] not in ("br", "hr") and "data-block" not in tag[3]
        return "" if is_word else " "

    return TAG.sub(blank, html)


def is_same(old: str, new: str) -> bool:
    """Tell whether only keys differ."""
    return old == new or _OWN.sub("", old) == _OWN.sub("", new)
