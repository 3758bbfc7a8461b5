"""A document stays a document: it cannot reach, move, cover or imitate our own page."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest

from planpush.document.vocabulary import CLASSES
from tests.system import hostile
from tests.system.conftest import ASKED_BY_THE_PAGE, ROOT, document, visits
from tests.system.serving import Server, Visitor

pytestmark = pytest.mark.browser
INTRO = hostile.section("intro", "Intro", "<p>Tokens rotate on every use.</p>")
OURS = [".bar", "#pp-bar", "#pp-contents", "#comments", "#pp-mobilebar", "#banner", "#announce"]
MARKS = ".pin, .permalink, .pp-changed-mark"
STATE = """(ours) => ours.map((selector) => {
    const part = document.querySelector(selector);
    if (!part) return selector;
    const fields = [...part.querySelectorAll("input, textarea")].map((f) => [f.value, f.checked]);
    const open = [...part.querySelectorAll(":popover-open, [open]")].length;
    const still = part.cloneNode(true);
    still.querySelector("#pp-viewers")?.remove();  // who reads comes and goes
    return JSON.stringify([still.outerHTML, fields, open, part.matches(":popover-open")]);
})"""
PRESS = """() => {
    const parts = [...document.querySelectorAll("#pp-doc :is(a, label, button, summary, input)")];
    const authored = parts.filter((part) => !part.closest(".pin, .permalink, [href^=http]"));
    for (const part of authored) { part.focus(); part.click(); }
    document.querySelector("#pp-doc label").dispatchEvent(new KeyboardEvent("keydown",
        { key: "Enter", ctrlKey: true, bubbles: true }));
    return authored.length;
}"""
# Whatever an authored attribute could refer to, and where it leads, if not into the document.
STRAYS = """(marks) => {
    const article = document.getElementById("pp-doc");
    const found = [];
    for (const part of article.querySelectorAll("*")) {
        if (part.closest(marks) && article.contains(part.closest(marks))) continue;
        for (const { name, value } of part.attributes) {
            if (["class", "data-anchor", "title", "alt"].includes(name)) continue;
            for (const word of value.split(/[\\s(]+/)) {
                const to = document.getElementById(word.replace(/^#/, "").replace(/\\)$/, ""));
                const icon = part.matches("use") && to?.matches("symbol");
                const link = part.matches("a") && to?.matches(".pp-doc > [id^='s-']");
                if (!to || icon || link || (name === "id" && to === part)) continue;
                if (!article.contains(to) || to.closest(marks)) found.push(`${name}=${value}`);
            }
        }
    }
    return found;
}"""
HIT = """([selector, columns, rows]) => {
    const part = document.querySelector(selector);
    if (!part || !part.checkVisibility()) return [];
    const box = part.getBoundingClientRect();
    const strays = [];
    for (let x = 0; x < columns; x += 1) for (let y = 0; y < rows; y += 1) {
        const left = box.left + (box.width * (x + 0.5)) / columns;
        const top = box.top + (box.height * (y + 0.5)) / rows;
        if (left < 0 || top < 0 || left >= innerWidth || top >= innerHeight) continue;
        for (const hit of document.elementsFromPoint(left, top).slice(0, 1)) {
            if (!part.contains(hit)) strays.push(`${selector} ${hit.outerHTML.slice(0, 60)}`);
        }
    }
    return strays;
}"""
# Selectors of our own styles, those of documents left out, that match what an author wrote.
REACHING = """([marks, styles]) => {
    const found = new Set();
    const authored = [...document.querySelectorAll("#pp-doc [data-block] *")]
        .filter((part) => !part.closest(marks));
    const walk = (rules) => { for (const rule of rules) {
        if (rule.cssRules?.length) walk(rule.cssRules);
        const bare = (rule.selectorText ?? "").replace(/::?(hover|before|after|marker)/g, "");
        if (/^[^.#[]*$/.test(bare) || bare.includes(".pp-")) continue;
        if (authored.some((part) => part.matches(bare))) found.add(bare);
    } };
    for (const text of styles) {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(text);
        walk(sheet.cssRules);
    }
    return [...found].sort();
}"""
WATCHED = re.compile(r"""(?:closest|matches|querySelector(?:All)?)(?:\?\.)?\(\s*"([^"]+)\"""")
# What our scripts ask of any element. An author's is inert or meant to be asked.
ASKED = {
    "#pp-doc [data-block]",
    "[data-block]",
    ".pp-doc > [data-anchor]",
    "br, hr",
    "p",
    "input, textarea, select, [contenteditable]",
    "input, textarea, select",
    "button, label, summary, a",
    *(".done", ".foot", "a", "button", "summary", "svg", "textarea"),  # within parts of ours only
}
DRESS = re.compile("doc|print|tokens")  # sheets that dress documents
UTILITY = r"\.(?:i|sr|dim|num|grow|row|nowrap|mono|tag|pill(?:\.[a-z]+)?)"
APART = """async (pair) => {
    const [one, other] = await Promise.all(pair.map(async (coded) => {
        const bytes = Uint8Array.from(atob(coded), (letter) => letter.charCodeAt(0));
        const picture = await createImageBitmap(new Blob([bytes]));
        const paper = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
        paper.drawImage(picture, 0, 0);
        return paper.getImageData(0, 0, picture.width, picture.height).data;
    }));
    if (one.length !== other.length) return one.length;
    return one.filter((value, at) => Math.abs(value - other[at]) > 32).length;
}"""
EMPTY = """() => { for (const part of document.querySelectorAll("#pp-doc > *"))
    part.replaceChildren(); }"""
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="session")
def benign(server: Server) -> str:
    """A plan with threads of bob's, to learn from what a page of ours consists of."""
    made = server.push(document("Tokens"), "slug=benign&title=Benign&visibility=published")
    assert made.status_code == 201, made.text
    comment_on(server, "benign")
    return "benign"


def comment_on(server: Server, slug: str) -> None:
    bob = Visitor(server, "bob")
    for place in ({"anchor": "intro"}, {}, {"quote": "Tokens rotate"}):
        assert bob.post(f"/p/{slug}/threads", body="Remark", **place).status_code == 303
    bob.http.close()


@pytest.fixture
def opened(server: Server, visit: Callable[..., Any]) -> Callable[..., Any]:
    """Push a hostile document, comment on it, and open it as its owner."""
    return lambda html, slug, width=1440: look(visit, published(server, html, slug), width)


def published(server: Server, html: str, slug: str) -> str:
    pushed = server.push(INTRO + html, f"slug={slug}&title=Hostile&visibility=published")
    assert pushed.status_code == 201, pushed.text
    comment_on(server, pushed.json()["plan"])
    return str(pushed.json()["plan"])


def look(visit: Callable[..., Any], slug: str, width: int = 1440) -> Any:
    page = visit("alice", at="", viewport={"width": width, "height": 900})
    page.goto(f"/p/{slug}", wait_until="load")
    page.evaluate(SETTLED)
    return page


def named(page: Any) -> list[str]:
    return page.evaluate("[...document.querySelectorAll('[id]')].map((part) => part.id)")


def interface_classes() -> set[str]:
    """Return every class that the app's own styles, scripts and templates use."""
    texts = [
        path.read_text(encoding="utf-8")
        for folder, kind in (("static/css", "css"), ("static/js", "js"), ("templates", "html"))
        for path in (ROOT / folder).rglob(f"*.{kind}")
    ]
    dotted = set(re.findall(r"\.([a-z][a-z0-9-]*)", " ".join(texts)))
    worn = " ".join(re.findall(r'class="([^"{]*)', " ".join(texts))).split()
    return {word for word in dotted.union(worn) if re.fullmatch("[a-z][a-z0-9-]*", word)}


@pytest.fixture(scope="session")
def clash(server: Server, chromium: Any, benign: str) -> str:
    """A plan whose document names every id and wears every class of our pages."""
    with contextmanager(visits)(server, chromium) as visit:
        ids = named(visit("alice", at=f"/p/{benign}?compose=intro"))
    assert {"pp-bar", "composer", "comments", "banner", "announce", "s-intro"} <= set(ids)
    assert any(re.fullmatch(r"t\d+", one) for one in ids)
    assert any(name.startswith("pp-i-") for name in ids) and len(ids) > 40
    return published(server, hostile.naming(ids, sorted(interface_classes())), "names")


@pytest.fixture
def clashing(visit: Callable[..., Any], clash: str) -> Any:
    return look(visit, clash)


def test_a_document_presses_nothing_of_ours(clashing: Any) -> None:
    sent: list[str] = []
    clashing.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    clashing.on("dialog", lambda dialog: sent.append(dialog.message))
    clashing.on("framenavigated", lambda frame: sent.append(frame.url.partition("#")[0]))
    here = clashing.url
    before = clashing.evaluate(STATE, OURS)
    assert clashing.evaluate(PRESS) > 300
    clashing.evaluate(SETTLED)
    assert clashing.evaluate(STATE, OURS) == before
    assert clashing.url.partition("#")[0] == here
    asked = [line for line in sent if not ASKED_BY_THE_PAGE.search(line)]
    assert [line for line in asked if line != here] == []
    for name in ("title", "forms", "cookie", "htmx", "pp-bar", "body"):
        kind = f"Object.prototype.toString.call(document[{name!r}])"
        assert not re.search("HTML(?!Body|Coll)|SVG", clashing.evaluate(kind)), name


def test_a_document_names_and_wears_nothing_of_ours(clashing: Any) -> None:
    assert clashing.evaluate(STRAYS, MARKS) == []
    ids = [name for name in named(clashing) if name]
    assert doubled(ids) <= {name for name in ids if name[:2] == "d-"}
    sheets = [path for path in (ROOT / "static/css").glob("*.css") if not DRESS.match(path.name)]
    assert len(sheets) > 10
    reaching = clashing.evaluate(REACHING, [MARKS, [path.read_text() for path in sheets]])
    assert {".pill", ".sr", ".row"} <= {*reaching}
    parts = {part for one in reaching for part in re.split(r", (?![^(]*\))", one)}
    worn = {part for part in parts if CLASSES.issuperset(re.findall(r"\.([a-z][a-z0-9-]*)", part))}
    assert [part for part in worn if not re.fullmatch(f"{UTILITY}(?: {UTILITY})?", part)] == []
    # No script of ours takes a document for our interface.
    scripts = "".join(path.read_text() for path in (ROOT / "static/js").glob("*.js"))
    asked = {*WATCHED.findall(scripts)} - ASKED
    assert len(asked) > 15
    within = """([selector, marks]) => [...document.querySelectorAll("#pp-doc [data-block] *")]
        .filter((part) => part.matches(selector) && !part.closest(marks)).length"""
    taken = {one: clashing.evaluate(within, [one.replace(":scope >", ""), MARKS]) for one in asked}
    assert {one: count for one, count in taken.items() if count} == {}
    tree = [clashing.locator(part).aria_snapshot() for part in OURS[:4]]
    clashing.evaluate(EMPTY)
    assert [clashing.locator(part).aria_snapshot() for part in OURS[:4]] == tree


def doubled(words: list[str]) -> set[str]:
    return {word for word in words if words.count(word) > 1}


@pytest.mark.parametrize("width", [390, 1440])
def test_a_document_covers_nothing_of_ours(opened: Callable[..., Any], width: int) -> None:
    page = opened(hostile.escaping(), f"covers-{width}", width)
    for top in (0, 700, 3_000, 10**8):
        page.evaluate("(top) => scrollTo({ top, behavior: 'instant' })", top)
        page.evaluate(SETTLED)
        assert [page.evaluate(HIT, [part, 24, 12]) for part in OURS[:5]] == [[]] * 5, top
        sideways = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
        assert (sideways, page.evaluate("scrollX")) == (0, 0)
    page.locator("#s-intro").scroll_into_view_if_needed()  # nor its own neighbors
    outside = """() => { const box = document.getElementById("s-intro").getBoundingClientRect();
        const hits = [0.1, 0.3, 0.5, 0.7, 0.9].map((at) => document.elementFromPoint(
            box.left + box.width * at, box.top + box.height / 2));
        return hits.filter((hit) => !hit.closest("#s-intro")).length; }"""
    assert page.evaluate(outside) == 0
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    page.evaluate("document.getElementById('pp-ring').remove()")  # the bell may not ring meanwhile
    with_it = pictures(page)
    page.evaluate(EMPTY)
    page.evaluate(SETTLED)
    without = pictures(page)
    assert len(with_it) >= 3
    assert [part for part in without if apart(page, with_it[part], without[part]) > 40] == []


def apart(page: Any, *pair: bytes) -> int:
    """Return how many values two pictures have apart: an edge is not rounded always alike."""
    return page.evaluate(APART, [b64encode(picture).decode() for picture in pair])


def pictures(page: Any) -> dict[str, bytes]:
    seen = [part for part in OURS[:5] if page.locator(part).is_visible()]
    return {part: page.locator(part).screenshot() for part in seen}
