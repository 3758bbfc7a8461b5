"""Use: go on with a plan from another conversation, and join edits after a conflict."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Planpush
from tests.plugin.fake_server import FakeServer


@pytest.fixture
def there(pushed: Planpush) -> Planpush:
    """Another conversation of the same user, with the same plan."""
    made = Planpush(pushed.home, pushed.server, {"CLAUDE_CODE_SESSION_ID": "other"})
    assert "tokens at v1: 2 sections" in made("use", "tokens").text
    return made


def test_edits_of_different_sections_are_joined(
    pushed: Planpush, there: Planpush, server: FakeServer
) -> None:
    there.put("summary", "Theirs.")
    there("push")
    pushed.put("data-model", "Mine.")
    assert "kept your edits of: data-model" in pushed("use", "tokens").text
    assert "pushed v3" in pushed("push").text
    texts = [server.held[one["sha256"]] for one in server.sections]
    assert "Theirs." in texts[0] and "Mine." in texts[1]


def test_sections_added_and_removed_by_others(
    pushed: Planpush, there: Planpush, server: FakeServer
) -> None:
    there("rm", "summary")
    there.put("risks")
    there("push")
    pushed("use", "tokens")
    anchors = [line.split(":")[0] for line in pushed("outline").text.splitlines()]
    assert anchors == ["data-model", "risks"]
    assert server.version == 2


def test_unpushed_edits_are_not_dropped_by_accident(pushed: Planpush) -> None:
    pushed.put("data-model", "Mine.")
    refused = pushed("use", "--new")
    assert refused.code == 1
    assert "not pushed yet: data-model" in refused.text
    assert pushed("use", "--new", "--discard").code == 0
    assert "no sections yet" in pushed("outline").text


def test_push_to_a_plan_keeps_its_other_sections(there: Planpush, server: FakeServer) -> None:
    there("use", "--new")
    there.put("risks")
    assert there("push", "--plan", "tokens").code == 0
    assert [one["anchor"] for one in server.sections] == ["summary", "data-model", "risks"]
