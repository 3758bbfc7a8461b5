"""Comparisons for programs: sections, blocks and words, and who may not ask."""

import pytest

from planpush.api.comparisons import ComparisonAnswer
from tests.conftest import code, fields, piece

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


QUERIES = [
    ("", 400, "from"), ("?to=1", 400, "from"), ("?from=&to=1", 400, "from"),
    ("?from=one", 400, "from"), ("?from=-1", 400, "from"), ("?from=1&to=1.5", 400, "to"),
    ("?from=" + "9" * 30, 400, "from"), ("?from=1&from=x%00", 200, None),
    ("?from=1&v=2", 400, "v"), ("?from=0", 404, None), ("?from=1&to=3", 404, None),
    ("?from=999999999", 404, None), ("?from=1", 200, None),
    ("?from=%D9%A1", 400, "from"), ("?from=1&to=%00", 400, "to"),
]  # fmt: skip


def test_versions_that_are_not_there(agent, revised):
    for query, status, field in QUERIES:
        answer = compare(agent, revised, query)
        assert answer.status_code == status, answer.text
        if status != 200:
            assert code(answer) in ("malformed", "not_found"), (query, status)
            assert field is None or fields(answer) == [field]


def test_strangers_cookies_and_other_scopes(agent, browser, revised):
    assert compare(agent, revised, name="charlie").status_code == 404
    assert compare(agent, "no-such-plan").status_code == 404
    assert compare(agent, revised, scopes=["plans:write"]).status_code == 403
    cookie = browser("alice").get(f"/api/plans/{revised}/compare?from=1")
    assert cookie.status_code == 401
