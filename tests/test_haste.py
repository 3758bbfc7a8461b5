"""What the tests' haste must not change: an app knows no other's routes."""

from __future__ import annotations


def routes(app) -> set[str]:
    return {rule.rule for rule in app.url_map.iter_rules()}


def test_a_route_of_one_app_is_no_other_ones(app, another):
    before, third = routes(app), another()
    third.add_url_rule("/only/here", "only_here", lambda: "here")
    third.add_url_rule("/and/here", "and_here", lambda: "there")
    assert third.test_client().get("/healthz").status_code == 200
    assert third.url_map.bind("localhost").match("/and/here") == ("and_here", {})
    assert routes(third) == before | {"/only/here", "/and/here"}
    assert routes(app) == routes(another()) == before
    with app.test_request_context(), third.test_request_context() as theirs:
        assert theirs.app.url_for("only_here", _external=False) == "/only/here"
