"""Good documents are pushed without a warning, and nothing that they say is lost."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest

from planpush.document.lint.linter import lint
from planpush.document.sanitizer.sanitizer import clean
from planpush.document.sections import build
from tests.golden.good import good

DOCUMENTS = good()
FACTS = json.loads((Path(__file__).parent / "landing-page-facts.json").read_text())
MARKUP = re.compile(r"<[^<>]*>")
MERMAID = re.compile(r"<pre[^<>]*pp-diagram.*?</pre>", re.DOTALL)


def words(html: str) -> str:
    return " ".join(unescape(MARKUP.sub(" ", html)).split())


@pytest.fixture
def push(agent):
    """Push a document; return the answer and the words that are stored of it."""

    def send(name: str):
        query = f"slug={name}&title=Good&visibility=published"
        answer = agent(
            "alice", "POST", f"/api/push?{query}", data=DOCUMENTS[name], content_type="text/html"
        )
        assert answer.status_code == 201, answer.text
        stored = agent("alice", "GET", f"/api/plans/{name}/document").text
        return answer.json, words(stored)

    return send


def test_a_good_document_has_no_warning_and_keeps_its_words(push):
    for name, html in DOCUMENTS.items():
        answer, stored = push(name)
        assert answer["warnings"] == [], name
        assert words(MERMAID.sub("", html)) in stored or name == "diagram", name


def test_every_part_of_the_landing_page_is_in_the_stored_text(push):
    _, stored = push("landing-page")
    missing = [fact for part in FACTS.values() for fact in part if fact not in stored]
    assert missing == []


def test_the_facts_cover_every_part_of_the_landing_page():
    assert len(FACTS) == 18 and sum(map(len, FACTS.values())) > 110


CHIPS = {
    'class="pill bad">Breaking': 1, 'class="pp-m mw"': 2, 'class="pp-flag breaking"': 1,
    'class="pp-flag new"': 10, 'class="pp-admin"': 1, 'class="pp-card"': 6, 'class="accepted"': 3,
    'class="open"': 2, 'class="ln"': 6, 'class="pp-elbow': 1,
}  # fmt: skip


def test_the_landing_page_marks_what_it_says():
    assert {chip: DOCUMENTS["landing-page"].count(chip) for chip in CHIPS} == CHIPS


@pytest.mark.parametrize(
    ("anchor", "row"),
    [
        ("session-manager", "Firefox · Ubuntu New York, NY · 2 hours ago Revoke"),
        ("audit-log-viewer", "revoke jordan · CLI device · 172.16.0.8 12m ago"),
        ("login-screen", "Device code from the CLI"),
    ],
)
def test_a_row_of_a_mock_up_is_one_text_that_can_be_commented(anchor, row):
    html = DOCUMENTS["landing-page"]
    start = html.index(f'<section class="pp-section" data-anchor="{anchor}">')
    blocks = build(anchor, clean(html[start : html.index("</section>", start) + 10])).blocks
    assert row in [block.text for block in blocks]


def test_a_fault_in_a_good_document_would_be_found():
    html = DOCUMENTS["landing-page"].replace("pp-flag breaking", "pp-flog breaking")
    _, warnings = lint([("landing", html)])
    assert "unknown_class" in {found.code for found in warnings}
