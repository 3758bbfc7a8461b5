"""Every page: no accessibility violation, no sideways scrolling, valid HTML, in every dress."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from planpush.paths import SAMPLES
from tests.system.conftest import ROOT, document
from tests.system.serving import Server, Visitor
from tests.terminal import CLI, DEVICE

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SAMPLE = SAMPLES / "auth-service-redesign"
VNU = ROOT / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
# Compiled once and cheaply, as it runs for a few seconds; its schemas want a deep stack.
CHECKER = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xss2m", "-jar", str(VNU)]
PAGES = {
    "dashboard": "/dashboard",
    "nothing matches": "/dashboard?q=nosuchplan",
    "bad filter": "/dashboard?q=is:nonsense",
    "newest": "/p/clean",
    "old": "/p/clean?v=1",
    "all threads": "/p/clean?show=all",
    "new threads": "/p/clean?show=new",
    "composer": "/p/clean?compose=intro",
    "no threads": "/p/clean-and-quiet",
    "history": "/p/clean/history",
    "nothing older": "/p/clean/history?before=1",
    "private": "/p/clean-and-private",
    "not found": "/p/no-such-plan",
    "sample": "/p/sample",
    "compare": "/p/clean/compare?from=1&to=2",
    "changed only": "/p/clean/compare?from=2&to=1&only=1",
    "nothing differs": "/p/clean/compare?from=1&to=1",
    "vocabulary": "/docs/vocabulary",
    "sign-in": "/sign-in",
    "signed out": "/sign-out/done",
    "notices": "/notices",
    "activity": "/activity",
    "bad chip": "/activity?show=nonsense",
    "my comments": "/comments?state=all",
    "no comments": "/comments?show=plans&state=resolved",
}
FORMS = {
    "profile": "/settings/profile",
    "notifications": "/settings/notifications",
    "sessions": "/settings/sessions",
    "tokens": "/settings/tokens",
    "activate": "/activate",
    "members": "/admin/members",
    "roles": "/admin/roles",
    "integrations": "/admin/integrations",
    "webhooks": "/admin/integrations/webhooks",
    "webhook": "/admin/integrations/webhooks/1",
    "deliveries": "/admin/deliveries",
    "audit": "/admin/audit",
    "settings": "/admin/settings",
    "hand over": "/p/clean/owner",
    "reviewers": "/p/clean/reviewers",
    "editors": "/p/clean/editors",
    "restore": "/p/clean/versions/1/restoration",
    "ask for changes": "/p/clean/sign-off",
    "approve some sections": "/p/clean/sign-off?decision=approve",
    "slack channel": "/p/clean/slack-channel",
    "purge": "/p/clean/versions/1/purge",
    "delete": "/p/clean/deletion",
    "deleted": "/deleted",
    "erase": "/admin/members/1/erasure",
}
STRANGERS = {"sign-in", "signed out", "vocabulary"}
# Colours do not depend on the width, nor the layout on the colours: each is looked at once.
DRESSES = [("light", 1360), ("dark", 390)]
# Each element passes a colour that it inherits on by a transition of its own, one after the other.
AT_ONCE = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("*, ::before, ::after { transition-property: none !important; }");
    document.adoptedStyleSheets.push(sheet);
}"""
# Every rule, and one that is off by itself: targets are to be 24 pixels wide and high, or apart.
# What they would load to look at style sheets, only rules ask for that are off.
LOOK = """async () => (await axe.run({
    resultTypes: ["violations"],
    preload: {assets: ["media"]},
    rules: {"target-size": {enabled: true}},
})).violations"""
WIDE = '<div class="pp-tablewrap"><table class="pp-table"><tr>' + "<td>wide_column_name</td>" * 20
RICH = (
    WIDE + "</tr></table></div><pre>" + "long line " * 60 + "</pre><p>" + "unbroken" * 40 + "</p>"
)


@pytest.fixture(scope="session")
def shelf(server: Server) -> None:
    """What the pages show."""
    fill(server)


def fill(server: Server) -> None:
    """Make a plan in two versions with every kind of thread on it, and two plainer ones."""
    rich = document("Tokens") + f'<section data-anchor="wide"><h2>Wide</h2>{RICH}</section>'
    server.push(rich, "slug=clean&title=Clean&visibility=published")
    server.push(document("Tokens"), "slug=clean-and-quiet&title=Quiet&visibility=published")
    server.push(document("Tokens"), "slug=clean-and-private&title=Private", by="bob")
    server.push(newest(SAMPLE), "slug=sample&title=Sample&visibility=published")
    bob, alice = Visitor(server, "bob"), Visitor(server, "alice")
    bob.get("/p/clean")  # so that it says what is new since
    alice.post("/p/clean/threads", body="New to bob", anchor="data")
    alice.http.close()
    for number, place in enumerate(
        ({"anchor": "intro"}, {"anchor": "wide"}, {}, {"quote": "uuid"})
    ):
        bob.post("/p/clean/threads", body=f"`Remark` {number} " + "w" * 90, blocking="1", **place)
    done = server.threads("clean")[0]["id"]
    bob.post(f"/p/clean/threads/{done}/resolution")
    newer = document("Sessions").replace("uuid", "text") + '<section data-anchor="new"><h2>New</h2>'
    bob.http.close()
    administer(server)
    server.push(newer + "<p>More.</p></section>", "plan=clean&base_version=1")


