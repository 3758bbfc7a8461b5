"""Single logout: to the provider, from the provider, and of everything somebody has."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest

from planpush.accounts.sessions import BrowserSession, hashed
from planpush.accounts.tokens import REFRESH, Token, mint
from planpush.accounts.user import User
from planpush.database.session import commit, db
from planpush.events.event import Event
from tests.peers import oidc as peer
from tests.people import SAME_ORIGIN
from tests.signin.test_oidc import arrive, rows
from tests.web.test_headers import policy

BACK, FRONT = "/sign-out/okta/back-channel", "/sign-out/okta/front-channel"
UNIVERSAL, DONE = "/sign-out/okta/universal", "/sign-out/done"


@pytest.fixture
def op():
    with peer.serving() as op:
        op.add("dan-1", "dan@example.com", name="Dan")
        op.add("eve-1", "eve@example.com", name="Eve")
        yield op


@pytest.fixture
def site(op, another):
    return another(default_role="developer", **op.settings)


@pytest.fixture
def dan(site, op):
    """Two browsers of Dan's, with the provider's sessions A and B, and one of Eve's, E."""
    people = {"A": "dan-1", "B": "dan-1", "E": "eve-1"}
    found = {sid: site.test_client() for sid in people}
    for sid, sub in people.items():
        assert arrive(found[sid], op, sub, sid=sid).status_code == 302
    return found


def alive(browsers):
    return {sid for sid, one in browsers.items() if one.get("/dashboard").status_code == 200}


def sign_out(client):
    return client.post("/sign-out", headers=SAME_ORIGIN)


def refresh_token(site, email):
    """A token as the device flow will issue them."""
    token = mint(REFRESH)
    with site.app_context():
        user = User.by_email(email)
        row = Token(kind=REFRESH, token_hash=hashed(token), prefix=token[:8], user_id=user.id,
                    name="cli", scopes=["plans:read"])  # fmt: skip
        db.session.add(row)
        commit()
    return token


def live(site, token):
    with site.app_context():
        return Token.find(token, token[:3]) is not None


def kinds(site):
    return [row.kind for row in rows(site, Event) if row.kind.startswith("logout")]


def tell(site, token, **options):
    return site.test_client().post(BACK, data={"logout_token": token}, **options)


def assert_refused(answer, status=400):
    assert answer.status_code == status, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.mimetype == "application/json"
    assert answer.json["error"] and answer.json["error_description"]


def test_23_signing_out_ends_the_session_here_and_there(site, op, dan):
    copy = site.test_client()
    copy.set_cookie("planpush", dan["A"].get_cookie("planpush").value)
    answer = sign_out(dan["A"])
    assert answer.status_code == 302
    assert alive(dan | {"copy": copy}) == {"B", "E"}
    parts = urlsplit(answer.location)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{op.base}/end"
    sent = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert sent["id_token_hint"].count(".") == 2 and len(sent["state"]) > 20
    assert sent["post_logout_redirect_uri"] == f"http://localhost{DONE}"
    assert sent["client_id"] == peer.CLIENT
    assert [row.kind for row in rows(site, Event)].count("session.ended") == 1


def test_23_the_way_back_knows_the_state(site, op, dan):
    for sid, forged in (("A", ""), ("B", "forged")):
        state = parse_qs(urlsplit(sign_out(dan[sid]).location).query)["state"][0]
        answer = dan[sid].get(DONE, query_string={"state": forged or state})
        assert answer.status_code == (400 if forged else 200)
        assert ("does not belong" in answer.text) == bool(forged)
        assert "You are signed out" in answer.text
        assert dan[sid].get(DONE, query_string={"state": state}).status_code == 200  # just a page
    assert site.test_client().get(DONE).status_code == 200


def test_23_without_such_an_endpoint_it_ends_here(site, op, dan):
    for end in ("", None):
        op.metadata = {"end_session_endpoint": end}
        site.extensions.pop("planpush_oidc")
        answer = sign_out(dan["A"])
        assert (answer.status_code, answer.location) == (303, DONE)
        assert alive(dan) == {"B", "E"}, end
        arrive(dan["A"], op, sid="A")
    for end in (7, "javascript:alert(1)", "https://x\r\nA: b"):
        op.metadata = {"end_session_endpoint": end}
        site.extensions.pop("planpush_oidc")
        assert sign_out(dan["A"]).location == DONE
        op.metadata = {}
        arrive(dan["A"], op, sid="A")


