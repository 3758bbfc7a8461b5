"""What a page costs in Chromium: `python -m bench.browser`; 1 when a goal is missed.

The weight of a plan's page but for its document, what moves on it by itself, how long pages block a
cheap phone (`bench.loading`), how 5 MB scroll beside 60 KB, and what Lighthouse says
(`bench.lighthouse`), which is left out where BENCH_SMOKE is set.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import lighthouse, loading, push
from bench.push import KB60, MB5
from bench.served import Served
from bench.table import Row, Table, is_smoke, main, most
from planpush.accounts.user import User
from planpush.cli.demo import load_sample
from planpush.database.session import commit
from planpush.paths import SAMPLES
from tests.system.conftest import QUIET

PHONE = {"width": 390, "height": 800}
WATCH = """
  window.shift = 0; window.outside = 0; window.long = [];
  const elsewhere = ({ node }) =>
    node?.isConnected && !(node.closest ? node : node.parentElement).closest("#comments");
  new PerformanceObserver((list) => {
    for (const one of list.getEntries().filter((e) => !e.hadRecentInput)) {
      window.shift += one.value;
      if (one.sources.some(elsewhere)) window.outside += one.value;
    }
  }).observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) => window.long.push(...list.getEntries().map((e) => e.duration)))
    .observe({ type: "longtask" });
"""
FRAMES = """
  window.frames_ = []; let last = performance.now();
  const next = (now) => {
    window.frames_.push(now - last);
    last = now;
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
"""


def measure(table: Table) -> None:
    """Measure everything; without Lighthouse in a smoke run."""
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or sys.exit("bench.browser: Chromium is not on the PATH")
    with tempfile.TemporaryDirectory() as folder, Served(Path(folder)).running() as served:
        served.act(fill)
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=found, args=QUIET)
            table.add(weight(chromium, served))
            for row in shifts(chromium, served):
                table.add(row)
            for name, path in lighthouse.FAST.items():
                table.add(loading.row(chromium, served, name, path))
            scrolling(chromium, served, table)
            chromium.close()
        if not is_smoke():
            for row in lighthouse.rows(served, Path(folder), found):
                table.add(row)


def fill() -> None:
    """Load the demo's plans."""
    told = json.loads((SAMPLES / "people.json").read_text())
    people = {
        one["key"]: User.by_email(one["email"])
        or User.add(one["email"], name=one["name"], roles=one["roles"])
        for one in told
    }
    for folder in sorted(path.parent for path in SAMPLES.glob("*/plan.json")):
        load_sample(folder, people)
        commit()


@contextmanager
def page_of(chromium: Any, served: Served, **options: Any) -> Iterator[Any]:
    """Open a page of somebody signed in, who sees everything."""
    context = chromium.new_context(base_url=served.base, **options)
    context.add_init_script(WATCH)
    context.request.get(served.link("ada"), max_redirects=0)
    yield context.new_page()
    context.close()


def weight(chromium: Any, served: Served) -> Row:
    """Add up what comes over the wire for a plan of one sentence: headers, scripts, styles, all."""
    html = '<section data-anchor="one"><h2>One</h2><p>A sentence.</p></section>'
    assert served.push(html, "slug=bench-light&title=Light&visibility=published").ok
    got: list[int] = []
    with page_of(chromium, served) as page:
        wire = page.context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.on("Network.loadingFinished", lambda told: got.append(told["encodedDataLength"]))
        page.goto("/p/bench-light", wait_until="load")
        page.wait_for_timeout(1000)
    name = f"weight of a plan's page, {len(got)} answers"
    return Row("browser", name, sum(got) / 1024, most(120, "KB"))


def shifts(chromium: Any, served: Served) -> Iterator[Row]:
    """Let a page load and hear of a comment: its cards may move then, and nothing beside them."""
    with page_of(chromium, served, viewport={"width": 1440, "height": 900}) as page:
        page.goto("/p/auth-redesign", wait_until="load")
        page.wait_for_timeout(1500)
        yield Row("browser", "layout shift of a plan's page", page.evaluate("shift"), most(0.1))
        before = page.evaluate("outside")
        at = "/api/plans/auth-redesign/threads"
        assert served.api("alice", "POST", at, json={"body": "Moves nothing?"}).ok
        page.get_by_text("Moves nothing?").first.wait_for(state="attached", timeout=60_000)
        page.wait_for_timeout(500)
        moved = page.evaluate("outside") - before
        yield Row("browser", "layout shift beside the panel, by a comment", moved, most(0))


def scrolling(chromium: Any, served: Served, table: Table) -> None:
    """Scroll through a plan of 60 KB and through one of 5 MB, as with a wheel."""
    found = {}
    long = push.document(KB60) if is_smoke() else push.large(MB5)
    for name, sections in (("60 KB", push.document(KB60)), ("5 MB", long)):
        html = "".join(str(one["html"]) for one in sections)
        slug = f"bench-{name[0]}"
        done = served.push(html, f"slug={slug}&title=Long&visibility=published")
        assert done.ok, done.text[:300]
        with page_of(chromium, served, viewport=PHONE) as page:
            page.goto(f"/p/{slug}", wait_until="load", timeout=120_000)
            found[name] = frames(page)
            longest = max(page.evaluate("long"), default=0)
            table.add(Row("browser", f"longest task, scrolling {name}", longest, unit="ms"))
    ratio = found["5 MB"] / found["60 KB"]
    table.add(Row("browser", "a frame of 5 MB beside one of 60 KB, p95", ratio, most(2)))


def frames(page: Any) -> float:
    """Return what 95 of 100 frames take at most while the page is scrolled."""
    page.wait_for_timeout(2000)
    page.evaluate("() => { window.long.length = 0; }")
    page.evaluate("() => {" + FRAMES + "}")
    page.mouse.move(200, 400)
    for _ in range(10 if is_smoke() else 100):
        page.mouse.wheel(0, 600)
        page.wait_for_timeout(30)
    ordered = sorted(page.evaluate("frames_"))
    return float(ordered[int(0.95 * (len(ordered) - 1))])


if __name__ == "__main__":
    sys.exit(main("browser", __doc__ or "", measure))
