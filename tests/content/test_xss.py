"""Attack vectors, in a browser and without one."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from planpush.content import limits, sanitise
from planpush.content.problem import Problem

FOLDER = Path(__file__).parents[2].parent / "shared/tools/xss"
TARGET = "planpush.content.sanitise:clean"
CHROMIUM = "/usr/bin/chromium"
here = pytest.mark.skipif(not FOLDER.is_dir(), reason="../shared/tools/xss is not on this machine")
EVIL = re.compile(r"\s*(?:javascript|vbscript|data:text)", re.IGNORECASE)


def vectors() -> list[dict[str, str]]:
    known = json.loads((FOLDER / "vectors.json").read_text(encoding="utf-8"))
    return known["vectors"] if isinstance(known, dict) else known


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
    for html in (entry["html"] for entry in vectors()):
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
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Chromium is not on this machine")
def test_no_vector_runs_in_chromium():
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    root = Path(__file__).parents[2]
    run = subprocess.run(
        [sys.executable, FOLDER / "xss_harness.py", TARGET, "--audit", "strict"],
        env={**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4_000:] + run.stderr[-4_000:]
    assert '"failing": 0' in run.stdout and '"rejected": 0' in run.stdout
