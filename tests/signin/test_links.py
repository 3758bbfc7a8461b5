"""Signing in and out: cookies, links, limits, and where `next` may lead."""

import base64
import json
import re
from datetime import timedelta
from urllib.parse import quote

import pytest

from planpush.accounts.sessions import SignInLink
from planpush.accounts.tokens import Token
from planpush.database.session import commit, now
from tests.conftest import address, routes
from tests.people import person

HTTPS = "https://plans.example.com"
HOSTILE = [
    "//evil.example", "/\\evil.example", "https://evil.example", "///evil.example",
    "/%09/evil.example", "javascript:alert(1)", "\\\\evil.example", "/\t/evil.example",
    "/x\r\nLocation: https://evil.example", "\t//evil.example", "/\n/evil.example",
    " //evil.example",
    "http:evil.example", "//", "/\u2028/evil.example", "data:text/html,x", "evil.example", "/\x00/",
]  # fmt: skip


def link(app, name="alice"):
    with app.app_context():
        secret = SignInLink.issue(person(name))
        commit()
    return secret


def lands_here(location):
    """Whether a browser takes `location` for a path of this site (WHATWG rules)."""
    seen = re.sub(r"[\t\n\r]", "", location.strip("".join(map(chr, range(33))))).replace("\\", "/")
    return seen.startswith("/") and not seen.startswith("//")


@pytest.fixture
def secure(app, another):
    """The same data, served where people use https."""
    return another(base_url=HTTPS)


def test_1_the_cookie_is_bound_to_host_and_https(secure):
    secret = link(secure)
    answer = secure.test_client().get(f"/sign-in/local?token={secret}", base_url=HTTPS)
    cookie = answer.headers["Set-Cookie"]
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert cookie.startswith("__Host-")
    assert {"secure", "httponly", "samesite=lax", "path=/"} <= parts
    assert not any(part.startswith("domain") for part in parts)


def test_2_a_chosen_session_id_is_replaced(app):
    client = app.test_client()
    client.set_cookie("planpush", "chosen-by-me")
    client.get(f"/sign-in/local?token={link(app)}")
    assert client.get_cookie("planpush").value != "chosen-by-me"
    other = app.test_client()
    other.set_cookie("planpush", "chosen-by-me")
    assert other.get("/dashboard").status_code == 302


def test_2_signing_in_again_ends_the_session_before(app, browser):
    alice = browser("alice")
    before = alice.client.get_cookie("planpush").value
    alice.get(f"/sign-in/local?token={link(app, 'alice')}")
    copy = app.test_client()
    copy.set_cookie("planpush", before)
    assert copy.get("/dashboard").status_code == 302
    assert "alice@example.com" in alice.get("/dashboard").text


def test_a_link_does_not_make_somebody_another_person_unasked(app, browser):
    alice, secret = browser("alice"), link(app, "bob")
    asked = alice.get(f"/sign-in/local?token={secret}")
    assert asked.status_code == 200 and "Continue as Bob" in asked.text
    assert "alice@example.com" in alice.get("/dashboard").text
    before = alice.client.get_cookie("planpush").value
    assert alice.send("POST", "/sign-in/local", {"token": secret}).status_code == 302
    assert "bob@example.com" in alice.get("/dashboard").text
    copy = app.test_client()
    copy.set_cookie("planpush", before)
    assert copy.get("/dashboard").status_code == 302


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_a_preview_does_not_use_a_link_up(app, method):
    client, secret = app.test_client(), link(app, "bob")
    headers = {"Sec-Purpose": "prefetch;prerender"} if method == "GET" else {}
    client.open(f"/sign-in/local?token={secret}", method=method, headers=headers)
    assert client.get(f"/sign-in/local?token={secret}").status_code == 302


def test_5_signing_out_kills_a_copied_cookie(app, browser):
    alice = browser("alice")
    copy = app.test_client()
    copy.set_cookie("planpush", alice.client.get_cookie("planpush").value)
    assert copy.get("/dashboard").status_code == 200
    answer = alice.send("POST", "/sign-out", htmx=False)
    assert (answer.status_code, answer.location) == (303, "/sign-out/done")
    assert copy.get("/dashboard").status_code == 302
    assert alice.client.get_cookie("planpush") is None
    assert alice.get("/sign-out/done").status_code == 200


def test_5_a_get_signs_nobody_out(browser):
    alice = browser("alice")
    assert alice.get("/sign-out").status_code == 405
    assert alice.get("/dashboard").status_code == 200


def test_12_htmx_with_an_expired_session_is_sent_to_sign_in(browser, sql):
    alice = browser("alice")
    sql("UPDATE browser_sessions SET seen_at = :at", at=sql_time(hours=8, minutes=1))
    sent = {"HX-Request": "true", "HX-Current-URL": "http://localhost/dashboard?q=x"}
    answer = alice.get("/dashboard/plans", headers=sent)
    assert (answer.status_code, answer.text) == (401, "")
    assert answer.headers["HX-Redirect"] == "/sign-in?next=%2Fdashboard%3Fq%3Dx"


def sql_time(**ago):
    """A time that passed, as both engines take it in a statement."""
    return (now() - timedelta(**ago)).strftime("%Y-%m-%d %H:%M:%S.%f+00:00")


def test_9_next_never_leads_away(app, browser):
    alice = browser("alice")
    for target in HOSTILE:
        for encoded in (quote(target, safe=""), quote(target, safe="/:\\")):
            answer = app.test_client().get(f"/sign-in/local?token={link(app)}&next={encoded}")
            assert answer.status_code == 302
            assert lands_here(answer.location), target
            assert lands_here(alice.get(f"/sign-in?next={encoded}").location), target