def test_23_a_provider_that_is_gone_keeps_nobody(site, op, dan, monkeypatch):
    monkeypatch.setattr("planpush.signin.oidc.logout._PATIENCE", 0.2)
    op.trouble["/.well-known/openid-configuration"] = "slow"
    site.extensions.pop("planpush_oidc")
    assert sign_out(dan["A"]).location == DONE
    assert alive(dan) == {"B", "E"}


def test_23_forms_may_lead_to_the_provider(site, op, dan):
    assert policy(dan["A"].get("/dashboard"))["form-action"] == ["'self'", op.base]
    op.metadata = {"end_session_endpoint": "http://logout.example:81/x"}
    site.test_client().get("/sign-in/okta")
    allowed = policy(dan["A"].get("/dashboard"))["form-action"]
    assert allowed == ["'self'", op.base, "http://logout.example:81"]
    assert policy(site.test_client().get("/sign-in"))["form-action"] == allowed


def test_23_no_setting_writes_into_the_policy(another):
    site = another(
        okta_client_id="x", okta_issuer="https://a;script-src *", auth_providers=("okta",)
    )
    found = policy(site.test_client().get("/sign-in"))
    assert found["form-action"] == ["'self'"] and "*" not in found["script-src"]


AT = int(time.time())
BAD_LOGOUTS = {
    "wrong issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "wrong audience": {"aud": "other"},
    "several audiences": {"aud": [peer.CLIENT, "other"]},
    "no audience": {"aud": None},
    "expired": {"exp": AT - 3600},
    "no end": {"exp": None},
    "no beginning": {"iat": None},
    "long ago": {"iat": AT - 86_400},
    "in the future": {"iat": AT + 86_400},
    "times as text": {"iat": str(AT)},
    "no name": {"jti": None},
    "an empty name": {"jti": ""},
    "no events": {"events": None},
    "events as a list": {"events": [peer.BACK_CHANNEL]},
    "another event": {"events": {"http://schemas.openid.net/event/other": {}}},
    "an event that is no object": {"events": {peer.BACK_CHANNEL: True}},
    "a nonce": {"nonce": "n"},
    "neither sid nor sub": {"sid": None},
    "an empty sid": {"sid": ""},
    "sid of another kind": {"sid": 7},
    "sub of another kind": {"sub": ["dan-1"]},
    "type JWT": {"header": {"typ": "JWT"}},
    "no type": {"header": {"typ": None}},
    "type of an access token": {"header": {"typ": "at+jwt"}},
    "alg none": {"header": {"alg": "none"}},
    "HS256 with the client secret": {"header": {"key": "secret"}},
    "another key of the same name": {"header": {"key": "other", "kid": "one"}},
    "an unknown key": {"header": {"key": "other"}},
    "a critical header": {"header": {"crit": ["exp"], "exp": 1}},
}


def test_24_a_bad_logout_token_ends_nothing(site, op, dan):
    keys = {"secret": peer.shared_secret(), "other": peer.key("RSA", "three")}
    for case, claims in BAD_LOGOUTS.items():
        header = dict(claims.get("header", {}))
        if "key" in header:
            header["key"] = keys[header["key"]]
        rest = {name: value for name, value in claims.items() if name != "header"}
        assert_refused(tell(site, op.logout_token(header, **{"sid": "A"} | rest)))
        assert kinds(site).count("logout.failed") == list(BAD_LOGOUTS).index(case) + 1, case
    assert alive(dan) == {"A", "B", "E"}


def test_24_what_is_no_token_ends_nothing(site, op, dan):
    client, good = site.test_client(), op.logout_token(sid="A")
    head, body, signature = good.split(".")
    forged = f"{head}.{peer.packed({'sid': 'A'})}.{signature}"
    cut = [f"{head}.{body}.", f"{head}.{body}", f"{good}A", "x" * 100_000]
    for token in ("", "x", "a.b.c", "....", "é.é.é", forged, *cut):
        assert_refused(tell(site, token))
    assert_refused(client.post(BACK))
    assert_refused(client.post(BACK, data=good, content_type="text/plain"))
    assert_refused(client.post(BACK, json={"logout_token": good}))
    assert_refused(client.post(f"{BACK}?logout_token={good}"))
    assert_refused(client.post(BACK, data={"logout_token": [good, good]}))
    assert alive(dan) == {"A", "B", "E"}


