"""Signing in with an OpenID provider, against one of our own that also knows how to misbehave."""

from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from planpush.accounts.groups import GroupRole
from planpush.accounts.identity import Identity
from planpush.accounts.sessions import BrowserSession
from planpush.accounts.tokens import Token
from planpush.accounts.user import User
from planpush.database.session import commit
from planpush.events.event import Event
from tests.peers import impatient
from tests.peers import oidc as peer
from tests.people import Browser, person
from tests.signin.test_github import own, rows
from tests.signin.test_links import HOSTILE, lands_here

START, BACK = "/sign-in/okta", "/sign-in/okta/callback"


@pytest.fixture
def op():
    with peer.serving() as op:
        op.add("dan-1", "dan@example.com", name="Dan", groups=["devs"])
        yield op


@pytest.fixture
def site(op, another):
    """The app, set up for that provider, with a map of groups."""
    made = another(**op.settings)
    with made.app_context():
        for group, role in {"devs": "developer", "pms": "project_manager", "QA": "qa"}.items():
            GroupRole.put(group, role, by=person("ada"))
        GroupRole.put("admins", "admin", by=person("ada"))
        commit()
    return made


def arrive(client, op, sub="dan-1", wanted="", **extra):
    """Go to the provider, say yes, and come back."""
    start = client.get(START, query_string={"next": wanted} if wanted else {})
    assert start.status_code == 302, start.text
    return client.get(own(op.consent(start.location, sub, **extra)))


def failures(site):
    return [row for row in rows(site, Event) if row.kind == "sign_in.failed"]


def roles(site, email="dan@example.com"):
    with site.app_context():
        user = User.by_email(email)
        return set(user.roles) if user else None


def assert_refused(site, answer, *statuses):
    """A page that says so, nobody signed in, one more row in the audit log."""
    assert answer.status_code in (statuses or (400,)), answer.text
    assert answer.mimetype == "text/html" and "<h1" in answer.text
    assert rows(site, BrowserSession) == []
    site.refusals = getattr(site, "refusals", 0) + 1
    *_, row = found = failures(site)
    assert len(found) == site.refusals
    assert row.data["provider"] == "okta" and row.data["reason"], row.data
    return row.data["reason"]


def test_signing_in_works(site, op):
    client = site.test_client()
    answer = arrive(client, op, wanted="/p/auth?v=2", sid="sid-7")
    assert (answer.status_code, answer.location) == (302, "/p/auth?v=2")
    assert "dan@example.com" in client.get("/dashboard").text
    (found,) = rows(site, BrowserSession)
    assert (found.provider, found.issuer, found.sid) == ("okta", op.base, "sid-7")
    assert client.get_cookie("planpush-flow") is None
    (identity,) = rows(site, Identity)
    assert (identity.issuer, identity.subject) == (op.base, "dan-1")
    assert roles(site) == {"developer"}


USUAL = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}


def test_every_usual_algorithm_works(site, op):
    op.metadata = {"id_token_signing_alg_values_supported": list(USUAL)}
    op.published += [peer.key(kind, kind) for kind in ("RSA", "EC", "OKP")]
    for alg, kind in USUAL.items():
        op.signing, op.header = peer.key(kind, kind), {"alg": alg}
        assert arrive(site.test_client(), op).status_code == 302, alg


