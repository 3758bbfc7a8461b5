"""Attack vectors, in a browser and without one."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from planpush.document.sanitizer import limits, sanitizer
from planpush.errors import Problem

FOLDER = Path(__file__).parents[2].parent / "shared/tools/xss"
CHROMIUM = shutil.which("chromium")
MOST = 60
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


@here
@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not on the PATH")
def test_no_vector_runs_in_chromium():
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    outputs = dict.fromkeys(sanitizer.clean(entry["html"]) for entry in vectors())
    assert len(outputs) > 200
    found = seen(pages(outputs))
    # Should something be wrong with a page, each output of it is looked at alone, to name it.
    assert (found and seen([[output] for output in outputs]), found) == ({}, {})


def pages(outputs):
    """Put outputs together: of the elements of a page, the harness pokes the first 60."""
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