def administer(server: Server) -> None:
    """A webhook that sends nothing, and editors."""
    hook = {"name": "w" * 60, "url": "https://1.1.1.1/in", "events": ["version.pushed"]}
    ada = Visitor(server, "ada")
    assert ada.post("/admin/integrations/webhooks", **hook).status_code == 201
    ada.post("/admin/integrations/webhooks/1/pause")  # nothing is to leave this machine
    for name in ("ada", "bob"):
        ada.post("/p/clean/editors", email=f"{name}@example.com")
    ada.http.close()


def newest(folder: Path) -> str:
    """Return the newest version of a sample, whole."""
    versions = json.loads((folder / "plan.json").read_text())["versions"]
    names = [f"v{number}" for number in range(len(versions), 0, -1)]
    files = ([folder / name / f"{one}.html" for name in names] for one in versions[-1]["sections"])
    return "".join(next(path for path in paths if path.is_file()).read_text() for paths in files)


@pytest.mark.browser
@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: run npm ci")
@pytest.mark.parametrize("name", PAGES)
def test_nobody_is_shut_out_and_nothing_scrolls_sideways(
    name: str, visit: Callable[..., Any], shelf: None
) -> None:
    page = visit("" if name in STRANGERS else "bob", at="", expect=("404", "422"))
    found = faults(page, PAGES[name])
    for width in (320, 390, 700, 1000):
        page.set_viewport_size({"width": width, "height": 800})
        if page.evaluate("document.scrollingElement.scrollWidth > innerWidth"):
            found.append(f"{width}: scrolls sideways")
    assert found == []


def faults(page: Any, path: str) -> list[str]:
    """Return what axe finds on a page in every dress; it is opened once, and changes dress there.

    That is as good as opened anew: style sheets alone know of colours and widths, no script does.
    """
    dress(page, *DRESSES[0])
    page.goto(path)
    found = []
    for scheme, width in DRESSES:
        dress(page, scheme, width)
        found += [f"{scheme} {width}: {line}" for line in violations(page)]
    return found


def dress(page: Any, scheme: str, width: int) -> None:
    """Set how this page and the next are looked at; what would change by and by does so at once."""
    page.evaluate(AT_ONCE)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 800})


def violations(page: Any) -> list[str]:
    """Return what axe finds on a page: rule, place, and what is wrong there."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found = page.evaluate(LOOK)
    return [
        f"{rule['id']} {node['target']}: {node['failureSummary'].splitlines()[-1].strip()}"
        for rule in found
        for node in rule["nodes"]
    ]


@pytest.mark.browser
@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: run npm ci")
def test_forms_and_tables_of_people_are_clean(visit: Callable[..., Any], shelf: None) -> None:
    page = visit("ada", at="")
    found = []
    for name, path in FORMS.items():
        found += [f"{name}, {line}" for line in faults(page, path)]
        if page.evaluate("document.scrollingElement.scrollWidth > innerWidth"):
            found.append(f"{name} scrolls sideways")
    assert found == []


@pytest.mark.browser
@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: run npm ci")
def test_37_a_device_is_connected_and_ended_in_a_browser(server: Server, visit: Any) -> None:
    page, data = visit("pam", at=""), {"client_id": CLI, "device_name": "w" * 60}
    asked = requests.post(f"{server.base}/oauth/device_authorization", data, timeout=60).json()
    page.goto(asked["verification_uri_complete"])
    page.locator("#pp-check").click()
    found = []
    for scheme, width in DRESSES:
        dress(page, scheme, width)
        page.locator("#pp-allow").wait_for()
        found += [f"{scheme} {width}: {line}" for line in violations(page)]
        if page.evaluate("document.scrollingElement.scrollWidth > innerWidth"):
            found.append(f"{width}: scrolls sideways")
    page.locator("#pp-allow").click()
    page.get_by_text("You can close this page").wait_for()
    code = {"client_id": CLI, "grant_type": DEVICE, "device_code": asked["device_code"]}
    assert requests.post(f"{server.base}/oauth/token", code, timeout=60).status_code == 200
    page.goto("/settings/tokens")
    assert found + violations(page) == []
    page.locator("#grants button").click()
    page.get_by_text("No connected devices").wait_for()


@pytest.mark.browser
def test_the_comments_sheet_fits_a_phone(visit: Callable[..., Any], shelf: None) -> None:
    page = visit("bob", at="/p/clean?show=all", viewport={"width": 390, "height": 800})
    page.locator(".mobilebar button").click()
    sheet = page.locator("#comments")
    assert sheet.is_visible()
    box = sheet.bounding_box()
    assert (box["x"], box["x"] + box["width"]) == (0, 390)
    assert sheet.evaluate("sheet => sheet.scrollWidth - sheet.clientWidth") <= 0
    assert violations(page) == []


@pytest.mark.long
@pytest.mark.skipif(not VNU.is_file(), reason="vnu-jar is not installed: run npm ci")
@pytest.mark.skipif(shutil.which("java") is None, reason="the HTML checker needs Java")
def test_every_page_is_valid_html(
    visitor: Any, shelf: None, server: Server, tmp_path: Path
) -> None:
    bob, ada, nobody = visitor("bob"), visitor("ada"), visitor("bob")
    nobody.http.cookies.clear()
    for name, path in (PAGES | FORMS).items():
        who = ada if name in FORMS else nobody if name in STRANGERS else bob
        text = who.get(path).text
        (tmp_path / f"{name.replace(' ', '-')}.html").write_text(text)
    # htmx's attributes are no part of HTML; everything else must be.
    ours = ["--filterpattern", r"Attribute “hx-[a-z0-9:-]+” not allowed.*"]
    command = [*CHECKER, "--errors-only", *ours, "--format", "gnu", str(tmp_path)]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=120)
    lines = [line.rpartition("/")[2] for line in checked.stderr.splitlines()]
    assert lines == []
