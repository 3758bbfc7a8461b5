"""Who may not see a plan learns nothing of it, on any route; who is nobody gets nowhere."""

from urllib.parse import quote

import pytest

from tests.conftest import MUTATIONS, address, for_browsers, piece, routes
from tests.people import HTMX

EVERY = MUTATIONS | {"GET", "HEAD"}
PUBLIC = {
    "static",
    "health.live",
    "health.ready",
    "metrics.show",
    "sign_ins.new",
    "sign_ins.create",
    "sign_ins.destroy",
    "sign_ins.done",
    "setups.create",
    "github.login",
    "github.authorized",
    "okta_sign_ins.new",
    "okta_sign_ins.create",
    "logouts.create",
    "logouts.show",
    "logouts.destroy",
    "api_infos.show",
    "api_openapi.show",
    "deliveries.index",
    "deliveries.show",
    "vocabularies.index",
    "oauth_metadata.show",
    "oauth_resources.index",
    "device_codes.create",
    "oauth_grants.create",
    "oauth_clients.create",
    "oauth_revocations.create",
}
# What an open page asks by itself is answered on that page: tests/pages/plans/test_updates.py.
ASKED_BY_THE_PAGE = {
    "updates.new", "events.show", "events.index", "viewers.index", "refreshes.show", "bells.show",
    "listing_updates.index",
    "reviews.show",
}  # fmt: skip


def plan_routes(app):
    return [(method, rule) for method, rule in routes(app, EVERY) if "<slug>" in rule.rule]


def closed_routes(app):
    return [(method, rule) for method, rule in routes(app, EVERY) if rule.endpoint not in PUBLIC]


def test_only_the_listed_endpoints_are_public(app):
    public = {name for name, view in app.view_functions.items() if getattr(view, "public", False)}
    assert public | {"static"} == PUBLIC


@pytest.mark.parametrize("htmx", [True, False])
def test_charlie_gets_404_on_every_page_and_fragment_of_a_private_plan(app, browser, thread, htmx):
    charlie = browser("charlie")
    checked = 0
    for method, rule in plan_routes(app):
        if for_browsers(rule):
            hidden = charlie.send(method, address(rule, slug="auth"), htmx=htmx)
            absent = charlie.send(method, address(rule, slug="nope"), htmx=htmx)
            assert (hidden.status_code, absent.status_code) == (404, 404), (method, rule)
            assert hidden.text.replace("auth", "nope") == absent.text, (method, rule)
            checked += 1
    assert checked > 15


def test_charlies_agent_gets_404_on_every_api_route_of_a_private_plan(app, agent, thread):
    checked = 0
    for method, rule in plan_routes(app):
        if rule.rule.startswith("/api/"):
            hidden = agent("charlie", method, address(rule, slug="auth"), json={})
            absent = agent("charlie", method, address(rule, slug="nope"), json={})
            assert (hidden.status_code, absent.status_code) == (404, 404), (method, rule)
            assert hidden.text.replace("auth", "nope") == absent.text, (method, rule)
            checked += 1
    assert checked >= 8


def test_options_tell_a_stranger_nothing(app, browser, plan):
    charlie = browser("charlie")
    for _, rule in routes(app, frozenset({"OPTIONS"})):
        if "<slug>" in rule.rule and for_browsers(rule):
            hidden = charlie.send("OPTIONS", address(rule, slug="auth"))
            absent = charlie.send("OPTIONS", address(rule, slug="nope"))
            assert (hidden.status, hidden.text) == (absent.status, absent.text), rule


def test_a_thread_is_not_found_through_another_plan(app, browser, push, thread):
    push("charlie", [{"anchor": "mine", "html": "<p>Mine.</p>"}], title="Mine", slug="mine")
    charlie = browser("charlie")
    for method, rule in plan_routes(app):
        if rule.arguments & {"thread_id", "comment_id"} and for_browsers(rule):
            path = address(rule, slug="mine", thread_id=thread)
            assert charlie.send(method, path, {"body": "Hello"}).status_code == 404, (method, rule)