BAD_CLAIMS = {
    "wrong_audience": [
        {"aud": "other"}, {"aud": "other", "azp": peer.CLIENT}, {"azp": "other"}, {"aud": None},
        {"aud": ["other"], "azp": peer.CLIENT}, {"aud": [peer.CLIENT, "other"]}, {"aud": []},
        {"aud": [peer.CLIENT, "other"], "azp": peer.CLIENT}, {"azp": 7}, {"aud": {"a": "b"}},
    ],
    "wrong_nonce": [{"nonce": "another"}, {"nonce": None}, {"nonce": 7}, {"nonce": ""}],
    "expired": [{"exp": 1_700_000_000}, {"exp": None}, {"exp": "later"}, {"exp": True},
                {"exp": float("nan")}],
    "not_yet_valid": [{"iat": 4_000_000_000}, {"iat": None}, {"nbf": 4_000_000_000}],
    "wrong_issuer": [{"iss": "https://evil.example"}, {"iss": None}, {"iss": ["x"]}],
    "no_subject": [{"sub": None}, {"sub": ""}, {"sub": 7}, {"sub": "x" * 256}, {"sub": "a\x00b"}],
    "wrong_hash": [{"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, {"at_hash": 7}],
}  # fmt: skip


def test_18_an_id_token_with_bad_claims_is_refused(site, op):
    for reason, several in BAD_CLAIMS.items():
        for op.claims in several:
            assert assert_refused(site, arrive(site.test_client(), op)) == reason, op.claims


BAD_HEADERS = {
    "alg none": ({"alg": "none"}, "wrong_algorithm"),
    "alg none, no kid": ({"alg": "none", "kid": None}, "wrong_algorithm"),
    "HS256 with the client secret": ({"key": "secret"}, "wrong_algorithm"),
    "HS256 named as the published key": ({"key": "secret", "kid": "one"}, "wrong_algorithm"),
    "another key of the same name": ({"key": "other", "kid": "one"}, "wrong_signature"),
    "an unknown key": ({"key": "other"}, "wrong_signature"),
    "no key's name, another key": ({"key": "other", "kid": None}, "wrong_signature"),
    "an algorithm that was not announced": ({"alg": "RS384"}, "wrong_algorithm"),
    "a type of another use": ({"typ": "logout+jwt"}, "wrong_type"),
    "a strange key's name": ({"kid": "x\x00"}, "wrong_signature"),
}


def test_18_an_id_token_with_a_bad_signature_is_refused(site, op):
    keys = {"secret": peer.shared_secret(), "other": peer.key("RSA", "three")}
    for case, (header, reason) in BAD_HEADERS.items():
        op.header = header | ({"key": keys[header["key"]]} if "key" in header else {})
        assert assert_refused(site, arrive(site.test_client(), op)) == reason, case


NO_TOKENS = [
    None, "", "abc", "a.b.c", "....", 7, ["x"], "e30.e30.", "é.é.é", "x" * 200_000, "eyJ9.W10.AA"
]  # fmt: skip


def test_18_an_answer_without_a_readable_id_token_is_refused(site, op):
    for id_token in NO_TOKENS:
        op.token = {"id_token": id_token}
        assert_refused(site, arrive(site.test_client(), op))


def test_18_signed_rubbish_is_refused(site, op):
    for payload in (b"[]", b"7", b"\xff", b"[" * 5000, b"", b'{"iss": "\\ud800"}'):
        signed = peer.jws.serialize_compact({"alg": "RS256", "kid": "one"}, payload, op.signing)
        op.token = {"id_token": signed}
        assert_refused(site, arrive(site.test_client(), op))


def test_18_a_token_endpoint_that_fails_is_told(site, op):
    for op.trouble["/token"] in ("500", "503", "404", "302", b"<html>", b"[]", b"\xff", b""):
        assert_refused(site, arrive(site.test_client(), op), 502)


def test_18_keys_that_cannot_be_read_are_no_keys(site, op):
    for op.trouble["/jwks"] in ("500", "404", b"<p>", b"[]", b'{"keys": 7}', b'{"keys": []}'):
        assert_refused(site, arrive(site.test_client(), op), 400, 502)


DISTRUSTED = [
    ({"issuer": "https://evil.example"}, "issuer_differs"),
    ({"issuer": None}, "issuer_differs"),
    ({"id_token_signing_alg_values_supported": ["RS256", "none"]}, "unsafe_algorithms"),
    ({"id_token_signing_alg_values_supported": ["HS256"]}, "unsafe_algorithms"),
    ({"authorization_endpoint": "javascript:alert(1)"}, "provider_unavailable"),
    ({"token_endpoint": "http://[::1"}, "provider_unavailable"),
    ({"jwks_uri": 7}, "provider_unavailable"),
    ({"token_endpoint": "http://x\r\nSet-Cookie: a"}, "provider_unavailable"),
]


def test_19_metadata_that_is_not_to_be_trusted_is_refused(site, op):
    for op.metadata, reason in DISTRUSTED:
        assert assert_refused(site, site.test_client().get(START), 502) == reason, op.metadata


def move(op, *groups):
    op.people["dan-1"]["groups"] = list(groups)


def test_20_groups_become_roles_on_every_sign_in(site, op):
    client = site.test_client()
    arrive(client, op)
    move(op, "PMs", "qa", "unknown")
    arrive(client, op)
    assert roles(site) == {"project_manager", "qa"}
    changes = [row.data for row in rows(site, Event) if row.kind == "role.changed"]
    assert changes[-1] == {"before": ["developer"], "after": ["project_manager", "qa"]}


def test_20_without_a_mapped_group_nobody_comes_in(site, op):
    move(op, "Everyone")
    answer = arrive(site.test_client(), op)
    assert assert_refused(site, answer, 403) == "no_role"
    assert "Ask an admin" in answer.text
    assert not roles(site)


def test_20_who_loses_every_group_loses_every_role(site, op):
    arrive(site.test_client(), op)
    old = site.test_client()
    arrive(old, op)
    move(op)
    assert arrive(site.test_client(), op).status_code == 403
    assert roles(site) == set()
    assert old.get("/dashboard").status_code in (302, 403)


def test_20_the_default_role_is_for_those_without_a_group(op, another):
    site = another(default_role="qa", **op.settings)
    assert arrive(site.test_client(), op).status_code == 302
    assert roles(site) == {"qa"}


def test_20_strange_groups_never_make_an_admin(op, another):
    site = another(default_role="developer", **op.settings)
    with site.app_context():
        GroupRole.put("admins", "admin", by=person("ada"))
        commit()
    for groups in (None, "admins", ["admins", 7], {"admins": True}, [["admins"]], 7, ["admin"]):
        op.people["dan-1"] |= {"groups": groups}
        op.claims = {"groups": groups}
        assert arrive(site.test_client(), op).status_code == 302, groups
        assert roles(site) == {"developer"}, groups


def test_20_an_outage_of_userinfo_takes_nobodys_roles(site, op):
    arrive(site.test_client(), op)
    op.claims, op.trouble["/userinfo"] = {"groups": None}, "500"
    assert arrive(site.test_client(), op).status_code == 502
    assert roles(site) == {"developer"}
    op.metadata = {"scopes_supported": ["openid", "email"]}  # no groups are to be had there
    assert arrive(site.test_client(), op).status_code == 403


def test_userinfo_of_somebody_else_is_refused(site, op):
    op.claims, op.userinfo = {"groups": None}, {"sub": "eve", "groups": ["admins"]}
    assert assert_refused(site, arrive(site.test_client(), op)) == "wrong_subject"


def test_21_a_new_role_counts_on_the_next_request(site, op, plan):
    browser = site.test_client()
    move(op, "admins")
    arrive(browser, op)
    with site.app_context():
        token = Token.issue(User.by_email("dan@example.com"), name="cli")
        commit()
    cli = {"Authorization": f"Bearer {token}"}
    for group, status in (("admins", 200), ("qa", 404), ("pms", 200)):  # alice's plan is private
        move(op, group)
        arrive(site.test_client(), op)
        assert browser.get(f"/p/{plan}").status_code == status
        assert site.test_client().get(f"/api/plans/{plan}", headers=cli).status_code == status


DISCOVERY = "/.well-known/openid-configuration"


@pytest.mark.parametrize("trouble", ["slow", "trickle", "500", b"[" * 100_000])
def test_22_an_outage_is_told_and_changes_nothing_else(site, op, trouble):
    op.claims = {"groups": None}
    inside = Browser(site, "alice")
    for where in (DISCOVERY, "/token", "/jwks", "/userinfo"):
        op.trouble, client = {where: trouble}, site.test_client()
        site.extensions.pop("planpush_oidc", None)
        with impatient(trouble):
            answer = client.get(START)
            if answer.status_code == 302:
                answer = client.get(own(op.consent(answer.location, "dan-1")))
        assert answer.status_code in (502, 503), where
        assert "Okta" in answer.text and "<h1" in answer.text
        assert failures(site)[-1].data["reason"] == "provider_unavailable"
        assert inside.get("/dashboard").status_code == 200
    assert len(failures(site)) == 4
    assert Browser(site, "bob").get("/dashboard").status_code == 200
    op.trouble = {}
    assert arrive(site.test_client(), op).status_code == 302


def back_with(site, op, **changes):
    """Come back with other parameters than the provider sent."""
    client = site.test_client()
    sent = dict(parse_qsl(urlsplit(op.consent(client.get(START).location, "dan-1")).query))
    sent = {name: value for name, value in (sent | changes).items() if value is not None}
    return client.get(f"{BACK}?{urlencode(sent)}")


STRANGE_RETURNS = [
    {"state": "forged"}, {"state": None}, {"state": ""}, {"code": None}, {"code": ""},
    {"code": "unknown"}, {"code": "x" * 9000}, {"code": "a\x00b"}, {"iss": "https://evil.example"},
    {"error": "access_denied"}, {"error": "<script>alert(1)</script>"}, {"error": ""},
]  # fmt: skip


def test_a_strange_return_is_a_page_and_no_session(site, op):
    for changes in STRANGE_RETURNS:
        answer = back_with(site, op, **changes)
        assert_refused(site, answer)
        assert "<script>alert" not in answer.text


def test_a_return_counts_once(site, op):
    client = site.test_client()
    start = client.get(START)
    back, cookie = (
        own(op.consent(start.location, "dan-1")),
        client.get_cookie("planpush-flow").value,
    )
    assert client.get(back).status_code == 302
    assert client.get(back).status_code == 400
    copy = site.test_client()
    copy.set_cookie("planpush-flow", cookie)
    assert copy.get(back).status_code == 400
    assert len(rows(site, BrowserSession)) == 1
    assert site.test_client().get(back).status_code == 400


def test_a_provider_that_names_itself_must_do_so(site, op):
    op.metadata = {"authorization_response_iss_parameter_supported": True}
    assert_refused(site, back_with(site, op))
    assert back_with(site, op, iss=op.base).status_code == 302


def test_10_no_address_is_built_from_the_host_header(site, op):
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    start = site.test_client().get(START, headers=evil)
    assert "evil" not in start.location


def test_the_provider_may_start_a_sign_in(site, op):
    target = "http://localhost/p/auth?v=2"
    query = {"iss": op.base, "target_link_uri": target, "login_hint": "dan@example.com"}
    client = site.test_client()
    start = client.get(START, query_string=query)
    assert parse_qs(urlsplit(start.location).query)["login_hint"] == ["dan@example.com"]
    assert client.get(own(op.consent(start.location, "dan-1"))).location == "/p/auth?v=2"
    wrong = site.test_client().get(START, query_string=query | {"iss": "https://evil.example"})
    assert wrong.status_code == 400
    assert [row.data["reason"] for row in failures(site)] == ["wrong_issuer"]


def test_no_start_leads_away(site, op):
    targets = [*HOSTILE, "http://localhost.evil.example/", "http://localhost//evil.example"]
    for number, target in enumerate(targets):
        client, name = site.test_client(), ("next", "target_link_uri")[number % 2]
        start = client.get(START, query_string={"iss": op.base, name: target})
        answer = client.get(own(op.consent(start.location, "dan-1")))
        assert answer.status_code == 302 and lands_here(answer.location), target


def test_without_okta_there_is_nothing(app, another, op):
    for site in (app, another(auth_providers=("local",), **op.settings)):
        for path in (START, BACK, f"{BACK}?state=x&code=y"):
            assert site.test_client().get(path).status_code == 404
        assert failures(site) == []


def test_only_a_verified_address_makes_an_admin(op, another):
    told = [True, "true", False, "false", 1, None, "yes"]
    names = tuple(f"dan{number}@example.com" for number in range(len(told)))
    site = another(initial_admin_emails=names, default_role="qa", **op.settings)
    for email, verified in zip(names, told, strict=True):
        op.add(email, email, email_verified=verified)
        assert arrive(site.test_client(), op, email).status_code == 302
        admin = verified is True or verified == "true"
        assert ("admin" in roles(site, email)) == admin, verified


def test_an_account_that_is_there_is_not_taken_by_its_address(site, op):
    op.add("eve-1", "ada@example.com", groups=["admins"])
    with site.app_context():
        person("ada").awaits_identity = False
        commit()
    assert assert_refused(site, arrive(site.test_client(), op, "eve-1"), 403) == "address_taken"


STRANGE_CLAIMS = [
    {"email": "a\x00@b"}, {"email": 7}, {"email": "x" * 300}, {"email": "@"}, {"name": "\ud800"},
    {"name": ["x"]}, {"name": "<b>Dan</b>\n"}, {"sid": 7}, {"sid": "a\x00"}, {"sid": "x" * 400},
    {"preferred_username": {"a": 1}}, {"name": "", "preferred_username": "x" * 255},
]  # fmt: skip


def test_strange_claims_are_no_failure(site, op):
    for number, claims in enumerate(STRANGE_CLAIMS):
        op.add(f"dan-{number}", f"dan{number}@example.com", groups=["devs"])
        op.claims = claims
        op.people[f"dan-{number}"] |= claims
        answer = arrive(site.test_client(), op, f"dan-{number}")
        assert answer.status_code == (403 if "email" in claims else 302), claims


def test_an_account_can_be_linked_from_the_profile(site, op):
    alice = Browser(site, "alice")
    start = alice.send("POST", "/settings/profile/identities", {"provider": "okta"}, htmx=False)
    assert (start.status_code, start.location) == (303, START)
    answer = alice.get(own(op.consent(alice.get(START).location, "dan-1")))
    assert (answer.status_code, answer.location) == (303, "/settings/profile")
    with site.app_context():
        assert Identity.find(op.base, "dan-1").user.email == "alice@example.com"


def test_nothing_secret_is_stored_or_told(site, op, stored, caplog):
    caplog.set_level("DEBUG", "planpush")
    client = site.test_client()
    arrive(client, op)
    kept = repr(stored()) + caplog.text
    secrets = [*op.access, peer.SECRET, op.sent["code"], op.sent["code_verifier"]]
    assert not [one for one in secrets if one in kept] and not op.betrayed(kept)
    headers = str(client.get("/dashboard").headers)
    assert "code_verifier" not in headers and not op.betrayed(headers) and op.signed


def test_22_all_that_one_sign_in_asks_takes_one_deadline_together(site, op, monkeypatch):
    monkeypatch.setattr("planpush.channels.http.DEADLINE", 0.0)
    assert_refused(site, site.test_client().get(START), 503)


def test_22_a_provider_that_is_gone_is_told_whatever_is_in_memory(site, op):
    client = site.test_client()
    arrive(client, op)
    start = client.get(START).location
    back = own(op.consent(start, "dan-1"))
    op.http.shutdown()
    op.http.server_close()
    assert client.get(back).status_code == 503
    assert site.test_client().get(START).status_code == 503
    assert client.get("/dashboard").status_code == 200


def test_keys_may_be_replaced_at_any_time(site, op):
    for name in ("four", "five"):
        assert arrive(site.test_client(), op).status_code == 302
        op.signing = peer.key("EC", name)
        op.published = [op.signing]
    assert arrive(site.test_client(), op).status_code == 302
