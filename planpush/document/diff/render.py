"""Renders two versions as one document with changes marked.

Each newer section is walked once: its tags stay as they are, and every word of the older version
is written once, in a `<del>` or where it is still. So without our `<del>` it is the newer text, and
without our `<ins>`, with what moved put back to where a stand-in is, the older one. Ours have a
`data-diff`, which no pushed document can have. See `redline_tree` for the parts.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape

from planpush.document.blocks import Reading
from planpush.document.diff.comparison import Compared, Effort
from planpush.document.diff.inline import DEL, INS, mixed, whole
from planpush.document.diff.tree import Aligner, Edge, Element, Pairs, Run, Tree, is_same_leaf
from planpush.document.html.tokens import HEADINGS, KINDS, TAG, pin_place
from planpush.document.sanitizer.sanitizer import clean_compared

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


_ID = re.compile(r' id="([^"]*)"')


class Old:
    """What is written of older sections; `mark` is in names that no document can have."""

    def __init__(self, pairs: Pairs, mark: str) -> None:
        self.pairs, self.mark = pairs, mark
        self.bare = Bare(f".was-{mark}")

    def name(self, now: Element) -> str:
        """Return the id of an element that moved: its own, or one that it gets."""
        own = _ID.search(now.attributes)
        return own[1] if own else f"d-moved-{self.mark}.{now.tree.anchor}.{now.start}"

    def gone(self, tree: Tree, item: Element | Run, place: str, linked: bool) -> Iterator[str]:
        """Yield what is shown of an item that is no more, or no more in this place."""
        if isinstance(item, Run):
            html = whole(tree.raw(item), "removed", linked, self.bare) if place != "nothing" else ""
            yield boxed(place, html, "removed") if html else ""
        elif (now := self.pairs.after.get(item)) is not None:
            yield stand_in(place, self.name(now), linked)
        elif place == "words":
            text = said(item.html).strip()
            yield f" {DEL}{text}</del> " if text else ""
        elif item.atom:
            yield boxed(place, f"{DEL}{self.bare(item.html)}</del>", "removed")
        elif place != "nothing":
            yield from self._taken_apart(tree, item, place, linked)

    def _taken_apart(self, tree: Tree, item: Element, place: str, linked: bool) -> Iterator[str]:
        start, end = self._tags(item, place, linked)
        yield start
        inside = place_in(item) if fits(item.tag, place) else "flow"
        for child in item.items():
            yield from self.gone(tree, child, inside, linked)
        yield end

    def _tags(self, item: Element, place: str, linked: bool) -> tuple[str, str]:
        """Return the tags around what was in an element, such as fit into a place."""
        if linked and item.tag == "a":
            return "", ""
        if fits(item.tag, place):
            start, end = item.tags
            return marked(self.bare(start), "removed"), end
        if place == "flow":
            return '<div data-diff="removed">', "</div>"
        return box(place, "removed")


_BESIDE = '<div data-diff="beside">'


class Budget:
    """Characters of changed text that may still be compared word by word."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.refused = 0

    def allows(self, size: int) -> bool:
        """Take `size` from what is left, and tell whether that was enough."""
        self.left -= size
        self.refused += self.left < 0
        return self.left >= 0


