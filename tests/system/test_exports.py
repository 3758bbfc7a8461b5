"""An exported file, opened from disk with the network off, is the document as the page shows it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from planpush.paths import SAMPLES
from tests.system.conftest import watch
from tests.system.serving import Server, Visitor
from tests.system.test_pages_are_clean import DRESSES, NEEDS_AXE, dress, violations

pytestmark = pytest.mark.browser
SAMPLE = SAMPLES / "auth-service-redesign"
DRAWN = """article => {
  for (const section of article.children) section.style.contentVisibility = "visible";
}"""  # a picture higher than the window shows what is far off, too
# Draws two pictures and counts the pixels that differ by more than antialiasing does.
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
FOLDED = ".pp-tabs > div, .pp-doc details:not(.pp-source) > :not(summary)"


@pytest.fixture(scope="session")
def portable(server: Server) -> None:
    """The sample's document, with a few threads on it."""
    order = json.loads((SAMPLE / "plan.json").read_text())["versions"][0]["sections"]
    html = "".join((SAMPLE / "v1" / f"{anchor}.html").read_text() for anchor in order)
    pushed = server.push(html, "slug=portable&title=Portable&visibility=published")
    assert pushed.status_code == 201, pushed.text
    bob = Visitor(server, "bob")
    places: list[dict[str, str]] = [{}, {"anchor": "summary"}, {"quote": "No password is stored."}]
    for place in places:
        said = bob.post("/p/portable/threads", body="Why `this`?\n\nhttps://x.test/", **place)
        assert said.status_code == 303, said.text
    bob.http.close()


@pytest.fixture
def offline(chromium: Any, server: Server, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Export by HTTP, then open the file without a network; any request or message fails."""
    contexts, problems = list[Any](), list[str]()

    def open_file(query: str, **options: Any) -> Any:
        path = tmp_path / "export.html"
        alice = Visitor(server, "alice")
        path.write_text(alice.get(f"/p/portable/export.html?{query}").text)
        alice.http.close()
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


def test_the_file_looks_as_the_page(visit: Any, offline: Any, portable: None) -> None:
    viewport = {"width": 1900, "height": 1000}
    page = visit("alice", at="/p/portable", viewport=viewport)
    page.evaluate(BARE)
    shown = page.locator("#pp-doc")
    shown.evaluate("article => article.style.setProperty('padding-block-end', '3rem')")
    shown.evaluate(DRAWN)
    wanted = shown.screenshot(animations="disabled")
    article = offline("comments=0", viewport=viewport).locator("#pp-doc")
    pictures = [base64.b64encode(p).decode() for p in (wanted, article.screenshot())]
    differing = visit().evaluate(DIFFERING, pictures)
    assert (differing["width"], differing["height"]) == (0, 0)
    assert differing["share"] < 0.002


@NEEDS_AXE
def test_the_file_is_read_followed_and_printed_offline(offline: Any, portable: None) -> None:
    page = offline("", bypass_csp=True)
    page.locator("#pp-ref-2").click()
    note = page.locator("#pp-note-2")
    assert note.locator("code").inner_text() == "this"
    note.locator("a.x-num").click()
    assert page.url.endswith("#pp-ref-2")
    sideways = "document.scrollingElement.scrollWidth - innerWidth"
    for scheme, width in DRESSES:
        dress(page, scheme, width)
        assert violations(page) == [], scheme
        assert page.evaluate(sideways) <= 0
    page.set_viewport_size({"width": 690, "height": 1000})
    page.emulate_media(media="print", color_scheme="dark")
    for part in page.locator(FOLDED).all():  # print unfolds everything, in light colors
        assert part.bounding_box()["height"] > 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(sideways) <= 0


def test_opened_in_place_it_prints_and_runs_nothing(visit: Any, portable: None) -> None:
    page = visit("alice", at="/p/portable/export.html?disposition=inline")
    assert page.locator(".x-notes li").count() == 3
    assert page.evaluate("origin") == "null"
    assert page.pdf(format="A4").startswith(b"%PDF")