def test_24_a_token_counts_once(site, op, dan):
    token = op.logout_token(sid="A")
    assert tell(site, token).status_code == 200
    arrive(dan["A"], op, sid="A")
    assert_refused(tell(site, token))
    assert "A" in alive(dan)


def test_24_only_a_post_logs_out(site, op, dan):
    token = {"logout_token": op.logout_token(sid="A")}
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        answer = site.test_client().open(BACK, method=method, query_string=token)
        assert answer.status_code == 405
        assert answer.headers["Cache-Control"] == "no-store"
    assert alive(dan) == {"A", "B", "E"}


def test_24_strangers_neither_fill_the_log_nor_make_us_ask(site, op, dan):
    asked = op.asked["/jwks"]
    for number in range(70):
        header = {"key": peer.key("RSA", "three"), "kid": f"k{number}"}
        assert_refused(tell(site, op.logout_token(header, sid="A")))
    assert kinds(site).count("logout.failed") <= 60
    assert op.asked["/jwks"] <= asked + 10


def test_25_a_session_that_ended_there_ends_here(site, op, dan):
    token = refresh_token(site, "dan@example.com")
    answer = tell(site, op.logout_token(sid="A"))
    assert (answer.status_code, answer.text) == (200, "")
    assert answer.headers["Cache-Control"] == "no-store"
    assert alive(dan) == {"B", "E"}
    assert live(site, token)
    assert kinds(site) == ["logout.back_channel"]


def test_25_a_person_who_was_signed_out_there_is_out_here(site, op, dan, agent):
    ours = refresh_token(site, "dan@example.com"), refresh_token(site, "eve@example.com")
    assert tell(site, op.logout_token(sub="dan-1")).status_code == 200
    assert alive(dan) == {"E"}
    assert [live(site, token) for token in ours] == [False, True]
    (row,) = [row for row in rows(site, Event) if row.kind == "logout.back_channel"]
    assert row.target == "dan@example.com"
    assert row.data == {"provider": "okta", "sessions": 2, "tokens": 1}


FINE_LOGOUTS = [
    ({"sid": "unknown"}, {"A", "B", "E"}),
    ({"sub": "unknown"}, {"A", "B", "E"}),
    ({"sid": "A", "sub": "eve-1"}, {"A", "B", "E"}),
    ({"sid": "A", "sub": "unknown"}, {"A", "B", "E"}),
    ({"sid": "A", "sub": "dan-1"}, {"B", "E"}),
    ({"sid": "B", "aud": [peer.CLIENT]}, {"E"}),
    ({"sid": "E", "header": {"typ": "LOGOUT+JWT"}}, set()),
]


def test_25_whatever_is_well_formed_is_fine(site, op, dan):
    for claims, left in FINE_LOGOUTS:
        assert tell(site, op.logout_token(**claims)).status_code == 200, claims
        assert alive(dan) == left, claims


def test_25_a_cookie_makes_no_difference(site, op, dan):
    token = op.logout_token(sid="A")
    answer = dan["E"].post(
        BACK, data={"logout_token": token}, headers={"Origin": "https://x.example"}
    )
    assert answer.status_code == 200
    assert alive(dan) == {"B", "E"}
    assert dan["E"].post(BACK, data={"x": "y"}).status_code == 403


def test_26_a_frame_of_the_provider_ends_a_session(site, op, dan):
    answer = site.test_client().get(FRONT, query_string={"iss": op.base, "sid": "A"})
    assert answer.status_code == 200 and "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert policy(answer)["frame-ancestors"] == [op.base]
    assert policy(answer)["object-src"] == policy(answer)["base-uri"] == ["'none'"]
    assert "X-Frame-Options" not in answer.headers
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert alive(dan) == {"B", "E"}
    assert kinds(site) == ["logout.front_channel"]
    assert policy(site.test_client().get("/sign-in"))["frame-ancestors"] == ["'none'"]


def test_26_any_other_frame_changes_nothing(site, op, dan):
    for query in ({}, {"iss": op.base}, {"sid": "A"}, {"iss": f"{op.base}/", "sid": "A"},
                  {"iss": "https://evil.example", "sid": "A"}, {"iss": op.base, "sid": "A\x00"},
                  {"iss": op.base, "sid": ""}, {"iss": "", "sid": ""}):  # fmt: skip
        answer = dan["B"].get(FRONT, query_string=query)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store"), query
        assert policy(answer)["frame-ancestors"] == [op.base]
    assert alive(dan) == {"A", "B", "E"}
    assert kinds(site) == []


