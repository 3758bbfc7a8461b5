"""Every page: no accessibility violation, no sideways scrolling, valid HTML, in every dress."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
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


NEEDS_AXE = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: run npm ci")
# What has the template of another page, and little else on it, is looked at by the checker of HTML.
ALIKE = {"nothing matches", "nothing older", "not found", "changed only", "nothing differs",
         "bad chip", "no comments", "new threads"}  # fmt: skip


@pytest.mark.browser
@NEEDS_AXE
@pytest.mark.parametrize("name", ["bob", "ada", ""])
def test_nobody_is_shut_out_and_nothing_scrolls_sideways(
    name: str, visit: Callable[..., Any], shelf: None
) -> None:
    page = visit(name, at="", expect=("404", "422"))
    pages = {one: path for one, path in PAGES.items() if (one in STRANGERS) == (not name)}
    found = []
    for one, path in (FORMS if name == "ada" else pages).items():
        if one in ALIKE:
            continue
        found += [f"{one}, {line}" for line in faults(page, path)]
        for width in (390,) if name == "ada" else (320, 390, 700, 1000):
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.scrollingElement.scrollWidth > innerWidth"):
                found.append(f"{one}, {width}: scrolls sideways")
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
@NEEDS_AXE
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
    """And what a form leads to, and an exported file."""
    bob, ada, nobody, alice = (visitor(name) for name in ("bob", "ada", "bob", "alice"))
    nobody.http.cookies.clear()
    for name, path in (PAGES | FORMS).items():
        who = ada if name in FORMS else nobody if name in STRANGERS else bob
        (tmp_path / f"{name.replace(' ', '-')}.html").write_text(who.get(path).text)
    for query in ("comments=0", ""):
        text = alice.get(f"/p/sample/export.html?{query}").text
        (tmp_path / f"export-{query}.html").write_text(text)
    quiet = re.search(r'value="(\d+)"[^>]*aria-label="Select Quiet"', alice.get("/dashboard").text)
    sent = alice.post("/plans/bulk", id=quiet[1], action="archive", q="author:me")
    toast = alice.get(sent.headers["Location"]).text
    assert "1 plan archived." in toast
    (tmp_path / "toast.html").write_text(toast)
    (tmp_path / "archived.html").write_text(alice.get("/p/clean-and-quiet").text)
    alice.post("/plans/bulk", id=quiet[1], action="unarchive", q="author:me")
    # htmx's attributes are no part of HTML; the checker knows no CSS of the last years, and of
    # SVG's weights just the hundreds.
    known = "|".join((r"Attribute “hx-[a-z0-9:-]+” not allowed.*", "CSS: .*",
                      "Bad value “[0-9]{3}” for attribute “font-weight”.*"))  # fmt: skip
    command = [*CHECKER, "--errors-only", "--filterpattern", known, "--format", "gnu"]
    checked = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, timeout=120)
    lines = [line.rpartition("/")[2] for line in checked.stderr.splitlines()]
    assert lines == []


OPERATED = re.compile(
    "button|link|textbox|searchbox|combobox|checkbox|radio|menuitem|option|tab|switch|slider"
    "|spinbutton|listbox|DisclosureTriangle.*|ComboBox.*|PopUp.*"
)
LANDMARKS = {"banner", "navigation", "main", "complementary", "contentinfo", "region", "search"}
ALONE = {"banner", "main", "contentinfo"}  # of which a page has one, which needs no name
UNFOLD = """() => document.querySelectorAll("details").forEach((one) => {
    one.removeAttribute("name");
    one.open = true;
})"""
READ_OUT = ("dashboard", "nothing matches", "all threads", "composer", "old", "ask for changes",
            "approve some sections", "compare", "history", "tokens", "notices",
            "activity")  # fmt: skip


def read(page: Any) -> list[tuple[str, str, int]]:
    """Return role, name and level of everything that is read out, in the order of reading."""
    wire = page.context.new_cdp_session(page)
    nodes = wire.send("Accessibility.getFullAXTree")["nodes"]
    wire.detach()
    found, by_id = [], {node["nodeId"]: node for node in nodes}
    ahead = [nodes[0]]
    while ahead:
        node = ahead.pop()
        ahead += [by_id[one] for one in reversed(node.get("childIds", ())) if one in by_id]
        if not node["ignored"]:
            name = str(node.get("name", {}).get("value", "")).strip()
            levels = [one["value"] for one in node["properties"] if one["name"] == "level"]
            found.append((node["role"]["value"], name, levels[0]["value"] if levels else 0))
    return found


def wrong(tree: list[tuple[str, str, int]]) -> Iterator[str]:
    """Yield what somebody who listens would miss or stumble over."""
    operated = [name for role, name, _ in tree if OPERATED.fullmatch(role)]
    yield from ("a control without a name" for name in operated if not name)
    yield from ["few controls"] * (len(operated) < 6)
    landmarks = [(role, name) for role, name, _ in tree if role in LANDMARKS]
    for role, name in set(landmarks):
        if not name and role not in ALONE:
            yield f"a {role} without a name"
        if landmarks.count((role, name)) > 1:
            yield f"two of {role} “{name}”"
    yield from (f"no {role}" for role in ("banner", "main") if (role, "") not in landmarks)
    headings = [(level, name) for role, name, level in tree if role == "heading"]
    if [level for level, _ in headings].count(1) != 1:
        yield f"not one first heading: {headings}"
    for (above, _), (level, name) in zip([(0, ""), *headings], headings, strict=False):
        if level > above + 1:
            yield f"heading {level} “{name}” below one of {above}"


@pytest.mark.browser
@pytest.mark.parametrize("width", [1360, 390])
def test_everything_read_out_has_a_name_a_place_and_an_order(
    visit: Callable[..., Any], shelf: None, width: int
) -> None:
    page = visit("bob", at="", viewport={"width": width, "height": 800})
    found = {}
    for name in READ_OUT:
        page.goto((PAGES | FORMS)[name])
        page.evaluate(UNFOLD)
        tree = read(page)
        found[name] = sorted(wrong(tree))
        if name == "dashboard":
            roles = [role for role, _, _ in tree]
            cells = roles.count("cell") + roles.count("gridcell")
            assert cells and cells % roles.count("columnheader") == 0
            heads = page.get_by_role("table", name="Plans", exact=True)
            for head in ("Plan", "Select", "Status", "Comments", "Owner", "Updated"):
                assert heads.get_by_role("columnheader", name=head, exact=True).count() == 1
    page.goto("/p/clean?show=all")
    page.evaluate("document.getElementById('comments').showPopover()")
    page.evaluate(UNFOLD)
    found["the panel as a sheet"] = sorted(wrong(read(page)))
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.browser
def test_a_mark_in_the_text_says_what_it_is_and_what_happens_is_announced(
    visit: Callable[..., Any], shelf: None, plan: str
) -> None:
    from playwright.sync_api import expect

    page = visit("bob", at="/p/clean")
    text = page.get_by_role("article").first
    shown = text.get_by_role("link", name=re.compile(r"^\d+ (open|resolved) comments?, show$"))
    assert shown.count() >= 2
    expect(text.get_by_role("link", name="Comment on Intro", exact=True)).to_have_count(1)
    expect(text.get_by_role("link", name="Link to Intro in version 2", exact=True)).to_have_count(1)
    page.goto(f"/p/{plan}")
    said = page.locator("#announce[role=status]")
    page.locator("#pp-plus-intro").click()
    page.locator("#pp-new-body").fill("Read out?")
    page.locator("#pp-new-send").click()
    expect(said).to_have_text("Comment added.")
    card = page.get_by_role("article", name=re.compile("Open thread by Bob"))
    card.get_by_text("Reply").first.click()
    card.get_by_role("textbox", name="Reply").fill("Yes.")
    card.get_by_role("button", name="Reply", exact=True).click()
    expect(said).to_have_text("Reply added.")
    card.get_by_role("button", name="Resolve").click()
    expect(said).to_have_text(re.compile("resolved", re.IGNORECASE))
    page.locator("#pp-tab-resolved").click()
    expect(said).to_have_text("1 resolved thread")
    page.locator("#pp-approve").click()
    expect(said).to_have_text(re.compile("approve", re.IGNORECASE))
