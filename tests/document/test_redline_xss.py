"""Attack vectors in a document that is compared: with an edited one, with none, both ways."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from itertools import permutations

import pytest

from planpush.document.sanitizer import sanitizer
from planpush.document.sections import Section
from planpush.errors import Problem
from tests.document.redlines import made, of_sections
from tests.document.test_xss import FOLDER, guarded, offences, pages, seen, vectors

CHROMIUM = shutil.which("chromium")
_WORD = re.compile(r"(>[^<>&]*?)(\w+)")
_ROOT = re.compile(r' id="s-v"')

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="../shared/tools/xss is not on this machine"
)


def versions(html: str) -> list[Section]:
    """Return a document with a vector in it, the same edited, and one without it."""
    safe = guarded(f"<section>{html}</section>")
    edited = _WORD.sub(r"\1else", safe)
    more = [f"<p>One two.</p>{safe}<p>Old.</p>", f"<p>New.</p>{edited}<p>One 2.</p>", "<p>Old.</p>"]
    return [made("v", f'<section data-anchor="v">{body}</section>') for body in more]


def outputs(ways: int = 6) -> Iterator[str]:
    """Yield the comparisons of all vectors, each so many ways."""
    for entry in vectors():
        try:
            known = versions(entry["html"])
        except Problem:
            continue
        ordered = sorted(permutations(range(3), 2), key=lambda two: max(two))
        for old, new in ordered[:ways]:
            yield "".join(one.html for one in of_sections({"v": known[old]}, {"v": known[new]}))
        for whole in ({"v": known[0]}, {}), ({}, {"v": known[0]}):
            yield from ["".join(one.html for one in of_sections(*whole))] * (ways > 1)


@pytest.mark.long
def test_no_vector_gets_out_of_a_comparison():
    kept = 0
    for html in outputs():
        kept += 1
        assert offences(html) == [], html
        assert sanitizer.clean_compared(html) == html
    assert kept > 3_000


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not on the PATH")
def test_no_compared_vector_runs_in_chromium():
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    shown = dict.fromkeys(_ROOT.sub("", html) for html in outputs(ways=1))
    assert len(shown) > 200
    found = seen(pages(shown))
    assert (found and seen([[output] for output in shown]), found) == ({}, {})