class Writer:
    """Writes a newer section, and between what is left of it the older one."""

    def __init__(self, pairs: Pairs, new: Tree, old: Old, budget: Budget) -> None:
        self.pairs, self.new, self.old, self.budget = pairs, new, old, budget
        self.aligner = Aligner(pairs)
        self.out: list[str] = []

    def section(self, state: str) -> str:
        """Return the section; `state` is that of its root: "", "added" or "moved"."""
        self._write(self.new.root, state)
        return "".join(self.out)

    def _write(self, now: Element, state: str) -> None:
        """Write a newer element with what became of the older one in it."""
        was = self.pairs.before.get(now)
        if now.atom:
            self._drawing(now, was, state)
            return
        if was is not None and not state and is_same_leaf(was, now):
            self.out.append(now.html)
            return
        (tag, end), at = now.tags, len(self.out)
        self.out.append(tag)
        if self._inside(was, now) and not state:
            state = "changed"
        if state:
            is_named = state != "moved" or ' id="' in tag
            self.out[at] = marked(tag, state, "" if is_named else f' id="{self.old.name(now)}"')
        self.out.append(end)

    def _drawing(self, now: Element, was: Element | None, state: str) -> None:
        """Write a drawing, after the older one if they differ."""
        html, place = now.html, place_in(now.parent or now)
        old = was.html if was is not None else ""
        if was is None:
            html = f"{INS}{html}</ins>"
        elif not is_same(old, html):
            html = f"{DEL}{self.old.bare(old)}</del>{INS}{html}</ins>"
            html = f"{_BESIDE}{html}</div>" if place == "flow" else html
        if state == "moved":
            tag = "div" if place == "flow" else "span"
            html = f'<{tag} id="{self.old.name(now)}" data-diff="moved">{html}</{tag}>'
        self.out.append(html)

    def _inside(self, was: Element | None, now: Element) -> bool:
        """Write what is in an element; tell whether words of its own changed."""
        if was is not None and self._is_aligned(was, now):
            return self._through(was, now)
        news = list(self.aligner.news(now))
        tree = self.new if was is None else was.tree
        olds = [] if was is None else list(self.aligner.olds(was))
        above, changed = [now], False
        for x, y in self.aligner.steps(tree, self.new, olds, news):
            if y < 0:
                place, linked = place_in(above[-1]), above[-1].linked or above[-1].tag == "a"
                self.out += self.old.gone(tree, olds[x], place, linked)
                changed |= isinstance(olds[x], Run)
                continue
            item = news[y]
            if isinstance(item, Run):
                before = tree.raw(olds[x]) if x >= 0 else ""
                changed |= self._run(before, self.new.raw(item), above[-1])
            elif isinstance(item, Edge):
                self._edge(item, above)
            else:
                self._write(item, "" if x >= 0 else self._came(item))
        return changed

    def _is_aligned(self, was: Element, now: Element) -> bool:
        """Tell whether all elements in one are those in the other, in order."""
        return len(was.children) == len(now.children) and all(
            self.pairs.after.get(one) is other
            for one, other in zip(was.children, now.children, strict=True)
        )

    def _through(self, was: Element, now: Element) -> bool:
        """Write what is in an element that has the same elements in it as before."""
        old, new, changed = was.tree.html, self.new.html, False
        x, y = was.inner, now.inner
        for one, other in zip(was.children, now.children, strict=True):
            changed |= self._between(was, old[x : one.start], now, new[y : other.start])
            self._write(other, "")
            x, y = one.end, other.end
        return self._between(was, old[x : was.close], now, new[y : now.close]) or changed

    def _between(self, was: Element, old: str, now: Element, new: str) -> bool:
        """Write what stands between two elements of another."""
        if old == new:
            self.out.append(new)
            return False
        if old.strip() and not new.strip():
            at = was.tree.html.index(old, was.inner)
            run = Run(at, at + len(old))
            linked = now.linked or now.tag == "a"
            self.out += [new, *self.old.gone(was.tree, run, place_in(now), linked)]
            return True
        return self._run(old if old.strip() else "", new, now)

    def _came(self, item: Element) -> str:
        return "moved" if item in self.pairs.before else "added"

    def _edge(self, edge: Edge, above: list[Element]) -> None:
        start, end = edge.element.tags
        if edge.is_start:
            above.append(edge.element)
        else:
            above.pop()
        self.out.append(start if edge.is_start else end)

    def _run(self, old: str, new: str, above: Element) -> bool:
        """Write a run of text; tell whether it changed."""
        linked = above.linked or above.tag == "a"
        if old == new or not new.strip():
            html = new
        elif not old:
            html = whole(new, "added", linked, self.old.bare)
        elif self.budget.allows(len(old) + len(new)):
            lines = above.tag == "pre" or (above.parent is not None and above.parent.tag == "pre")
            html = mixed(old, new, lines=lines, linked=linked, bare=self.old.bare)
        else:
            html = whole(old, "removed", linked, self.old.bare)
            html += whole(new, "added", linked, self.old.bare)
        self.out.append(html)
        return html != new


MOST = 1_000_000
"""Characters of changed blocks that are compared word by word; the rest is shown whole."""

RENDERED = 2_400_000
"""Characters of HTML of sections that differ, of both versions, that are taken apart."""

MARKED = 10_000
"""Blocks that differ and are marked one by one: nobody steps through more on one page."""

_WHOLE = ("same", "moved")


@dataclass(frozen=True, slots=True)
class Redlined:
    """A section as it is shown. `html` is safe; "" of one that nobody asked for.

    `counts` are of its blocks, by state: "added", "removed", "changed", "moved". A section that
    moved is there twice: where it was with `is_stand_in`, without its text. `is_coarse`: too much
    changed to mark all of it word by word.
    """

    compared: Compared
    html: str
    counts: Mapping[str, int]
    is_stand_in: bool = False
    is_coarse: bool = False


def redline(
    found: Sequence[Compared], old: Mapping[str, str], new: Mapping[str, str], order: Sequence[str]
) -> list[Redlined]:
    """Return the sections of a comparison as one document.

    `old` and `new` are the stored HTML of sections by their anchors: of all that differ, and of
    others that are wanted. `order` are the older version's anchors.
    """
    page = _Page(found, old, new)
    return list(_ordered([page.shown(one) for one in found], order))


