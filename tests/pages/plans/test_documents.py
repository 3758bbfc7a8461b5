"""One version's document as a fragment, with everything beside it that names the version."""

import re

from tests.conftest import piece


def test_the_fragment_holds_document_contents_bar_and_panel(browser, plan, thread):
    answer = browser("bob").get(f"/p/{plan}/document")
    targets = set(re.findall(r'hx-partial hx-target="([^"]+)"', answer.text))
    assert {"#pp-bar", "#pp-contents", "#pp-document", "#comments"} <= targets
    assert "<html" not in answer.text and 'id="s-intro"' in answer.text
    assert f'id="t{thread}"' in answer.text


def test_it_pushes_the_address_of_its_version(browser, push, plan):
    push("alice", [piece("intro", "Second.")], plan=plan, base_version=1)
    alice = browser("alice")
    for query, address in (("", f"/p/{plan}"), ("?v=2", f"/p/{plan}"), ("?v=1", f"/p/{plan}?v=1")):
        answer = alice.get(f"/p/{plan}/document{query}")
        assert answer.headers["HX-Push-Url"] == address
