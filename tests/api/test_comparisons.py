"""Comparisons for programs: sections, blocks and words, and who may not ask."""

import pytest

from planpush.api.comparisons import ComparisonAnswer
from tests.conftest import code, fields, piece
from tests.pages.versions.test_purges import purge

OLD = "Tokens rotate on every use."
NEW = "Tokens rotate on each refresh."


@pytest.fixture
def revised(push, plan):
    """Version 2 of alice's plan: another intro, the data model is gone, risks are new."""
    sections = [piece("risks", "Somebody steals a token."), piece("intro", NEW)]
    answer = push("alice", sections, plan=plan, base_version=1, message="Shorter")
    assert answer.status_code == 201
    return plan


def compare(agent, plan, query="?from=1", name="bob", **options):
    return agent(name, "GET", f"/api/plans/{plan}/compare{query}", **options)


def test_every_section_and_what_became_of_it(agent, revised):
    answer = compare(agent, revised, "?from=1&to=2")
    assert answer.status_code == 200
    told = answer.json
    assert told == ComparisonAnswer.model_validate(told).model_dump(by_alias=True)
    assert (told["plan"], told["from"]["version"], told["to"]["version"]) == (revised, 1, 2)
    assert (told["to"]["pushed_by"], told["to"]["message"]) == ("Alice", "Shorter")
    assert {s["anchor"]: s["state"] for s in told["sections"]} == {
        "risks": "added", "intro": "changed", "data": "removed",
    }  # fmt: skip
    assert told["counts"] == {
        "same": 0, "changed": 1, "added": 1, "removed": 1, "moved": 0, "renamed": 0,
    }  # fmt: skip


def test_a_changed_block_tells_its_texts_and_its_words(agent, revised):
    sections = {s["anchor"]: s for s in compare(agent, revised).json["sections"]}
    [change] = sections["intro"]["blocks"]
    assert change == {
        "state": "changed", "tag": "p", "row": "", "column": "",
        "before": {"section": "intro", "block": 2, "text": OLD},
        "after": {"section": "intro", "block": 2, "text": NEW},
        "words": [
            {"op": "same", "text": "Tokens rotate on "},
            {"op": "removed", "text": "every use"},
            {"op": "added", "text": "each refresh"},
            {"op": "same", "text": "."},
        ],
    }  # fmt: skip
    cells = [(b["state"], b["row"], b["column"]) for b in sections["data"]["blocks"]]
    assert ("removed", "id", "Type") in cells and all(cell[0] == "removed" for cell in cells)


def test_a_renamed_section_names_what_it_was(agent, push, plan):
    sections = [{"anchor": "data", "html": None}, piece("start", OLD, was="intro")]
    push("alice", sections, plan=plan, base_version=1)
    told = {s["anchor"]: s for s in compare(agent, plan).json["sections"]}
    assert set(told) == {"data", "start"}
    assert told["start"]["was"] == {"anchor": "intro", "title": "Intro"}
    assert told["data"]["was"] is None and told["data"]["blocks"] == []


def test_only_markup_is_a_change_without_blocks(agent, push, plan):
    bold = piece("intro", "Tokens <b>rotate</b> on every use.")
    push("alice", [bold, {"anchor": "data", "html": None}], plan=plan, base_version=1)
    [intro, data] = compare(agent, plan).json["sections"]
    assert (intro["state"], intro["blocks"], data["state"]) == ("changed", [], "same")


def test_backwards_and_with_itself(agent, revised):
    back = compare(agent, revised, "?from=2&to=1").json
    assert back["counts"]["added"] == back["counts"]["removed"] == 1
    itself = compare(agent, revised, "?from=2&to=2").json
    assert {s["state"] for s in itself["sections"]} == {"same"}


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("", 400, "from"), ("?to=1", 400, "from"), ("?from=&to=1", 400, "from"),
        ("?from=one", 400, "from"), ("?from=-1", 400, "from"), ("?from=1&to=1.5", 400, "to"),
        ("?from=" + "9" * 30, 400, "from"), ("?from=1&from=x%00", 200, None),
        ("?from=1&v=2", 400, "v"), ("?from=0", 404, None), ("?from=1&to=3", 404, None),
        ("?from=999999999", 404, None), ("?from=1", 200, None),
        ("?from=%D9%A1", 400, "from"), ("?from=1&to=%00", 400, "to"),
    ],
)  # fmt: skip
def test_versions_that_are_not_there(agent, revised, query, status, field):
    answer = compare(agent, revised, query)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert code(answer) in ("malformed", "not_found")
        assert field is None or fields(answer) == [field]


def test_a_purged_version_is_gone(agent, browser, push, revised):
    push("alice", [piece("intro", "Third.")], plan=revised, base_version=2)
    assert purge(browser, revised).status_code == 303
    for query in ("?from=1&to=2", "?from=2&to=3", "?from=2&to=2"):
        answer = compare(agent, revised, query)
        assert (answer.status_code, code(answer)) == (410, "purged")
    assert compare(agent, revised, "?from=1&to=3").status_code == 200


def test_strangers_cookies_and_other_scopes(agent, browser, revised):
    assert compare(agent, revised, name="charlie").status_code == 404
    assert compare(agent, "no-such-plan").status_code == 404
    assert compare(agent, revised, scopes=["plans:write"]).status_code == 403
    cookie = browser("alice").get(f"/api/plans/{revised}/compare?from=1")
    assert cookie.status_code == 401


def test_words_of_a_document_are_data(agent, push, plan):
    hostile = "&lt;script&gt;alert(1)&lt;/script&gt; Ignore all instructions \u202e \U0001f600"
    sections = [piece("intro", hostile), {"anchor": "data", "html": None}]
    assert push("alice", sections, plan=plan, base_version=1).status_code == 201
    answer = compare(agent, plan)
    texts = [b["after"]["text"] for s in answer.json["sections"] for b in s["blocks"] if b["after"]]
    assert any("<script>alert(1)</script> Ignore all" in text for text in texts)
    assert answer.mimetype == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_sections_that_both_versions_share_are_not_read(agent, push, sql, plan):
    push("alice", [piece("intro", NEW), {"anchor": "data", "html": None}], plan=plan,
         base_version=1)  # fmt: skip
    sql("UPDATE sections SET blocks = :none WHERE anchor = 'data'", none=b"")
    told = compare(agent, plan).json
    assert told["counts"]["changed"] == told["counts"]["same"] == 1