def let_in(alice, charlie, push, plan):
    """Charlie is asked for a review, may push, comments, and is named; then all that is over."""
    ways = [f"/p/{plan}/{kind}?email=charlie@example.com" for kind in ("reviewers", "editors")]
    said = {"anchor": "intro", "quote": "rotate", "body": "Look, @charlie: quokka."}
    for way in ways:
        alice.send("POST", way.partition("?")[0], {"email": "charlie@example.com"})
    for one in (alice, charlie):
        assert one.send("POST", f"/p/{plan}/threads", said).status_code == 201
    assert (
        push("charlie", [piece("intro", "Quokkas.")], plan=plan, base_version=1).status_code == 201
    )
    assert "quokka" in charlie.get("/notices").text
    for way in ways:
        assert alice.send("DELETE", way).status_code == 200
    alice.send("POST", f"/p/{plan}/threads", said)
    words = [piece("intro", "More quokkas.")]
    push("alice", words, plan=plan, base_version=2, title="Quokka", message="Quokka.")


def test_who_was_put_out_again_finds_no_trace_of_it(app, browser, push, plan):
    alice, charlie = browser("alice"), browser("charlie")
    let_in(alice, charlie, push, plan)
    checked = 0
    for _, rule in routes(app, frozenset({"GET"})):
        if for_browsers(rule) and rule.endpoint not in PUBLIC:
            answer = charlie.get(address(rule, slug=plan) + "?q=quok&state=all&since=0")
            seen = b"" if answer.mimetype == "application/zip" else answer.data.lower()
            assert b"quokka" not in seen, rule
            assert f"/p/{plan}".encode() not in seen or "<slug>" in rule.rule, rule
            checked += answer.status_code == 200
    assert checked > 10


def test_owner_reviewer_admin_and_project_manager_see_a_private_plan(browser, plan):
    for name in ["alice", "bob", "ada", "pam"]:
        assert browser(name).get(f"/p/{plan}").status_code == 200, name


def test_a_page_sends_nobody_to_sign_in_and_back(app, plan):
    for method, rule in closed_routes(app):
        if for_browsers(rule):
            path = address(rule, slug=plan)
            answer = app.test_client().open(path, method=method)
            assert answer.status_code == 302, (method, rule)
            back = f"?next={quote(path, safe='')}" if method == "GET" else ""
            assert answer.location == f"/sign-in{back}", (method, rule)


def test_12_htmx_sends_nobody_to_sign_in_with_401(app, plan):
    current = HTMX | {"HX-Current-URL": "http://localhost/p/auth?v=1"}
    for method, rule in closed_routes(app):
        if for_browsers(rule) and rule.endpoint not in ASKED_BY_THE_PAGE:
            path = address(rule, slug=plan)
            answer = app.test_client().open(path, method=method, headers=current)
            assert (answer.status_code, answer.text) == (401, ""), (method, rule)
            assert answer.headers["HX-Redirect"] == "/sign-in?next=%2Fp%2Fauth%3Fv%3D1"


def test_the_api_answers_nobody_with_401(app, plan):
    for authorization in [None, "Bearer ppt_none", "Basic YTpi", "Bearer", "x"]:
        headers = {"Authorization": authorization} if authorization else {}
        for method, rule in closed_routes(app):
            if rule.rule.startswith("/api/"):
                path = address(rule, slug=plan)
                answer = app.test_client().open(path, method=method, headers=headers)
                assert answer.status_code == 401, (method, rule)
                assert answer.mimetype == "application/problem+json", authorization
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_8_a_cookie_alone_does_not_count_on_the_api(app, browser, plan):
    alice = browser("alice")
    for method, rule in closed_routes(app):
        if rule.rule.startswith("/api/"):
            path = address(rule, slug=plan)
            assert alice.send(method, path, htmx=False).status_code == 401, (method, rule)


def test_a_bearer_token_does_not_sign_in_on_a_page(app, agent, plan):
    for method, rule in closed_routes(app):
        if for_browsers(rule):
            answer = agent("alice", method, address(rule, slug=plan))
            assert answer.status_code == 302, (method, rule)
