"""Writes one section of two versions as one, the newer one's tags as they are."""

from __future__ import annotations

from planpush.content.redline_align import Aligner, Edge
from planpush.content.redline_marks import is_same, marked, place_in
from planpush.content.redline_mix import DEL, INS, mixed, whole
from planpush.content.redline_old import Old
from planpush.content.redline_pairs import Pairs
from planpush.content.redline_tree import Element, Run, Tree, is_same_leaf

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
