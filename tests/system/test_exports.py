"""An exported file, opened from disk with the network off, is the document as the page shows it."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from planpush.paths import ROOT
from tests.system.conftest import watch
from tests.system.serving import Server, Visitor
from tests.system.test_pages_are_clean import AXE, CHECKER, VNU, violations

SAMPLE = ROOT / "planpush" / "samples" / "auth-service-redesign"
# Draws two pictures and counts the pixels that differ by more than antialiasing does.
DRAWN = """article => {
  for (const section of article.children) section.style.contentVisibility = "visible";
}"""  # a picture higher than the window shows what is far off, too
DIFFERING = """async ([one, other]) => {
  const read = async (data) => {
    const image = new Image(); image.src = "data:image/png;base64," + data; await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height), pen = canvas.getContext("2d");
    pen.drawImage(image, 0, 0);
    return [image.width, image.height, pen.getImageData(0, 0, image.width, image.height).data];
  };
  const [w, h, a] = await read(one), [v, g, b] = await read(other);
  let count = 0;
  for (let n = 0; n < Math.min(a.length, b.length); n += 4)
    if ([0, 1, 2].reduce((sum, k) => sum + Math.abs(a[n + k] - b[n + k]), 0) > 48) count++;
  return {width: w - v, height: h - g, share: count / (w * h)};
}"""
OURS = "#pp-notices, .pin, .permalink, .pp-changed-mark, [id^=pp-pin-]"
BARE = f"() => document.querySelectorAll('{OURS}').forEach((mark) => mark.remove())"


@pytest.fixture(scope="session")
def shelf(server: Server) -> None:
    """The sample's document, with a few threads on it."""
    order = json.loads((SAMPLE / "plan.json").read_text())["versions"][0]["sections"]
    html = "".join((SAMPLE / "v1" / f"{anchor}.html").read_text() for anchor in order)
    pushed = server.push(html, "slug=portable&title=Portable&visibility=published")
    assert pushed.status_code == 201, pushed.text
    bob = Visitor(server, "bob")
    places: list[dict[str, str]] = [
        {},
        {"anchor": "summary"},
        {"anchor": "data-model", "row": "id"},
    ]
    for place in [*places[:2], {"quote": "No password is stored."}]:
        said = bob.post("/p/portable/threads", body="Why `this`?\n\nhttps://x.test/", **place)
        assert said.status_code == 303, said.text
    bob.http.close()


@pytest.fixture
def offline(chromium: Any, server: Server, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Export by HTTP, then open the file without a network; any request or message fails."""
    contexts, problems = list[Any](), list[str]()

    def open_file(query: str, **options: Any) -> Any:
        visitor = Visitor(server, "alice")
        path = tmp_path / "export.html"
        path.write_text(visitor.get(f"/p/portable/export.html?{query}").text)
        visitor.http.close()
        contexts.append(chromium.new_context(**options))
        contexts[-1].set_offline(True)
        page = contexts[-1].new_page()
        watch(page, path.as_uri(), problems, ())
        page.goto(path.as_uri())
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert problems == []


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_file_looks_as_the_page(scheme: str, visit: Any, offline: Any, shelf: None) -> None:
    dress = {"color_scheme": scheme, "viewport": {"width": 1900, "height": 1000}}
    page = visit("alice", at="/p/portable", **dress)
    page.evaluate(BARE)
    shown = page.locator("#pp-doc")
    shown.evaluate("article => article.style.setProperty('padding-block-end', '3rem')")
    shown.evaluate(DRAWN)
    wanted = shown.screenshot(animations="disabled")
    found = offline("comments=0", **dress).locator("#pp-doc").screenshot(animations="disabled")
    pictures = [base64.b64encode(picture).decode() for picture in (wanted, found)]
    differing = visit().evaluate(DIFFERING, pictures)
    assert (differing["width"], differing["height"]) == (0, 0)
    assert differing["share"] < 0.002


@pytest.mark.browser
def test_notes_are_read_and_followed_offline(offline: Any, shelf: None) -> None:
    page = offline("")
    page.locator("#pp-ref-2").click()
    note = page.locator("#pp-note-2")
    assert note.locator("code").inner_text() == "this"
    note.locator("a.x-num").click()
    assert page.url.endswith("#pp-ref-2")


@pytest.mark.browser
@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: run npm ci")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1360, 390])
def test_nobody_is_shut_out(
    scheme: str, width: int, chromium: Any, offline: Any, shelf: None
) -> None:
    options = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    page = offline("", bypass_csp=True, **options)
    assert violations(page) == []
    assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0


@pytest.mark.browser
def test_opened_in_place_it_prints_and_runs_nothing(visit: Any, shelf: None) -> None:
    page = visit("alice", at="/p/portable/export.html?disposition=inline")
    assert page.locator(".x-notes li").count() == 3
    assert page.evaluate("origin") == "null"
    assert page.pdf(format="A4").startswith(b"%PDF")


@pytest.mark.browser
def test_print_unfolds_everything_in_light_colours(offline: Any, shelf: None) -> None:
    page = offline("", color_scheme="dark", viewport={"width": 690, "height": 1000})
    page.emulate_media(media="print", color_scheme="dark")
    for part in page.locator(
        ".pp-tabs > div, .pp-doc details:not(.pp-source) > :not(summary)"
    ).all():
        assert part.bounding_box()["height"] > 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0


@pytest.mark.long
@pytest.mark.skipif(not VNU.is_file(), reason="vnu-jar is not installed: run npm ci")
@pytest.mark.skipif(shutil.which("java") is None, reason="the HTML checker needs Java")
def test_the_file_is_valid_html(visitor: Any, shelf: None, tmp_path: Path) -> None:
    for query in ("comments=0", ""):
        text = visitor("alice").get(f"/p/portable/export.html?{query}").text
        (tmp_path / f"export-{query}.html").write_text(text)
    # The checker knows no CSS of the last years, and of SVG's weights just the hundreds.
    newer = "CSS: .*|Bad value “[0-9]{3}” for attribute “font-weight”.*"
    html_only = ["--errors-only", "--filterpattern", newer]
    command = [*CHECKER, *html_only, "--format", "gnu", str(tmp_path)]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=120)
    lines = [line.rpartition("/")[2] for line in checked.stderr.splitlines()]
    assert lines == []
