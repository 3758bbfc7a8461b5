"""Authorization codes: a client sends a browser, a person decides, the client gets its tokens."""

from __future__ import annotations

import base64
import hashlib
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.people import SAME_ORIGIN
from tests.terminal import Terminal

CALLBACK = "http://127.0.0.1:47113/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:43]


class Program(Terminal):
    """A registered client with a browser at hand."""

    def __init__(self, app: Any, *redirects: str, name: str = "Codex") -> None:
        super().__init__(app)
        metadata = {"client_name": name, "redirect_uris": list(redirects or (CALLBACK,))}
        made = self.client.post("/oauth/register", json=metadata)
        assert made.status_code == 201, made.text
        self.client_id = made.json["client_id"]

    def wish(self, **changes: str | None) -> dict[str, str]:
        """What the browser carries; None leaves a parameter out."""
        told = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "state": "s t&a=te",
            "scope": "plans:read comments:write",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "resource": "http://localhost/mcp",
        } | changes
        return {name: value for name, value in told.items() if value is not None}

    def code(self, person: Any, decision: str = "allow", **changes: str | None) -> str:
        """Send a browser, let the person decide; return what came back as the code."""
        went = decide(person, self.wish(**changes), decision)
        return told(went)["code"]

    def fetch(self, code: str, **changes: str | None) -> Any:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        } | changes
        sent = {name: value for name, value in form.items() if value is not None}
        return self._keep(self.post("/oauth/token", **sent))


def decide(person: Any, wish: dict[str, str], decision: str = "allow") -> Any:
    """Press a button of the page, as a browser would: its own fields, and no others."""
    page = person.get("/oauth/authorize?" + urlencode(wish))
    assert page.status_code == 200, page.text
    fields = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text)
    form = {name: unescape(value) for name, value in fields} | {"decision": decision}
    return person.client.post("/oauth/authorize", data=form, headers=SAME_ORIGIN)


def told(answer: Any) -> dict[str, str]:
    """What a redirect tells the client, checked for where it goes."""
    assert answer.status_code == 303, answer.text
    assert answer.location.startswith(CALLBACK + "?")
    return {name: one[0] for name, one in parse_qs(urlsplit(answer.location).query).items()}


@pytest.fixture
def program(app: Any) -> Program:
    return Program(app)


@pytest.fixture
def alice(browser: Any) -> Any:
    return browser("alice")


def test_the_whole_walk_from_401_to_tokens_and_back(app, program, alice):
    refused = app.test_client().post("/mcp", json={})
    where = re.search(r'resource_metadata="http://localhost([^"]+)"', refused.headers[CHALLENGES])
    resource = app.test_client().get(where[1]).json
    assert resource["resource"] == "http://localhost/mcp"
    issuer = resource["authorization_servers"][0]
    known = app.test_client().get("/.well-known/oauth-authorization-server").json
    assert (known["issuer"], known["code_challenge_methods_supported"]) == (issuer, ["S256"])
    went = told(decide(alice, program.wish()))
    assert (went["state"], went["iss"]) == ("s t&a=te", issuer)
    assert program.fetch(went["code"], resource="http://localhost/mcp").status_code == 200
    assert program.got["scope"] == "plans:read comments:write"
    assert program.use() == 200
    assert program.renew().status_code == 200
    assert program.revoke(program.got["refresh_token"]).status_code == 200
    assert program.use() == 401


CHALLENGES = "WWW-Authenticate"


def test_the_page_names_the_client_its_address_the_scopes_and_the_person(app, alice):
    program = Program(app, name='<script>"Eve"</script>\u202e')
    page = alice.get("/oauth/authorize?" + urlencode(program.wish()))
    assert "&lt;script&gt;&#34;Eve&#34;&lt;/script&gt;</b>" in page.text
    for words in ("127.0.0.1:47113", "Read plans", "Comment and answer", "alice@example.com"):
        assert words in page.text
    assert "Push plans" not in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "form-action 'self' http://127.0.0.1:47113;" in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert "127.0.0.1" not in alice.get("/dashboard").headers["Content-Security-Policy"]


def test_whoever_is_not_signed_in_signs_in_first_and_comes_back(app, program):
    address = "/oauth/authorize?" + urlencode(program.wish())
    answer = app.test_client().get(address)
    assert answer.status_code == 302
    assert parse_qs(urlsplit(answer.location).query)["next"] == [address]


def test_39_a_no_is_told_to_the_client_and_noted(program, alice, browser):
    went = told(decide(alice, program.wish(), "deny"))
    assert (went["error"], went["state"]) == ("access_denied", "s t&a=te")
    assert went["iss"] == "http://localhost"
    assert "code" not in went
    assert "Denied a client" in browser("ada").get("/admin/audit").text


WRONG_FOR_THE_PERSON = {
    "no client": {"client_id": None},
    "unknown client": {"client_id": "ppc_" + "0" * 32},
    "a client of terminals": {"client_id": "planpush-cli"},
    "NUL": {"client_id": "a\0b"},
    "endless": {"client_id": "x" * 3000},
    "another host": {"redirect_uri": "https://evil.example/callback"},
    "another path": {"redirect_uri": "http://127.0.0.1:47113/other"},
    "a query": {"redirect_uri": CALLBACK + "?a=1"},
    "a fragment": {"redirect_uri": CALLBACK + "#a"},
    "a name in front": {"redirect_uri": "http://127.0.0.1@evil.example/callback"},
    "quotes": {"redirect_uri": 'http://"ü/\r\nX: y'},
    "a bad port": {"redirect_uri": "http://127.0.0.1:99999999/callback"},
    "no address": {"redirect_uri": "javascript:alert(1)"},
}


