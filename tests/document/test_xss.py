"""Attack vectors, in a document and in a comparison: without a browser, and in Chromium."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from itertools import permutations
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from planpush.document.diff.navigation import numbered
from planpush.document.sanitizer import limits, sanitizer
from planpush.document.sections import Section
from planpush.errors import Problem
from tests.document.redlines import made, of_sections

FOLDER = Path(__file__).parents[2].parent / "shared/tools/xss"
CHROMIUM = shutil.which("chromium")
MOST = 600  # elements of a page: see xss_pages
here = pytest.mark.skipif(not FOLDER.is_dir(), reason="../shared/tools/xss is not on this machine")
EVIL = re.compile(r"\s*(?:javascript|vbscript|data:text)", re.IGNORECASE)


def vectors() -> list[dict[str, str]]:
    known = json.loads((FOLDER / "vectors.json").read_text(encoding="utf-8"))
    return known["vectors"] if isinstance(known, dict) else known


def guarded(html: str) -> str:
    limits.check(html)
    return sanitizer.clean(html)


def offences(html: str) -> list[str]:
    body = LexborHTMLParser(html).body
    assert body is not None
    nodes = [node for node in body.css("*") if node.tag != "body"]
    found = [node.tag or "" for node in nodes if node.tag not in LOWER]
    for node in nodes:
        for name, value in node.attributes.items():
            if name.startswith(("on", "hx-")) or name in ("style", "srcdoc", "target"):
                found.append(name)
            if name in ("href", "src") and EVIL.match(value or ""):
                found.append(value or "")
    return found


LOWER = {tag.lower() for tag in sanitizer.TAGS} | sanitizer.TAGS


@here
def test_no_vector_survives_and_each_result_is_a_fixed_point():
    kept = 0
    for html in (entry["html"] for entry in vectors()):
        try:
            cleaned = guarded(html)
        except Problem:
            continue
        kept += 1
        assert offences(cleaned) == [], html
        assert sanitizer.clean(cleaned) == cleaned, html
    assert kept > 500


WORD = re.compile(r"(>[^<>&]*?)(\w+)")
ROOT = re.compile(r' id="s-v"')
STOPS = re.compile(r' data-stop(?: id="pp-c[0-9]+")?(?: tabindex="-1")?')
MARKED_SPACE = re.compile(r'<(ins|del) data-diff="[a-z]+">\s*</\1>')


def versions(html: str) -> list[Section]:
    """Return a document with a vector in it, the same edited, and one without it."""
    safe = guarded(f"<section>{html}</section>")
    edited = WORD.sub(r"\1else", safe)
    more = [f"<p>One two.</p>{safe}<p>Old.</p>", f"<p>New.</p>{edited}<p>One 2.</p>", "<p>Old.</p>"]
    return [made("v", f'<section data-anchor="v">{body}</section>') for body in more]


def comparisons() -> Iterator[str]:
    """Yield each vector compared with its edited self, with no vector, and with no section."""
    for entry in vectors():
        try:
            known = versions(entry["html"])
        except Problem:
            continue
        pairs = [({"v": known[old]}, {"v": known[new]}) for old, new in permutations(range(2))]
        for sides in (*pairs, ({"v": known[0]}, {"v": known[2]}), ({}, {"v": known[0]})):
            yield "".join(one.html for one in of_sections(*sides))


def squeezed(html: str) -> str:
    """Return HTML without spaces, those that are marked too, and with nothing folded."""
    return re.sub(r'\s| open=""', "", MARKED_SPACE.sub("", html))


@pytest.mark.long
@here
def test_no_vector_gets_out_of_a_comparison():
    kept = 0
    for html in comparisons():
        kept += 1
        assert offences(html) == [], html
        assert sanitizer.clean_compared(html) == html
        bare = STOPS.sub("", numbered(html, 1)[0])  # the change navigation adds only its names
        assert squeezed(bare) == squeezed(sanitizer.clean_compared(bare)) == squeezed(html)
    assert kept > 2_000


def shape(html: str) -> str:
    """Return HTML without what differs from one word or version to the next."""
    return re.sub(r">[^<]+<", "><", re.sub(r'\.was-\w+|data-block="\d+"', "", html))


@here
@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not on the PATH")
def test_no_vector_runs_in_chromium():
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    cleaned = dict.fromkeys(sanitizer.clean(entry["html"]) for entry in vectors())
    # In a comparison words differ more often than what is around them.
    compared = {shape(html): html for html in map(partial(ROOT.sub, ""), comparisons())}
    outputs = [*cleaned, *compared.values()]
    assert len(cleaned) > 200 < len(compared)
    found = seen(pages(outputs))
    # Should something be wrong with a page, each output of it is looked at alone, to name it.
    assert (found and seen([[output] for output in outputs]), found) == ({}, {})


def pages(outputs):
    """Put outputs together: to load a page is what takes long."""
    found, room = [], 0
    for output in outputs:
        size = 1 + len(LexborHTMLParser(output).body.css("*"))
        if size > room:
            found.append([])
            room = MOST
        found[-1].append(output)
        room -= size
    return found


def seen(shown):
    """Return what is wrong in Chromium with pages of outputs."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.document.xss_pages", FOLDER, CHROMIUM],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        input=json.dumps(shown),
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4_000:] + run.stderr[-4_000:]
    return json.loads(run.stdout)
