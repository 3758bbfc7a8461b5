"""What holds for every comparison: of real revisions, of random edits, of attack vectors."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planpush.document.diagrams.draw import draw
from planpush.document.sanitizer import limits, sanitizer, svg
from planpush.document.sections import Section, build, cut
from planpush.document.vocabulary import COMPONENTS
from tests.document.redlines import of_sections, reverted, texts

PAIRS = Path(__file__).resolve().parents[3] / "shared" / "tools" / "anchors" / "pairs"
FILES = sorted(PAIRS.glob("*.json.gz"))


def pushed(html: str) -> dict[str, Section]:
    limits.check(html)
    return {
        piece.anchor: build(piece.anchor, svg.settle(sanitizer.clean(piece.html)))
        for piece in cut(html).pieces
    }


_ID = re.compile(r' id="([^"]*)"')


def _names(html: str) -> Counter[str]:
    return Counter(_ID.findall(html))


def check(before: dict[str, Section], after: dict[str, Section]) -> str:
    """Return the comparison of two documents, after looking for all that must hold."""
    page = "".join(one.html for one in of_sections(before, after))
    for side, made in (("old", before), ("new", after)):
        wanted = texts("".join(one.html.decode() for one in made.values()))
        assert texts(reverted(page, side)) == wanted
    assert sanitizer.clean_compared(page) == page
    known = [
        _names("".join(one.html.decode() for one in side.values())) for side in (before, after)
    ]
    assert all(
        n <= max(1, *(side[name.partition(".was-")[0]] for side in known))
        for name, n in _names(page).items()
    )
    assert not re.search(r"<svg(?:(?!</svg>).)*?<(?:ins|del)", page, re.DOTALL)
    return page


@pytest.mark.long
@pytest.mark.skipif(len(FILES) < 76, reason="the pairs of real revisions are not at ../shared")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[:7])
def test_both_versions_of_a_real_document_can_be_read_out_of_their_comparison(path):
    pair = json.loads(gzip.decompress(path.read_bytes()))
    old, new = pushed(pair["old_html"]), pushed(pair["new_html"])
    check(old, new)
    check(new, old)


EXAMPLES = [draw(part.name, part.example)[0] for part in COMPONENTS]
WORDS = ["queue", "worker &amp; co", "a <b>bold</b> step", "", "retry", "<code>x</code>", "世界 é"]
_TEXT = re.compile(r">([^<>]*\w[^<>]*)<")
_BLOCK = re.compile(r"<(p|li|tr|td|dd|dt|h3|figure|article|span|pre|summary)\b.*?</\1>", re.DOTALL)


def reworded(html: str, chance: random.Random) -> str:
    """Return a document with words changed, and blocks taken out, put in, doubled and moved."""
    for _ in range(chance.randrange(1, 5)):
        found = [*(_BLOCK if chance.random() < 0.6 else _TEXT).finditer(html)]
        if not found:
            continue
        one, other = chance.choice(found), chance.choice(found)
        put = chance.choice([*WORDS, one[0], other[0]])
        if one.re is _TEXT:
            html = f"{html[: one.start(1)]}{put}{html[one.end(1) :]}"
        elif chance.random() < 0.5:
            html = html[: one.start()] + html[one.end() :]
        else:
            html = f"{html[: other.start()]}{one[0]}{html[other.start() :]}"
    return html


@pytest.mark.long
@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.sampled_from(EXAMPLES), min_size=1, max_size=5), st.randoms(use_true_random=False)
)
def test_random_edits_of_every_component(parts, chance):
    old = {f"s{n}": html for n, html in enumerate(parts)}
    new = {key: reworded(html, chance) for key, html in old.items() if chance.random() < 0.9}
    if chance.random() < 0.3:
        new = dict(chance.sample([*new.items()], len(new)))
    check(*({k: section(k, html) for k, html in made.items()} for made in (old, new)))


def section(anchor: str, html: str) -> Section:
    inside = re.sub(r' data-anchor="[^"]*"', "", html)
    cleaned = sanitizer.clean(f'<section data-anchor="{anchor}">{inside}</section>')
    return build(anchor, svg.settle(cleaned))
