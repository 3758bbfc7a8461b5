"""Signing in with GitHub, against one of our own that also knows how to misbehave."""

import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest
import sqlalchemy as sa

from planpush.accounts.identity import Identity
from planpush.accounts.sessions import BrowserSession
from planpush.accounts.user import User
from planpush.database.session import db
from planpush.events.event import Event
from tests.peers import github as peer
from tests.peers import impatient
from tests.people import Browser
from tests.signin.test_links import HOSTILE, HTTPS, lands_here

START, BACK = "/sign-in/github", "/sign-in/github/authorized"


@pytest.fixture
def hub():
    with peer.serving() as hub:
        hub.add(4, "octo-dev", "octo@example.com")
        yield hub


@pytest.fixture
def site(hub, another):
    """The app, set up for that GitHub."""
    return another(**hub.settings)


def arrive(client, hub, login="octo-dev", wanted=""):
    """Go to GitHub, say yes, and come back."""
    start = client.get(START, query_string={"next": wanted} if wanted else {})
    assert start.status_code == 302, start.text
    return client.get(own(hub.consent(start.location, login)))


def own(address):
    """A path with its query, without the host."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def rows(site, model):
    with site.app_context():
        return db.session.scalars(sa.select(model).order_by(model.id)).all()


def refusals(site):
    return [row for row in rows(site, Event) if row.kind == "sign_in.failed"]


def nothing_happened(site, answer, times=1):
    """No session, no account beyond the cast, one row in the audit log each time, and a page."""
    assert answer.mimetype == "text/html"
    assert "planpush=" not in answer.headers.get("Set-Cookie", "").replace("planpush-flow=", "")
    assert (rows(site, BrowserSession), rows(site, Identity)) == ([], [])
    assert len(rows(site, User)) == 5
    failed = refusals(site)
    told = [(row.data["provider"], row.address) for row in failed]
    assert told == [("github", "127.0.0.1")] * times
    assert failed[0].request_id
    return True


def test_13_a_member_gets_in(site, hub):
    client = site.test_client()
    answer = arrive(client, hub, wanted="/dashboard?q=is%3Aprivate")
    assert (answer.status_code, answer.location) == (302, "/dashboard?q=is%3Aprivate")
    assert "octo@example.com" in client.get("/dashboard").text
    [identity] = rows(site, Identity)
    assert (identity.subject, identity.login, identity.issuer) == ("4", "octo-dev", hub.base)
    assert identity.user.roles == ["developer"]
    assert [row.kind for row in rows(site, Event)][-1] == "session.started"
    assert refusals(site) == []


def test_13_an_outsider_gets_403_and_no_account(site, hub):
    hub.add(5, "outsider", "out@example.com", state="")
    answer = arrive(site.test_client(), hub, "outsider")
    assert answer.status_code == 403 and "not an active member of acme" in answer.text
    assert nothing_happened(site, answer)
    assert refusals(site)[0].target == "outsider"
    assert refusals(site)[0].data["reason"] == "not_a_member"


UNCLEAR = ["403", "404", "500", "slow", "trickle", "redirect", b"<html>", b"[]", b'{"state": []}']


def test_13_anything_but_a_clear_yes_is_a_no(site, hub):
    for times, trouble in enumerate(UNCLEAR, 1):
        there = {peer.OWN_MEMBERSHIP: trouble, f"/orgs/{peer.ORG}/memberships/octo-dev": "404"}
        hub.trouble = there
        with impatient(trouble, seconds=2.0):
            answer = arrive(site.test_client(), hub)
        assert answer.status_code == 403, trouble
        assert nothing_happened(site, answer, times)


def test_13_the_membership_must_be_the_same_persons(site, hub):
    other = b'{"state": "active", "user": {"id": 5, "login": "octo-dev"}}'
    hub.trouble = {peer.OWN_MEMBERSHIP: other}
    assert arrive(site.test_client(), hub).status_code == 403


def test_13_who_left_is_refused_at_the_next_sign_in(site, hub):
    assert arrive(site.test_client(), hub).status_code == 302
    hub.accounts["octo-dev"].state = ""
    assert arrive(site.test_client(), hub).status_code == 403


FAILURES = [
    ("500", 502), ("503", 502), ("404", 502), ("redirect", 502), ("slow", 503),
    ("trickle", 503), (peer.HUGE, 503), (b"<html>", 502), (b"[]", 502), (b"null", 502),
    (b"5", 502), (b'{"access_token": 5}', 502), (b'{"access_token": "a b"}', 502),
    (b'{"access_token": "a\\r\\nX: y"}', 502), (b"access_token=x", 502), (b"\xff\xfe", 502),
]  # fmt: skip


def test_15_a_token_endpoint_that_fails_is_a_page(site, hub):
    client = site.test_client()
    for times, (trouble, status) in enumerate(FAILURES, 1):
        hub.trouble = {peer.TOKEN: trouble}
        with impatient(trouble):
            answer = arrive(client, hub)
        assert answer.status_code == status, (trouble, answer.text)
        assert "GitHub" in answer.text and "<script>alert" not in answer.text
        assert nothing_happened(site, answer, times)
    assert hub.asked["/elsewhere"] == 0
    hub.trouble = {}
    assert arrive(client, hub).status_code == 302


UNREADABLE = [
    "500", "404", "slow", b"[]", b'{"id": true, "login": "x"}', b'{"id": "4", "login": "x"}',
    b'{"id": 9223372036854775808, "login": "x"}', b'{"id": 4, "login": "a\\u0000b"}',
    b'{"id": 4}', b"[" * 100_000, b'{"id": 4, "login": "../../x"}',
]  # fmt: skip


def test_15_an_account_that_cannot_be_read_is_a_page(site, hub):
    for times, who in enumerate(UNREADABLE, 1):
        hub.trouble = {"/user": who}
        with impatient(who):
            answer = arrive(site.test_client(), hub)
        assert answer.status_code in (502, 503), who
        assert nothing_happened(site, answer, times)


def test_15_a_provider_that_is_down_is_a_page_and_others_go_on(site, hub, agent):
    alice = Browser(site, "alice")
    client = site.test_client()
    start = client.get(START)
    back = hub.consent(start.location, "octo-dev")
    hub.http.shutdown()
    hub.http.socket.close()
    answer = client.get(own(back))
    assert answer.status_code == 503 and "GitHub does not answer" in answer.text
    assert alice.get("/dashboard").status_code == 200
    assert agent("alice", "GET", "/api/plans").status_code == 200
    assert Browser(site, "bob").get("/dashboard").status_code == 200


FORGED = {
    "forged state": {"code": "CODE", "state": "forged"},
    "absent state": {"code": "CODE"},
    "empty state": {"code": "CODE", "state": ""},
    "missing code": {"state": "STATE"},
    "empty code": {"code": "", "state": "STATE"},
    "unknown code": {"code": "unknown", "state": "STATE"},
    "strange code": {"code": "\x00\ud800<b>" .encode("utf-8", "replace"), "state": "STATE"},
    "error": {"error": "<script>alert(1)</script>", "error_description": "<img src=x onerror=y>",
              "state": "STATE"},
    "empty error": {"error": "", "state": "STATE"},
    "error twice": {"error": ["a", "b" * 9_000], "state": "STATE"},
    "nothing": {},
}  # fmt: skip


def test_15_a_forged_return_is_a_400_page(site, hub):
    for times, (kind, forged) in enumerate(FORGED.items(), 1):
        client = site.test_client()
        back = parse_qs(urlsplit(hub.consent(client.get(START).location, "octo-dev")).query)
        real = {"CODE": back["code"][0], "STATE": back["state"][0]}
        sent = {
            name: real.get(value, value) if isinstance(value, str) else value
            for name, value in forged.items()
        }
        answer = client.get(BACK, query_string=sent)
        assert answer.status_code == 400, (kind, answer.text)
        assert "<script>alert" not in answer.text and "<img" not in answer.text
        assert "<b>" not in answer.text
        assert nothing_happened(site, answer, times)


def test_15_a_state_counts_once_even_for_a_copied_cookie(site, hub):
    hub.keeps_codes = True
    client, copy = site.test_client(), site.test_client()
    back = own(hub.consent(client.get(START).location, "octo-dev"))
    copy.set_cookie("planpush-flow", client.get_cookie("planpush-flow").value)
    assert client.get(back).status_code == 302
    assert client.get(back).status_code == 400
    again = copy.get(back)
    assert again.status_code == 400 and "used already" in again.text
    assert hub.asked[peer.TOKEN] == 1
    assert len(rows(site, BrowserSession)) == 1


def test_15_the_state_of_another_browser_is_refused(site, hub):
    attacker, victim = site.test_client(), site.test_client()
    back = own(hub.consent(attacker.get(START).location, "octo-dev"))
    victim.get(START)
    answer = victim.get(back)
    assert answer.status_code == 400
    assert nothing_happened(site, answer)


def test_15_a_strange_flow_cookie_is_a_400_page(site, hub):
    strange = ("", "x", "x" * 5_000, "gAAAAAB" + "A" * 200, "\x00", "\xff", '"a\\"', "é" * 400)
    client = site.test_client(use_cookies=False)
    for cookie in strange:
        headers = {"Cookie": f"planpush-flow={cookie}"}
        answer = client.get(f"{BACK}?code=x&state=x", headers=headers)
        assert answer.status_code == 400 and "planpush=" not in str(answer.headers), cookie
        assert client.get(START, headers=headers).status_code == 302
    assert (rows(site, BrowserSession), rows(site, Identity)) == ([], [])
    assert len(refusals(site)) == len(strange)


def test_15_an_old_flow_cookie_is_a_400_page(site, hub, monkeypatch):
    client = site.test_client()
    back = own(hub.consent(client.get(START).location, "octo-dev"))
    monkeypatch.setattr("planpush.signin.state.LIFETIME", -1)
    answer = client.get(back)
    assert answer.status_code == 400
    assert nothing_happened(site, answer)


def test_15_the_flow_cookie_is_bound_opaque_short_and_gone_afterwards(hub, another):
    client = another(base_url=HTTPS, **hub.settings).test_client()
    start = client.get(START, base_url=HTTPS)
    cookie = start.headers["Set-Cookie"]
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert cookie.startswith("__Host-planpush-flow=gAAAA")
    assert {"secure", "httponly", "samesite=lax", "path=/", "max-age=600"} <= parts
    assert not any(part.startswith("domain") for part in parts)
    assert client.get_cookie("__Host-planpush-flow", "plans.example.com") is not None
    back = hub.consent(start.location, "octo-dev")
    assert back.startswith(f"{HTTPS}{BACK}?")
    answer = client.get(own(back), base_url=HTTPS)
    assert answer.status_code == 302
    assert client.get_cookie("__Host-planpush-flow", "plans.example.com") is None
    assert client.get_cookie("__Host-planpush", "plans.example.com") is not None


def test_16_a_recycled_login_or_address_is_another_person(site, hub):
    assert arrive(site.test_client(), hub).status_code == 302
    hub.add(9, "octo-dev", "octo@example.com")
    client = site.test_client()
    answer = arrive(client, hub)
    assert answer.status_code == 403 and "already" in answer.text
    assert client.get("/dashboard").status_code == 302
    hub.add(9, "octo-dev", "new@example.com")
    assert arrive(client, hub).status_code == 302
    assert "new@example.com" in client.get("/dashboard").text
    assert {one.subject: one.user.email for one in rows(site, Identity)} == {
        "4": "octo@example.com", "9": "new@example.com",
    }  # fmt: skip


def test_16_a_renamed_person_stays_the_same(site, hub):
    arrive(site.test_client(), hub)
    hub.add(4, "renamed", "else@example.com")
    client = site.test_client()
    assert arrive(client, hub, "renamed").status_code == 302
    assert "octo@example.com" in client.get("/dashboard").text
    assert [one.login for one in rows(site, Identity)] == ["renamed"]


@pytest.mark.parametrize(
    "emails",
    [
        [{"email": "alice@example.com", "verified": False, "primary": True}],
        [{"email": "alice@example.com", "verified": "yes", "primary": True}],
        [{"email": "al\udcff@example.com", "verified": True}],
        [{"email": "a\u0000@example.com", "verified": True}, 5, None, {}],
        [{"email": ["alice@example.com"], "verified": True}],
    ],
)
def test_16_an_address_that_is_not_verified_or_none_opens_nothing(site, hub, emails):
    hub.add(9, "mallory", emails=emails, name="\u0000<b>\ud800 Mallory\r\n")
    client = site.test_client()
    assert arrive(client, hub, "mallory").status_code == 302
    page = client.get("/dashboard").text
    assert "alice@example.com" not in page and "9+mallory@users.noreply.github.com" in page


def test_17_no_token_of_githubs_is_where_it_could_be_read(site, hub, stored, caplog):
    caplog.set_level("DEBUG")
    client = site.test_client()
    arrive(client, hub)
    secrets = [peer.SECRET, *hub.tokens]
    assert len(secrets) == 2
    cookies = " ".join(str(cookie) for cookie in client._cookies.values())
    whole = f"{stored()} {cookies} {caplog.text}"
    assert not [secret for secret in secrets if secret in whole]
    assert rows(site, Identity)[0].sealed_token


def test_9_github_leads_nobody_away(site, hub):
    for target in HOSTILE:
        answer = arrive(site.test_client(), hub, wanted=target)
        assert answer.status_code == 302 and lands_here(answer.location), target
    for target in ("/p/auth?v=2", f"/dashboard?q={'x' * 9_000}", "/" + "é" * 800):
        answer = arrive(site.test_client(), hub, wanted=target)
        assert answer.status_code == 302
        assert answer.location in (quote(target, safe="/?="), "/dashboard")


def test_10_the_way_back_is_built_from_the_configured_address(hub, another):
    for proxies in (0, 1):
        site = another(base_url=HTTPS, trusted_proxies=proxies, **hub.settings)
        for header in ("Host", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded"):
            evil = {header: "http" if "Proto" in header else "host=evil.example"}
            start = site.test_client().get(START, headers=evil)
            asked = parse_qs(urlsplit(start.location).query)
            assert asked["redirect_uri"] == [f"{HTTPS}{BACK}"]
            assert "evil" not in str(start.headers)


def test_9_the_sign_in_page_hands_on_where_to_go_afterwards(site):
    for target in ("/p/auth?v=2", *HOSTILE):
        page = site.test_client().get("/sign-in", query_string={"next": target}).text
        [link] = re.findall(r'href="(/sign-in/github[^"]*)"', page)
        safe = "/p/auth?v=2" if target == "/p/auth?v=2" else "/dashboard"
        assert unquote(link) in (f"{START}?next={safe}", f"{START}?next={target}")
        assert lands_here(unquote(link.partition("next=")[2]))


def test_15_no_lock_is_held_while_github_thinks(site, hub):
    hub.trouble = {peer.TOKEN: "slow"}
    client = site.test_client()
    back = own(hub.consent(client.get(START).location, "octo-dev"))
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(client.get, back)
        assert hub.thinking.wait(60)
        assert Browser(site, "bob").get("/dashboard").status_code == 200
        assert not slow.done()
        hub.over.set()
        assert slow.result().status_code in (502, 503)


@pytest.mark.parametrize("path", [START, BACK])
def test_without_github_there_is_no_such_page(app, path):
    assert app.test_client().get(path).status_code == 404


def test_13_somebody_deactivated_stays_out(site, hub, sql):
    arrive(site.test_client(), hub)
    sql("UPDATE users SET active = :no", no=False)
    answer = arrive(site.test_client(), hub)
    assert answer.status_code == 403
    assert refusals(site)[0].data["reason"] == "deactivated"
    assert refusals(site)[0].target == "octo-dev"


def test_39_starts_and_returns_are_limited(hub, another):
    site = another(rate_limits=True, sign_in_limit=3, **hub.settings)
    answers = [site.test_client().get(START) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [302] * 3 + [429] * 2
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    backs = [site.test_client().get(BACK) for _ in range(5)]
    assert [answer.status_code for answer in backs] == [400] * 3 + [429] * 2
    assert 1 <= int(backs[-1].headers["Retry-After"]) <= 60


def test_11_the_pages_of_a_sign_in_are_protected(site, hub, sql):
    client = site.test_client()
    for answer in (client.get(START), client.get(BACK), arrive(client, hub)):
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert not re.search("code=|state=", client.get(BACK + "?code=x&state=y").text)


def test_13_a_pending_member_is_no_member(site, hub):
    hub.accounts["octo-dev"].state = "pending"
    answer = arrive(site.test_client(), hub)
    assert answer.status_code == 403
    assert nothing_happened(site, answer)
