"""`bench.dashboard browser`: what somebody waits for in Chromium, from the key to the picture.

Letters are typed into the search field one by one. Each is measured from the key press to the end
of its handling and, without the pause that the field makes for more letters, from the request to
the second frame after the list was swapped. A version is measured from the click in the menu to
the second frame after the document was swapped.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.dashboard_stage import SQLITE, WHO, Stage, engines
from bench.growth import section
from planpush.accounts.sessions import SignInLink
from planpush.accounts.user import User
from planpush.database.session import commit, db
from planpush.filling import Sizes
from planpush.filling.words import COMMON, LONG_PREFIX, PHRASE, RARE
from planpush.plans.plan import Plan
from planpush.versions.push import push_new, push_version
from planpush.versions.request import Push, SectionPush
from tests.system.conftest import QUIET
from tests.system.serving import free_port, wait_for

MOST_TYPING, MOST_SWITCH = 150.0, 200.0
TYPED = (COMMON, RARE, LONG_PREFIX, PHRASE[:10], "is:open")
SWITCHES, PARTS, SLUG = 30, 8, "bench-sixty-kilobytes"
WATCH = """
  window.told = [];
  let tell = null;
  window.next = (before) => new Promise((done) => {  // asking over and over would cost time itself
    tell = () => told.length > before && done(told.at(-1));
    setTimeout(done, 20_000, null);
    tell();
  });
  let began = null, key = 0, handled = 0;
  const own = (event, name) => event.detail.ctx.sourceElement?.matches(name);
  const painted = (done) => requestAnimationFrame(() => requestAnimationFrame(done));
  addEventListener("keydown", () => { key = performance.now(); }, true);
  addEventListener("input", () => { handled = performance.now() - key; });
  addEventListener("click", (event) => {
    if (event.target.closest("a[hx-get*='/document?v=']")) began = performance.now();
  }, true);
  document.addEventListener("htmx:config:request", (event) => {
    if (own(event, "#pp-q")) began = performance.now() - handled;
  });
  document.addEventListener("htmx:after:swap", (event) => {
    if (began === null || !own(event, "#pp-q, a[hx-get*='/document?v=']")) return;
    const from = began;
    began = null;
    painted(() => {
      window.told.push(performance.now() - from);
      tell?.();
    });
  });
"""


class Served:
    """A real server on a stage's database."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage, self.port, self.folder = stage, free_port(), folder
        self.base = f"http://127.0.0.1:{self.port}"
        ours = {"SECRET_KEY": "b" * 40, "DATA_DIR": str(folder), "DATABASE_URL": stage.url}
        self.env = os.environ | ours | {"BASE_URL": self.base, "RATE_LIMITS": "off"}

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve meanwhile."""
        command = [sys.executable, "-m", "planpush", "serve", "--port", str(self.port)]
        with (self.folder / "server.log").open("ab") as log:
            process = subprocess.Popen(
                [*command, "--workers", "2"],
                env=self.env | {"WORKER": "off"},
                stdout=log,
                stderr=log,
            )
        try:
            wait_for(f"{self.base}/healthz", process, 60)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)

    def link(self, who: str) -> str:
        """Return a link that signs somebody in."""
        with self.stage.app.app_context():
            user = User.by_email(WHO[who])
            assert user is not None
            secret = SignInLink.issue(user)
            commit()
        return f"{self.base}/sign-in/local?token={secret}"

    def large_plan(self) -> None:
        """Make a plan of 60 KB in two versions, unless it is there."""
        with self.stage.app.app_context():
            user = User.by_email(WHO["developer"])
            if user is None or db.session.query(Plan).filter_by(slug=SLUG).first():
                return
            parts = [SectionPush(f"part-{n}", section(n, 0)) for n in range(PARTS)]
            push = Push(parts, title="Sixty kilobytes", wish=SLUG, visibility="published")
            plan = push_new(push, by=user).plan
            changed = [SectionPush(f"part-{n}", section(n, n == 3)) for n in range(PARTS)]
            push_version(plan, Push(changed, base_version=1), by=user)
            commit()


def main(sizes: Sizes, *, few: bool) -> int:
    """Print how long somebody waits, on each database; 1 when a goal is missed."""
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium")
    if found is None:
        sys.exit("bench.dashboard browser: Chromium is not on the PATH")
    kept = []
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        chromium = playwright.chromium.launch(executable_path=found, args=QUIET)
        for engine in engines() if not few else [SQLITE]:
            served = Served(Stage(engine, sizes), Path(folder))
            served.large_plan()
            print(f"{engine}, {sizes.plans:,} plans; load of the machine {os.getloadavg()[0]:.1f}")
            with served.running():
                for who in WHO:
                    page = signed_in(chromium, served, who)
                    kept.append(typing(page, who, TYPED[:1] if few else TYPED))
                    kept.append(switching(page, who, 2 if few else SWITCHES))
                    page.context.close()
        chromium.close()
    return 0 if all(kept) or few else 1


def signed_in(chromium: Any, served: Served, who: str) -> Any:
    """Return a page of somebody's that watches what it does."""
    context = chromium.new_context(base_url=served.base, viewport={"width": 1440, "height": 900})
    context.add_init_script(WATCH)
    context.request.get(served.link(who), max_redirects=0)
    return context.new_page()


def typing(page: Any, who: str, words: tuple[str, ...]) -> bool:
    """Type words letter by letter; tell whether the goal is met."""
    list(
        typed(page, words)
    )  # the server has just started: each of its processes asks all of it once
    found = [*typed(page, words), *typed(page, words)]
    return judged(f"{who}: key press → painted list, {len(found)} keys", found, MOST_TYPING)


def typed(page: Any, words: tuple[str, ...]) -> Iterator[float]:
    """Type into the empty field; yield the milliseconds of each letter."""
    for word in words:
        page.goto("/dashboard?q=")
        page.focus("#pp-q")
        for letter in word:
            yield one_more(page, lambda letter=letter: page.keyboard.type(letter))


def switching(page: Any, who: str, times: int) -> bool:
    """Go from version to version; tell whether the goal is met."""
    page.goto(f"/p/{SLUG}")
    found: list[float] = []
    for n in range(times):
        page.click("#pp-versions")
        link = page.locator("a[hx-get*='/document?v=']").nth(1 - n % 2)
        found.append(one_more(page, link.click))
    return judged(f"{who}: click → painted version, {times} clicks", found, MOST_SWITCH)


def one_more(page: Any, act: Any) -> float:
    """Do something that the page measures; return its milliseconds."""
    before = page.evaluate("told.length")
    act()
    found: float | None = page.evaluate("before => next(before)", before)
    if found is not None:
        return found
    raise AssertionError(f"nothing was swapped at {page.url}")


def judged(name: str, found: list[float], most: float) -> bool:
    """Print a figure that has a goal; tell whether it is met."""
    ordered = sorted(found)
    middle, high = ordered[len(ordered) // 2], ordered[int(0.95 * (len(ordered) - 1))]
    kept = high <= most
    told = f"median {middle:6.1f} ms   p95 {high:6.1f} ms  (at most {most:g})"
    print(f"  {name:52}{told}{'' if kept else '  MISSED'}", flush=True)
    return kept
