"""Versions in a browser and without script: compared, gone back to, and who may push them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.system import hostile
from tests.system.conftest import document
from tests.system.serving import Server, Visitor
from tests.system.test_containment import HIT

Visit = Callable[..., Any]
SECTION = '<section data-anchor="{}"><h2>{}</h2>{}</section>'
LANDMARK = "This sentence stays where it is and serves as a landmark between others."
MOVED = "The sentence that goes from here to another place, whole as it is."
DIAGRAM = '<pre class="pp-diagram" data-kind="mermaid">flowchart LR\n  A[Client] --> B[{}]</pre>'
IN_SIGHT = """() => {
    const { top } = document.activeElement.getBoundingClientRect();
    return top > 90 && top < innerHeight;
}"""


def version(days: int, order: tuple[str, str], *, store: str, more: str) -> str:
    """A document whose versions differ in words, a table, code, a diagram and a section."""
    intro = f"<p>Tokens live {days} days.</p><p>{order[0]}</p><p>{order[1]}</p>"
    rows = f"<tr><th>Column</th><th>Type</th></tr><tr><td>id</td><td>{store}</td></tr>"
    code = f"<pre>def rotate(token):\n    return new(token, days={days})\n</pre>"
    parts = {
        "intro": intro,
        "quiet": "<p>Nothing changes here.</p>" * 12,
        "data": f"<table>{rows}</table>",
        "code": code + DIAGRAM.format(store),
        more: f"<p>Only in one of them: {more}.</p>",
    }
    return "".join(SECTION.format(name, name.title(), html) for name, html in parts.items())


@pytest.fixture
def revised(server: Server, request: pytest.FixtureRequest) -> str:
    """A published plan of alice's in two versions, with a thread of bob's on what changed."""
    wish = request.node.name.split("[")[0].replace("_", "-")[:56].rstrip("-")
    old = version(7, (MOVED, LANDMARK), store="uuid", more="gone")
    new = version(30, (LANDMARK, MOVED), store="bigint", more="fresh")
    slug = server.push(old, f"slug={wish}&title=Days&visibility=published").json()["plan"]
    bob = Visitor(server, "bob")
    bob.get(f"/p/{slug}")
    bob.post(f"/p/{slug}/threads", anchor="intro", quote="7 days", body="So short?")
    bob.http.close()
    assert server.push(new, f"plan={slug}&base_version=1").status_code == 201
    return slug


@pytest.mark.browser
def test_from_7_days_to_30_days(visit: Visit, revised: str, server: Server) -> None:
    page = visit("bob", at=f"/p/{revised}")
    said = page.locator("#announce")
    for number in (1, 2):  # x goes to the sections that changed
        page.keyboard.press("x")
        assert said.inner_text() == f"{number} of 4 changes"
    assert page.evaluate("document.activeElement.closest('[data-anchor]').id") == "s-data"
    page.keyboard.press("?")
    assert "Next and previous change" in page.locator("#pp-keys").inner_text()
    page.keyboard.press("Escape")
    card = page.locator("#threads .thread")
    assert card.locator(".change del").inner_text() == "7"
    assert card.locator(".change ins").inner_text() == "30"
    page.locator("#pp-compare").click()
    page.wait_for_url(f"**/p/{revised}/compare?from=1&to=2&only=1")
    intro = page.locator("#s-intro")
    assert intro.locator("p").first.locator("del").text_content() == "7"
    assert intro.locator("p").first.locator("ins").text_content() == "30"
    moved = intro.locator("p[data-diff=moved]")
    assert moved.text_content() == MOVED and moved.locator("ins, del").count() == 0
    intro.locator("[data-diff=from] a").click()
    assert page.evaluate("document.querySelector(':target').textContent") == MOVED
    assert page.locator("#s-data td del").text_content() == "uuid"
    assert page.locator("#s-data td ins").text_content() == "bigint"
    intro.locator(".pin").click()
    page.locator("#threads .thread.active").wait_for()
    assert re.search(r"\?v=2&thread=\d+#t\d+$", page.url)


@pytest.mark.browser
def test_signs_and_lines_tell_it_not_only_colors_at_every_width(visit: Visit, revised: str) -> None:
    page = visit("bob", at=f"/p/{revised}/compare?from=1&to=2", forced_colors="active")
    for tag, sign, line in (("ins", "+", "underline"), ("del", "−", "line-through")):
        words = page.locator(f"#s-intro p {tag}").first
        assert sign in words.evaluate("w => getComputedStyle(w, '::before').content")
        assert line in words.evaluate("w => getComputedStyle(w).textDecorationLine")
        drawn = page.locator(f"[data-diff=beside] > {tag}")
        assert drawn.evaluate("w => getComputedStyle(w).textDecorationLine") == "none"
    page = visit("bob", at=f"/p/{revised}/compare?from=1&to=2")
    pills = page.locator("#pp-redline p[data-diff=from] a")
    shapes = [pill.evaluate("pill => getComputedStyle(pill).border") for pill in pills.all()]
    assert len(shapes) == 2 and "dashed" in shapes[0] and shapes[0] == shapes[1]
    for width, is_beside in ((1360, True), (390, False)):
        page.set_viewport_size({"width": width, "height": 800})
        before, after = (page.locator(f"[data-diff=beside] > {tag}") for tag in ("del", "ins"))
        one, other = before.bounding_box(), after.bounding_box()
        assert (one["y"] == other["y"]) is is_beside
        assert (other["y"] >= one["y"] + one["height"]) is not is_beside
        for side, drawn in ((one, before), (other, after)):
            svg = drawn.locator("svg:not([aria-hidden])").bounding_box()
            assert svg["x"] + svg["width"] <= side["x"] + side["width"]


@pytest.mark.browser
def test_keys_go_from_change_to_change_and_versions_are_chosen_in_place(
    visit: Visit, revised: str
) -> None:
    page = visit("bob", at=f"/p/{revised}/compare?from=1&to=2")
    said, total = page.locator("#announce"), page.locator("[data-stop]").count()
    assert page.locator("#pp-stops").inner_text() == f"{total} changes" and total > 6
    for at in range(total):
        page.keyboard.press("x")
        assert said.inner_text() == f"{at + 1} of {total} changes"
        stop = page.locator("[data-stop]").nth(at)
        assert stop.evaluate("stop => stop === document.activeElement")
        page.wait_for_function(IN_SIGHT)
    page.keyboard.press("x")
    assert said.inner_text() == "No more changes."
    page.keyboard.press("Shift+X")
    assert said.inner_text() == f"{total - 1} of {total} changes"
    page.locator("#pp-previous").click()
    assert said.inner_text() == f"{total - 2} of {total} changes"
    page.locator("#pp-next").click()
    assert said.inner_text() == f"{total - 1} of {total} changes"
    page.evaluate("window.same = true")
    page.locator("#pp-only-1").click()
    page.wait_for_url(f"**/p/{revised}/compare?from=1&to=2&only=1")
    page.locator("#s-quiet").wait_for(state="detached")
    assert page.evaluate("document.activeElement.id") == "pp-only-1"
    assert page.locator("#pp-only-1").get_attribute("aria-current") == "true"
    assert "3 sections changed, 1 added, 1 removed" in said.inner_text()
    page.locator("#pp-from").focus()
    page.locator("#pp-from").select_option("2")
    page.wait_for_url(f"**/p/{revised}/compare?from=2&to=2&only=1")
    page.get_by_text("You compare v2 with itself").first.wait_for()
    assert page.evaluate("document.activeElement.id") == "pp-from"
    assert page.title().startswith("v2 → v2")
    assert page.evaluate("window.same")
    page.go_back()
    page.locator("#s-intro del").first.wait_for()
    assert page.locator("#pp-from").input_value() == "1"


def test_without_script_it_is_links_and_a_form(visitor: Any, revised: str) -> None:
    bob = visitor("bob")
    page = bob.get(f"/p/{revised}/compare?from=1&to=2").text
    form = re.search(r"<form[^>]*id=\"pp-pair\".*?</form>", page, re.DOTALL)[0]
    assert f'action="/p/{revised}/compare"' in form and 'type="submit"' in form
    assert re.findall(r'<select[^>]* name="(\w+)"', form) == ["from", "to"]
    ids = set(re.findall(r' id="([^"]+)"', page))
    for link in ("pp-next", "pp-previous"):
        assert re.search(rf'id="{link}" href="#([^"]+)"', page)[1] in ids
    hops = re.findall(r'class="[^"]*hop" href="#([^"]+)" aria-label="(\w+) changed', page)
    assert {word for _, word in hops} == {"Previous", "Next"} and {to for to, _ in hops} <= ids
    other = re.search(r'id="pp-only-1" href="([^"]+)"', page)[1].replace("&amp;", "&")
    assert "unchanged section" in bob.get(other).text


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["naming", "escaping"])
def test_a_hostile_document_stays_in_its_box(visit: Visit, server: Server, kind: str) -> None:
    ids = ["pp-bar", "pp-pair", "pp-redline", "diff", "pp-next", "announce", "pp-c1", "s-rest"]
    words = ["pp-doc", "planbar", "toc", "unchanged", "pp-state", "hop", "pin"]
    html = hostile.naming(ids, words) if kind == "naming" else hostile.escaping()
    slug = server.push(html, "title=Hostile&visibility=published").json()["plan"]
    again = re.sub(r"(?<=>)(\w+)", r"\1 else", html)
    assert server.push(again, f"plan={slug}&base_version=1").status_code == 201
    page = visit("bob", at="")
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    for query in ("from=1&to=2", "from=2&to=1&only=1"):
        page.goto(f"/p/{slug}/compare?{query}")
        found = page.evaluate("[...document.querySelectorAll('[id]')].map((part) => part.id)")
        ours = [name for name in found if not name.startswith("d-")]
        assert len(ours) == len(set(ours))
        for top in (0, 600):
            page.evaluate(f"scrollTo({{ top: {top}, behavior: 'instant' }})")
            assert [page.evaluate(HIT, [part, 24, 12]) for part in (".bar", "#pp-bar")] == [[], []]
        page.keyboard.press("x")
        assert "1 of " in page.locator("#announce").inner_text()
    assert said == []


@pytest.mark.browser
def test_the_whole_history_is_read_by_keyboard_and_a_version_restored(
    visit: Visit, server: Server, plan: str
) -> None:
    for number in range(1, 22):
        told = f"plan={plan}&base_version={number}&message=Round+{number}"
        assert server.push(document(f"No. {number} tokens"), told).status_code == 201
    page = visit("alice", at=f"/p/{plan}", viewport={"width": 390, "height": 800})
    page.locator("#pp-versions").press("Enter")
    page.locator("#pp-all-versions").press("Enter")
    page.locator("#pp-older").press("Enter")
    page.locator("#pp-read-2:focus").wait_for()
    assert page.locator(".version").count() == 22
    assert not page.evaluate("document.scrollingElement.scrollWidth > innerWidth")
    page.keyboard.press("Enter")
    page.locator("#pp-restore").press("Enter")
    page.locator("#pp-restore").press("Enter")
    page.wait_for_url(f"**/p/{plan}")
    assert "No. 1 tokens" in page.locator("#pp-doc").inner_text()
    assert "v23" in page.locator("#pp-versions").inner_text()
    page.goto(f"/p/{plan}/editors")
    page.locator("#pp-whom").fill("charlie@example.com")
    page.locator("#pp-whom").press("Enter")
    said = page.locator("#announce")
    said.get_by_text("Charlie may push to this plan now.").wait_for(state="attached")
    page.get_by_label("Take away Charlie").press("Enter")
    said.get_by_text("Charlie may push no more.").wait_for(state="attached")
    page.locator("#pp-whom:focus").wait_for()
    assert page.locator("#pp-editors .seat").count() == 1
