"""Plain documents, whose elements are known without a model of the parser: nearly all are plain.

Plain is a source whose tags all close in turn, stand where a parser leaves them, and are written as
the vocabulary shows them. Such a source costs a parser what its length and its tags cost, so that
of all limits only the number of elements, and the size of a tag and a text, are left to look at.
"""

from __future__ import annotations

import re

from planpush.content.elements import FORMATTING, HEADINGS, words

LONGEST = 400
"""Characters of a plain tag; with the text behind it, it may have ten times as many."""
DEEPEST = 100

_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)((?: [A-Za-z-]+=\"[^\"<>]*\")*) ?(/?)>")
_VOID = words("br hr input wbr")
_BRIEF = words("abbr bdi bdo cite data del dfn ins kbd label mark q samp span sub sup time var")
_BRIEF |= (FORMATTING & words("a b code em i s small strong u")) | {"br", "input", "wbr", "svg"}
_WIDE = words(
    "address article aside blockquote details div dl figcaption figure footer header hr nav ol p"
    " pre section summary table ul"
)
_WHOLE = _BRIEF | _WIDE | HEADINGS
_DRAWN = words(
    "circle defs ellipse g line marker path pattern polygon polyline rect stop svg symbol text"
    " tspan use"
)
_ROWS = words("tbody tfoot thead tr")
_INSIDE = {
    **dict.fromkeys(_BRIEF - _VOID, _BRIEF),
    **dict.fromkeys(HEADINGS | {"p", "pre"}, _BRIEF),
    **dict.fromkeys(_WIDE - _VOID - {"p", "pre"}, _WHOLE),
    **dict.fromkeys(_DRAWN, _DRAWN),
    **dict.fromkeys(("td", "th", "li", "dd", "dt", "caption"), _WHOLE),
    **dict.fromkeys(("ul", "ol"), words("li")),
    **dict.fromkeys(("tbody", "tfoot", "thead"), words("tr")),
    "dl": words("dd dt div"),
    "table": _ROWS | {"caption"},
    "tr": words("td th"),
}
"""What each element may hold so that a parser moves, closes and repeats nothing."""
_BODY, _GROUP = "table ", "div "  # with the <tbody> that the parser adds; of the terms of a list
_INSIDE |= {_BODY: words("tr"), _GROUP: words("dd dt")}


def elements(text: str) -> int | None:
    """Return how many elements a parser makes of a plain source; None: it is not plain."""
    tags = _TAG.findall(text)
    if text.count("<") != len(tags) or _is_long(text):
        return None
    count, stack, inside = 0, [""], _WHOLE
    for slash, name, attributes, closed in tags:
        if slash:
            last = stack.pop()
            if attributes or closed or last not in (name, f"{name} "):
                return None
            inside = _INSIDE[stack[-1]] if len(stack) > 1 else _WHOLE
            continue
        if name not in inside or len(attributes) > LONGEST - 20 or _is_alone(name, stack):
            return None
        count += 1
        if name == "tr" and stack[-1] == "table":
            count, stack[-1] = count + 1, _BODY
        if closed or name in _VOID:
            if closed and inside is not _DRAWN and name not in _VOID and name != "svg":
                return None
            continue
        stack.append(_GROUP if name == "div" and stack[-1] == "dl" else name)
        inside = _INSIDE[stack[-1]]
    return count if len(stack) == 1 else None


def _is_long(text: str) -> bool:
    return max(map(len, text.split("<"))) >= 10 * LONGEST


def _is_alone(name: str, stack: list[str]) -> bool:
    """Tell whether an element must not stand here, however far below another of its name."""
    if name in ("a", "table") and (name in stack or _BODY in stack):
        return True
    return len(stack) > DEEPEST
