"""htmx ignores the document: should the sanitizer ever let its attributes pass, nothing happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nh3
import pytest

from planpush.database.session import commit
from planpush.document.sanitizer import sanitizer
from planpush.versions.push import push_new, push_version
from planpush.versions.request import Push, SectionPush
from tests.people import person
from tests.system.serving import Server

pytestmark = pytest.mark.browser
EVIL = "/evil"
ATTRIBUTES = (
    *(f'hx-{verb}="{EVIL}" hx-trigger="load"' for verb in ("get", "post", "patch", "delete")),
    *(
        f'hx-get="{EVIL}" hx-trigger="{one}"'
        for one in ("revealed", "intersect", "every 1s", "click")
    ),
    f'hx-post="{EVIL}"',
    f'hx-get="{EVIL}" hx-trigger="load" hx-target="body" hx-swap="outerHTML"',
    f'hx-get="{EVIL}" hx-trigger="load from:body"',
    f'hx-action="{EVIL}" hx-method="DELETE" hx-trigger="load"',
    f'hx-sse:connect="{EVIL}" hx-trigger="load"',
    f"hx-on:load=\"fetch('{EVIL}')\"",
    f"hx-on:click=\"fetch('{EVIL}')\"",
    f'hx-get="{EVIL}" hx-trigger="load" hx-vals="js:{{a: fetch(\'{EVIL}\')}}"',
    'id="announce" hx-swap-oob="true"',
    'hx-swap-oob="innerHTML:#announce"',
    'hx-swap-oob="outerHTML:#pp-bar"',
    f'hx-boost="true" hx-get="{EVIL}"',
)
PARTIALS = '<hx-partial hx-target="#announce" hx-swap="innerHTML"><b>Evil</b></hx-partial>'
PRESS = "() => document.querySelectorAll('#pp-doc section p').forEach((one) => one.click())"
UNGUARDED = """() => {
    const page = document.getElementById("pp-doc");
    page.removeAttribute("hx-ignore");
    htmx.process(page);
}"""


@pytest.fixture
def evil(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a plan of two versions whose document is full of htmx."""
    allowed = {tag: set(names) for tag, names in sanitizer.ATTRIBUTES.items()}

    def keep(tag: str, name: str, value: str) -> str | None:
        return (
            value if name.startswith("hx-") or name == "id" else sanitizer._filter(tag, name, value)
        )

    open_to_htmx = nh3.Cleaner(
        tags={*sanitizer.TAGS, "hx-partial"},
        attributes=allowed,
        attribute_filter=keep,
        generic_attribute_prefixes={"hx-"},
        link_rel=None,
    )
    monkeypatch.setattr(sanitizer, "_CLEANER", open_to_htmx)
    with server.app.app_context():
        alice = person("alice")
        plan = push_new(Push([SectionPush("a", body("One"))], title="Evil"), by=alice).plan
        push = Push([SectionPush("a", body("Two"))], base_version=1)
        push_version(plan, push, by=alice)
        commit()
        return plan.slug


def body(word: str) -> str:
    parts = "".join(f"<p {given}>{word}</p>" for given in ATTRIBUTES)
    return f'<section data-anchor="a"><h2>{word}</h2>{parts}{PARTIALS}</section>'


def test_htmx_in_a_document_does_nothing(
    server: Server, visit: Callable[..., Any], evil: str
) -> None:
    page, asked = visit("alice", at=f"/p/{evil}", expect=("404", "htmx", "evil")), []
    page.on("request", lambda sent: asked.append(sent.url))
    assert page.locator("#pp-doc p[hx-get]").count() >= 8, "the sanitizer let nothing pass"
    page.evaluate(PRESS)
    with page.expect_response(lambda answer: "/document?v=1" in answer.url):
        page.locator("#pp-versions").click()
        page.locator('[hx-get$="/document?v=1"]').click()
    page.locator("#pp-doc h2", has_text="One").wait_for()
    page.evaluate(PRESS)
    page.wait_for_timeout(2500)  # longer than `every 1s`
    assert [url for url in asked if EVIL in url] == []
    assert "Evil" not in page.locator("p#announce.sr").text_content()
    assert page.locator("#pp-bar #pp-versions").count() == 1
    with page.expect_request(lambda sent: EVIL in sent.url):  # so that this can fail
        page.evaluate(UNGUARDED)
