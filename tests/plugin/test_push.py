"""Push: the delta, refusals, conflicts, and never two versions from one push."""

from __future__ import annotations

from tests.plugin.conftest import Planpush
from tests.plugin.fake_server import DROP, Answer, FakeServer


def test_first_push_sends_everything_and_says_who_can_see_it(
    planpush: Planpush, server: FakeServer
) -> None:
    planpush.put("summary")
    planpush.put("data-model")
    assert planpush("lint").code == 0
    done = planpush("push", "--title", "Tokens", "--direction", "focus on the data model")
    assert done.code == 0
    assert f"{server.address}/p/tokens" in done.text
    assert "only you can see this; publish with: planpush push --publish" in done.text
    body = server.pushes()[0].body
    assert body["plan"] is None and body["base_version"] is None
    assert body["direction"] == "focus on the data model"
    assert all(one["html"] for one in body["sections"])


def test_push_without_a_change_says_so_and_publishes(pushed: Planpush, server: FakeServer) -> None:
    done = pushed("push", "--publish")
    assert "content unchanged: v1" in done.text
    assert "visibility: published, it was private\neverybody who can sign in" in done.text
    assert "only you" not in done.text
    assert server.visibility == "published"
    assert "visibility: published, as before" in pushed("push", "--publish").text
    assert "visibility" not in pushed("push").text


def test_rename_is_declared_once(pushed: Planpush, server: FakeServer) -> None:
    pushed.put("entities", "Words.", "--was", "data-model")
    assert "entities: renamed from data-model" in pushed("outline").text
    pushed("push")
    assert server.pushes()[-1].body["sections"][1]["was"] == "data-model"
    pushed("push")
    assert server.pushes()[-1].body["sections"][1]["was"] is None


def test_a_refused_document_is_told_with_its_places(pushed: Planpush, server: FakeServer) -> None:
    errors = [
        {"field": "sections[1].html", "code": "heading_order", "line": 4, "column": 9,
         "message": "h4 after h2", "fix": "use h3"},
        {"field": "sections[0].html", "code": "secret_found", "line": 2, "message": "A key.",
         "fix": "push again with allow_secrets"},
    ]  # fmt: skip
    server.script = [(422, {"type": "urn:planpush:problem:secret_found", "errors": errors}, {})]
    done = pushed("push")
    assert done.code == 1
    assert "\ndata-model 4:9 heading_order h4 after h2 → use h3\n" in done.text
    assert "\nsummary 2:1 secret_found A key.\nfix: take it out" in done.text
    assert "push with --allow-secrets" in done.text
    pushed("push", "--allow-secrets")
    assert server.pushes()[-1].body["allow_secrets"] is True


SOURCES = [
    ({}, {"agent": "", "session": ""}),
    ({"CLAUDECODE": "1"}, {"agent": "claude-code", "session": ""}),
]


def test_agent_is_named_only_when_known(pushed: Planpush, server: FakeServer) -> None:
    for environment, source in SOURCES:
        pushed("push", **environment)
        assert server.pushes()[-1].body["source"] == source, (environment, source)


def test_missing_sections_are_sent_once_more_in_full(pushed: Planpush, server: FakeServer) -> None:
    errors = [{"field": "sections[0]", "code": "missing_section", "message": "send it"}]
    refusal: Answer = (422, {"code": "missing_sections", "errors": errors}, {})
    server.script = [refusal]
    pushed.put("data-model", "Other words.")
    assert pushed("push").code == 0
    assert all(one["html"] for one in server.pushes()[-1].body["sections"])
    server.script = [refusal, refusal]
    assert pushed("push").code == 1


def test_dropped_connection_is_retried_with_the_same_key(
    planpush: Planpush, server: FakeServer
) -> None:
    planpush.put("summary")
    server.script = [DROP, (503, {}, {"Retry-After": "1"})]
    assert "pushed v1" in planpush("push", "--title", "Tokens").text
    assert len({one.headers["idempotency-key"] for one in server.pushes()}) == 1
    assert (len(server.pushes()), server.version) == (3, 1)


def test_new_plan_needs_a_title_and_a_section(planpush: Planpush, server: FakeServer) -> None:
    assert "fix: `put ANCHOR` first" in planpush("push", "--title", "Tokens").text
    planpush.put("summary")
    assert "fix: planpush push --title '" in planpush("push").text
    assert server.pushes() == []
    done = planpush("push", "--title", "Tokens", "--slug", "auth")
    assert "the plan's name is tokens, not auth" in done.text