def revoke(site, token, body, **headers):
    headers = {"Authorization": f"Bearer {token}"} | headers
    return site.test_client().post(UNIVERSAL, json=body, headers=headers)


HERE = f"http://localhost{UNIVERSAL}"
BY_EMAIL = {"sub_id": {"format": "email", "email": "dan@example.com"}}


def by_sub(op, sub="dan-1"):
    return {"sub_id": {"format": "iss_sub", "iss": op.base, "sub": sub}}


def test_26_universal_logout_ends_everything(site, op, dan):
    for number, body in enumerate((by_sub(op), BY_EMAIL)):
        arrive(dan["A"], op, sid="A")
        refresh = refresh_token(site, "dan@example.com")
        with site.app_context():
            personal = Token.issue(User.by_email("dan@example.com"), name="cli")
            commit()
        answer = revoke(site, op.revocation(HERE), body)
        assert (answer.status_code, answer.text) == (204, "")
        assert alive(dan) == {"E"}
        assert not live(site, refresh) and not live(site, personal)
        told = [row.data["reason"] for row in rows(site, Event) if row.kind == "sessions.revoked"]
        assert told == ["universal_logout"] * (number + 1)


def test_26_a_bad_permission_is_401(site, op, dan):
    for claims in ({"aud": peer.CLIENT}, {"aud": f"{HERE}/"}, {"iss": "https://evil.example"},
                   {"exp": AT - 3600}, {"exp": None}, {"jti": None}, {"typ": "JWT"},
                   {"typ": "logout+jwt"}, {"typ": None}, {"nbf": AT + 3600}):  # fmt: skip
        answer = revoke(site, op.revocation(HERE, **claims), by_sub(op))
        assert_refused(answer, 401)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    for token in ("", "x", op.logout_token(sid="A")):
        assert_refused(revoke(site, token, by_sub(op)), 401)
    assert_refused(site.test_client().post(UNIVERSAL, json=by_sub(op)), 401)
    forged = site.test_client().post(
        UNIVERSAL, json=by_sub(op), headers={"Authorization": "Basic x"}
    )
    assert_refused(forged, 401)
    assert alive(dan) == {"A", "B", "E"}


MALFORMED_SUBJECTS = [
    7,
    {},
    {"format": ["email"]},
    {"format": "iss_sub", "sub": "dan-1"},
    {"format": "opaque"},
    {"format": "email", "email": "a\x00"},
    {"format": "iss_sub", "iss": "https://x", "sub": "dan-1"},
]


def test_26_an_unknown_person_is_404_and_a_malformed_demand_400(site, op, dan):
    for body in (by_sub(op, "unknown"), {"sub_id": {"format": "email", "email": "x@example.com"}}):
        assert_refused(revoke(site, op.revocation(HERE), body), 404)
    for named in MALFORMED_SUBJECTS:
        assert_refused(revoke(site, op.revocation(HERE), {"sub_id": named}), 400)
    for body in (None, [], {}):
        assert_refused(revoke(site, op.revocation(HERE), body), 400)
    assert alive(dan) == {"A", "B", "E"}


def test_26_a_permission_counts_once(site, op, dan):
    permission = op.revocation(HERE)
    assert revoke(site, permission, by_sub(op)).status_code == 204
    assert_refused(revoke(site, permission, by_sub(op, "eve-1")), 401)
    assert alive(dan) == {"E"}


def test_without_okta_nobody_is_logged_out(app, another, op, dan):
    for site in (app, another(auth_providers=("local",), **op.settings)):
        client = site.test_client()
        token = {"logout_token": op.logout_token(sid="A")}
        assert client.post(BACK, data=token).status_code == 404
        assert client.get(FRONT, query_string={"iss": op.base, "sid": "A"}).status_code == 404
        assert revoke(site, op.revocation(HERE), by_sub(op)).status_code == 404
    assert alive(dan) == {"A", "B", "E"}


def test_no_token_of_the_provider_is_stored_or_logged(site, op, dan, stored, caplog):
    caplog.set_level("DEBUG", "planpush")
    token = op.logout_token(sid="A")
    tell(site, token)
    tell(site, token)
    assert op.betrayed(repr(stored()) + caplog.text) == []
    assert op.betrayed(token), "it finds what there is"
    assert len(rows(site, BrowserSession)) == 2