def test_a_bad_client_or_address_is_told_on_a_page_and_never_redirected(program, alice):
    for wrong, changes in WRONG_FOR_THE_PERSON.items():
        wish = program.wish(**changes)
        page = alice.get("/oauth/authorize?" + urlencode(wish))
        posted = alice.send("POST", "/oauth/authorize", wish | {"decision": "allow"}, htmx=False)
        assert (page.status_code, posted.status_code) == (400, 400), wrong
        assert "Location" not in page.headers | dict(posted.headers), wrong
        assert "evil" not in page.headers["Content-Security-Policy"], wrong
        assert page.text.startswith("<!DOCTYPE html>"), wrong


WRONG_FOR_THE_CLIENT = {
    "no type": ({"response_type": None}, "unsupported_response_type"),
    "tokens": ({"response_type": "token"}, "unsupported_response_type"),
    "strange type": ({"response_type": '"ü\r\n'}, "unsupported_response_type"),
    "no challenge": ({"code_challenge": None}, "invalid_request"),
    "no method": ({"code_challenge_method": None}, "invalid_request"),
    "plain": ({"code_challenge_method": "plain"}, "invalid_request"),
    "short challenge": ({"code_challenge": "abc"}, "invalid_request"),
    "unknown scope": ({"scope": "plans:read admin"}, "invalid_scope"),
    "another server": ({"resource": "https://evil.example/mcp"}, "invalid_target"),
    "fragment": ({"response_mode": "fragment"}, "invalid_request"),
    "long state": ({"state": "s" * 2001}, "invalid_request"),
}


def test_other_errors_go_back_to_the_client(program, alice):
    for wrong, (changes, word) in WRONG_FOR_THE_CLIENT.items():
        wish = program.wish(**changes)
        asked = alice.get("/oauth/authorize?" + urlencode(wish))
        form = wish | {"decision": "allow"}
        for answer in (asked, alice.send("POST", "/oauth/authorize", form, htmx=False)):
            went = told(answer)
            assert (went["error"], went["iss"]) == (word, "http://localhost"), wrong
            assert went["state"] == wish["state"], wrong
            assert went["error_description"], wrong


WRONG_FETCHES = {
    "no verifier": ({"code_verifier": None}, "invalid_request"),
    "another verifier": ({"code_verifier": "w" * 43}, "invalid_grant"),
    "the challenge itself": ({"code_verifier": CHALLENGE}, "invalid_grant"),
    "another address": ({"redirect_uri": "http://127.0.0.1:1/callback"}, "invalid_grant"),
    "no address": ({"redirect_uri": None}, "invalid_grant"),
    "another server": ({"resource": "https://evil.example"}, "invalid_target"),
}


def test_a_code_alone_is_worth_nothing(program, alice):
    code = program.code(alice)
    for wrong, (changes, word) in WRONG_FETCHES.items():
        answer = program.fetch(code, **changes)
        assert (answer.status_code, answer.json["error"]) == (400, word), wrong
        assert answer.headers["Cache-Control"] == "no-store"
    assert program.fetch(code).status_code == 200


def test_an_unknown_code_is_no_grant(program):
    for code in ("x" * 43, "\0ü", "ppa_" + "0" * 46):
        assert program.fetch(code).json["error"] == "invalid_grant", code
    assert program.fetch("").status_code == 400


def test_another_client_cannot_fetch_with_a_stolen_code(app, program, alice):
    code, thief = program.code(alice), Program(app)
    assert thief.fetch(code).json["error"] == "invalid_grant"
    assert program.fetch(code).status_code == 200


def test_36_a_code_that_comes_twice_ends_what_it_led_to(app, program, alice, browser):
    code = program.code(alice)
    assert program.fetch(code).status_code == 200
    again = program.fetch(code)
    assert (again.status_code, again.json["error"]) == (400, "invalid_grant")
    assert program.use() == 401
    assert program.renew().json["error"] == "invalid_grant"
    log = browser("ada").get("/admin/audit").text
    for words in ("Allowed a client", "came again"):
        assert words in log


def test_a_code_lasts_five_minutes(program, alice, sql):
    code = program.code(alice)
    sql("UPDATE authorization_codes SET expires_at = :at", at="2026-01-01 00:00:00+00:00")
    assert program.fetch(code).json["error"] == "invalid_grant"


def test_7_a_forged_yes_is_refused(program, alice):
    wish = program.wish() | {"decision": "allow"}
    forged = alice.client.post("/oauth/authorize", data=wish)
    abroad = alice.send(
        "POST", "/oauth/authorize", wish, htmx=False, **{"Sec-Fetch-Site": "cross-site"}
    )
    assert (forged.status_code, abroad.status_code) == (403, 403)


def test_revoking_everything_takes_codes_along(program, alice, browser, app):
    code = program.code(alice)
    shut_out(browser("ada"), app)
    assert program.fetch(code).json["error"] == "invalid_grant"


def shut_out(admin: Any, app: Any) -> None:
    with app.app_context():
        from tests.people import person

        alice = person("alice").id
    answer = admin.send("POST", f"/admin/members/{alice}/deactivation", htmx=False)
    assert answer.status_code in (200, 201, 303), answer.text
