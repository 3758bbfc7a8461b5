"""Attack vectors, in a browser and without one."""

import json
import os
import re
import sys
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from planpush.content import limits, sanitise
from planpush.content.problem import Problem

FOLDER = Path(__file__).parents[2].parent / "shared/tools/xss"
CHROMIUM = "/usr/bin/chromium"
here = pytest.mark.skipif(not FOLDER.is_dir(), reason="../shared/tools/xss is not on this machine")
EVIL = re.compile(r"\s*(?:javascript|vbscript|data:text)", re.IGNORECASE)


def vectors() -> list[str]:
    known = json.loads((FOLDER / "vectors.json").read_text(encoding="utf-8"))
    entries = known["vectors"] if isinstance(known, dict) else known
    return [entry["html"] for entry in entries]


def guarded(html: str) -> str:
    limits.check(html)
    return sanitise.clean(html)


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


LOWER = {tag.lower() for tag in sanitise.TAGS} | sanitise.TAGS


@here
def test_no_vector_survives_and_each_result_is_a_fixed_point():
    kept = 0
    for html in vectors():
        try:
            cleaned = guarded(html)
        except Problem:
            continue
        kept += 1
        assert offences(cleaned) == [], html
        assert sanitise.clean(cleaned) == cleaned, html
    assert kept > 500


@here
@pytest.mark.browser
@pytest.mark.skipif(not os.path.exists(CHROMIUM), reason="Chromium is not on this machine")
@pytest.mark.timeout(300)
def test_no_vector_runs_in_chromium(monkeypatch):
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    import xss_harness

    audit = {"strict": True, "idPrefix": sanitise.ID_PREFIX, "tags": sorted(sanitise.TAGS)}
    report = xss_harness.run(guarded, "planpush", audit=audit, verbose=False)
    assert report["vectors"] >= 600
    assert report["failing"] == 0, report["fails"][:5]