def _counts(one: Compared) -> Mapping[str, int]:
    return Counter(change.state for change in one.changes)


class _Page:
    """The trees of all sections that differ, and what in them is the same."""

    def __init__(
        self, found: Sequence[Compared], old: Mapping[str, str], new: Mapping[str, str]
    ) -> None:
        self.stored, self.stored_old = new, old
        efforts = Effort(RENDERED), Effort(MARKED)
        told = [one for one in found if one.state not in _WHOLE]
        self.wholes = {one.part.anchor for one in told if not self._is_taken_apart(one, *efforts)}
        apart = [one for one in told if one.part.anchor not in self.wholes]
        was = [one.was.anchor for one in apart if one.was]
        now = [one.part.anchor for one in apart if one.state != "removed"]
        olds = {anchor: Tree(anchor, old[anchor]) for anchor in was}
        news = {anchor: Tree(anchor, new[anchor]) for anchor in now}
        went = {one.was.anchor: one.went for one in apart if one.was}
        self.pairs = Pairs(olds, news, went)
        self.pairs.note_moves(_moved(apart))
        for one in apart:
            if one.was and one.state != "removed":
                self.pairs.pair_sections(olds[one.was.anchor], news[one.part.anchor])
        self.old = Old(
            self.pairs, _digest("".join(text for side in self._texts(told) for text in side))
        )
        self.budget = Budget(MOST)

    def _texts(self, told: Sequence[Compared]) -> Iterator[tuple[str, str]]:
        """Yield the HTML of sections that differ, before and after ("": there is none)."""
        for one in told:
            yield (
                self.stored_old[one.was.anchor] if one.was else "",
                self.stored[one.part.anchor] if one.state != "removed" else "",
            )

    def _is_taken_apart(self, one: Compared, rendered: Effort, marks: Effort) -> bool:
        [(was, now)] = self._texts([one])
        return (
            not one.is_whole
            and marks.allows(len(one.changes))
            and rendered.allows(len(was) + len(now))
        )

    def shown(self, one: Compared) -> Redlined:
        """Return a section as it is shown."""
        before = self.budget.refused
        if one.part.anchor not in self.wholes:
            html = self.section(one)
            return Redlined(one, html, _counts(one), is_coarse=self.budget.refused > before)
        [(was, now)] = self._texts([one])
        # What is stored is safe: only names in what is gone were changed.
        gone = clean_compared(marked_whole(self.old.bare(was), "removed"))
        html = gone + marked_whole(now, "added")
        return Redlined(one, html, _counts(one), is_coarse=bool(was and now))

    def section(self, one: Compared) -> str:
        """Return a section's HTML, made safe again."""
        anchor = one.part.anchor
        if one.state in _WHOLE:
            html = self.stored.get(anchor, "")
            if not (html and one.moved):
                return html
            return clean_compared(marked_whole(html, "moved"))
        if one.state == "removed":
            tree = self.pairs.old[anchor]
            return clean_compared("".join(self.old.gone(tree, tree.root, "flow", linked=False)))
        tree = self.pairs.new[anchor]
        came = tree.root in self.pairs.before
        state = "moved" if one.moved or (came and not one.was) else "" if came else "added"
        writer = Writer(self.pairs, tree, self.old, self.budget)
        return clean_compared(writer.section(state))


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:10]


def _moved(told: Sequence[Compared]) -> Iterator[tuple[str, int]]:
    for one in told:
        for change in one.changes:
            if change.state == "moved" and change.after:
                yield change.after.section, change.after.key


def _ordered(made: Sequence[Redlined], order: Sequence[str]) -> Iterator[Redlined]:
    """Yield the sections, and where one was that moved, its stand-in."""
    known = {one.compared.was.anchor: one for one in made if one.compared.was}
    behind: dict[str, list[Redlined]] = defaultdict(list)
    last = ""
    for anchor in order:
        one = known.get(anchor)
        if one is None or not one.compared.moved:
            last = anchor
        else:
            link = stand_in("flow", f"s-{one.compared.part.anchor}", linked=False)
            behind[last].append(Redlined(one.compared, link, {}, is_stand_in=True))
    yield from behind.pop("", ())
    for one in made:
        yield one
        if one.compared.was and not one.compared.moved:
            yield from behind[one.compared.was.anchor]


_KEY = re.compile(r' data-block="([0-9]+)"')


def pin_places(html: str) -> dict[int, int]:
    """Return the offsets in `html` (of one section) where the pins of its blocks go, by key."""
    reading = Reading("", html)
    return {
        int(key[1]): pin_place(node, reading.headings.get(node.index))
        for node in reading.nodes
        if (key := _KEY.search(node.attributes))
    }