def test_9_no_sign_in_page_links_away(app):
    rules = [rule for _, rule in routes(app, frozenset({"GET"})) if "/sign-in" in rule.rule]
    assert len(rules) > 3
    for rule in rules:
        for target in HOSTILE:
            answer = app.test_client().get(address(rule), query_string={"next": target})
            assert answer.status_code < 500, rule
            links = [*re.findall(r'href="([^"]*)"', answer.text), answer.location or "/"]
            assert not [link for link in links if "evil" in link and not lands_here(link)], rule


def test_9_next_leads_back(app):
    for target in ("/p/auth?v=2&show=all", "/dashboard?q=is%3Aprivate", "/"):
        query = f"token={link(app)}&next={quote(target, safe='')}"
        assert app.test_client().get(f"/sign-in/local?{query}").location == target


def test_wrong_used_and_expired_links_get_the_same_answer(app, sql):
    used, expired = link(app), link(app)
    app.test_client().get(f"/sign-in/local?token={used}")
    sql("UPDATE sign_in_links SET expires_at = :at", at=sql_time(seconds=1))
    answers = [
        app.test_client().get("/sign-in/local", query_string={"token": token})
        for token in ("wrong", used, expired, "", "\x00", "ü" * 5_000)
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.text for answer in answers}) == 1
    assert not any("Set-Cookie" in answer.headers for answer in answers)


def test_a_link_of_somebody_deactivated_gets_the_same_answer(app, sql):
    secret = link(app)
    sql("UPDATE users SET active = :no", no=False)
    wrong = app.test_client().get("/sign-in/local?token=wrong")
    assert app.test_client().get(f"/sign-in/local?token={secret}").text == wrong.text


def test_local_sign_in_can_be_switched_off(app, another):
    off = another(auth_providers=("github",))
    assert off.test_client().get(f"/sign-in/local?token={link(off)}").status_code == 403


def test_39_success_and_failure_are_recorded_without_the_secret(app, stored):
    secret = link(app)
    app.test_client().get(f"/sign-in/local?token={secret}")
    app.test_client().get(f"/sign-in/local?token={secret}")
    events = " ".join(stored()["events"])
    assert "session.started" in events and "sign_in.failed" in events
    assert secret not in repr(stored())


def test_10_no_address_is_built_from_the_host_header(app, browser, agent, plan):
    evil = dict.fromkeys(("Host", "X-Forwarded-Host"), "evil.example")
    cookie = {"Cookie": f"planpush={browser('alice').client.get_cookie('planpush').value}"}
    for _, rule in routes(app, frozenset({"GET"})):
        path = address(rule, slug=plan)
        answer = app.test_client().get(path, headers=cookie | evil)
        assert "evil.example" not in answer.text + str(answer.headers), rule
    sent = {"title": "T", "sections": [{"anchor": "a", "html": "<p>A</p>"}]}
    pushed = agent("alice", "POST", "/api/push", headers=evil, json=sent)
    assert pushed.json["url"].startswith("http://localhost/p/")


def test_10_scim_builds_no_address_from_the_host_header(app):
    with app.app_context():
        token = Token.issue_scim(name="directory")
        commit()
    evil = {"Authorization": f"Bearer {token}"}
    evil |= dict.fromkeys(("Host", "X-Forwarded-Host"), "evil.example")
    for path in ("Users", "Groups", "ServiceProviderConfig", "Schemas"):
        answer = app.test_client().get(f"/scim/v2/{path}", headers=evil)
        assert answer.status_code == 200
        assert "evil.example" not in answer.text + str(answer.headers)
        assert "location" not in answer.text or "http://localhost/scim/v2/" in answer.text


def test_10_a_tidied_address_stays_on_this_host(app, browser):
    cookie = f"planpush={browser('alice').client.get_cookie('planpush').value}"
    headers = {"Host": "evil.example", "Cookie": cookie}
    for path in ("/p//auth", "/dashboard//", "/p/auth/", "//evil.example//p"):
        answer = app.test_client().open(base_url="http://evil.example", path=path, headers=headers)
        assert answer.status_code < 500
        assert "evil.example" not in (answer.location or "")


def test_9_what_a_link_goes_on_to_is_here(app):
    for target in HOSTILE:
        client = app.test_client()
        client.get("/sign-in", query_string={"next": target})
        answer = client.get(f"/sign-in/local?token={link(app)}")
        assert lands_here(answer.location), target


def test_1_the_cookie_says_nothing(app):
    answer = app.test_client().get(f"/sign-in/local?token={link(app)}")
    value = re.search(r"planpush=([^;]+)", answer.headers["Set-Cookie"])[1]
    assert len(value) >= 43
    with pytest.raises(ValueError):
        json.loads(base64.urlsafe_b64decode(value + "=="))


def test_6_a_session_ends_when_idle_too_long(browser, sql):
    alice = browser("alice")
    sql("UPDATE browser_sessions SET seen_at = :at", at=sql_time(hours=8, minutes=1))
    assert alice.get("/dashboard").status_code == 302


def test_6_a_session_ends_after_seven_days_however_active(browser, sql):
    alice = browser("alice")
    sql("UPDATE browser_sessions SET created_at = :at", at=sql_time(days=7, minutes=1))
    assert alice.get("/dashboard").status_code == 302
