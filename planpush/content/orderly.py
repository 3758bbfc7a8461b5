"""Sections in good order: what the linter would tell of a plain one, told without reading its tags.

Nearly every section that is pushed has nothing to mend. A few searches over its text show that,
in a tenth of the time in which the linter makes a tree of it. Where they find anything odd, or
anything that only a tree can judge, nothing is told, and the linter reads the section itself.
"""

from __future__ import annotations

import re
from html import unescape
from itertools import pairwise

from planpush.content.checks import Flaw, Words
from planpush.content.checks.nodes import Node
from planpush.content.checks.report import Report
from planpush.content.checks.shape import MOST_PROSE, MOST_WORDS, check_anchor
from planpush.content.checks.tags import TagRules
from planpush.content.values import strip_controls

_LONGEST = 256 * 1024  # characters, which are in no case more bytes than a section may have
_JUDGED = ("<svg", "<input", "pp-flow", "pp-tabs", "rowspan", "colspan")
_TAG = re.compile(r"<[^<>]*>")
_GIVEN = re.compile(r"<([a-z][a-z0-9]*)( [^<>]*=[^<>]*)>")
_PAIR = re.compile(r" ([A-Za-z-]+)=\"([^\"]*)\"")
_ID = re.compile(r" id=\"([^\"<>]*)\"")
_ANCHOR = re.compile(r" data-anchor=\"([^\"<>]*)\"")
_ROOT = re.compile(r"<([a-z][a-z0-9]*)[ >]")
_CODE = re.compile(r"<pre[ >].*?</pre>", re.DOTALL)
_HEADING = re.compile(r"<h([1-6])(?: [^<>]*)?>(.*?)</h[1-6]>", re.DOTALL)
_SHOWN = re.compile(r"<(?:table|pre|ul|ol|dl|figure|details|blockquote|button|hr)[ >]")
_TABLE = re.compile(r"<table[ >].*?</table>", re.DOTALL)
_ROWS = re.compile(r"<t([rdh])[ >]")
_LOOSE = re.compile(
    r"(?:<(?:table|tbody|thead|tfoot|tr)(?: [^<>]*)?>|</(?:caption|t[dhr]|tbody|thead|tfoot) ?>)"
    r"\s*+[^\s<]"
)


def flaws(anchor: str, html: str, words: Words) -> list[Flaw] | None:
    """Return what the linter finds in a section that is `plain`; None: let it read the section."""
    if len(html) > _LONGEST or any(map(html.__contains__, _JUDGED)):
        return None
    if strip_controls(html) is not html or not _is_one(html.strip()):
        return None
    if not _is_named(anchor, html) or not _is_known(html, words):
        return None
    if _LOOSE.search(html) or not all(map(_is_even, _TABLE.findall(html))):
        return None
    return _said(html)


def _is_one(text: str) -> bool:
    """Tell whether all of a section is in one element."""
    root = _ROOT.match(text)
    if root is None or not text.endswith(f"</{root[1]}>"):
        return False
    return text.count(f"<{root[1]}>") + text.count(f"<{root[1]} ") == 1


def _is_named(anchor: str, html: str) -> bool:
    """Tell whether the root has the section's anchor, and no other name is there twice."""
    root, anchors, ids = _ROOT.search(html), _ANCHOR.findall(html), _ID.findall(html)
    if root is None or not anchors or anchors[0] != anchor or len(set(ids)) < len(ids):
        return False
    report = Report("")
    for name in anchors[1:]:
        check_anchor(report, name, 0)
    own = " data-anchor=" in html[root.start() : html.index(">", root.end() - 1)]
    return own and len(set(anchors)) == len(anchors) and not report.found


def _is_known(html: str, words: Words) -> bool:
    """Tell whether the linter has nothing against any tag; each that is different is asked once."""
    report = Report("")
    rules = TagRules(report, words)
    for name, attributes in set(_GIVEN.findall(html)):
        pairs = _PAIR.findall(attributes)[::-1]  # of two, the first counts
        given = {attribute: unescape(value) for attribute, value in pairs}
        if not all(map(str.islower, given)):
            return False
        rules.check(Node(name, 0, given, None))
    return not report.found


def _is_even(table: str) -> bool:
    """Tell whether a table has header cells, and rows of as many cells."""
    rows = "".join(_ROWS.findall(table)).split("r")[1:]
    return len(set(map(len, rows))) == 1 and "h" in "".join(rows)


def _said(html: str) -> list[Flaw] | None:
    """Tell of the headings, and of how much is said how."""
    headings = _HEADING.findall(html)
    levels = [int(level) for level, _ in headings]
    if not headings or any(after > before + 1 for before, after in pairwise(levels)):
        return None
    size = _size(_CODE.sub(" ", html))
    if size <= sum(_size(text) for _, text in headings):
        return None
    if size >= MOST_PROSE and not _SHOWN.search(html):
        return None
    report = Report(html)
    if size > MOST_WORDS:
        report.add("section_too_long", 0, f"{size:,}", f"{MOST_WORDS:,}")
    return report.flaws()


def _size(html: str) -> int:
    return len(_TAG.sub(" ", html).split())
