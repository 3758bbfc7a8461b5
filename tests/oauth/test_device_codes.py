"""Device codes: asked for by terminals, polled for, and refused in RFC 8628's words."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from itertools import product

import pytest
import sqlalchemy as sa

from planpush.accounts.clients import Client
from planpush.accounts.device_codes import LETTERS, DeviceCode
from planpush.database.session import commit, db, now
from tests.people import person
from tests.terminal import DEVICE, Terminal

ASK, TOKEN = "/oauth/device_authorization", "/oauth/token"


def refused(answer, word, status=400):
    """A refusal as RFC 6749 has it."""
    assert (answer.status_code, answer.json["error"]) == (status, word), answer.text
    assert answer.json["error_description"]
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    return True


def shift(app, **changes):
    """Move the times of every device code."""
    with app.app_context():
        db.session.execute(sa.update(DeviceCode).values(changes))
        commit()


@pytest.fixture
def terminal(app):
    return Terminal(app)


def test_37_user_codes_are_eight_letters_for_ten_minutes(terminal):
    answer = terminal.ask(scope="plans:read")
    assert answer.headers["Cache-Control"] == "no-store"
    told = answer.json
    assert told["expires_in"] == 600 and told["interval"] == 5
    assert told["verification_uri"] == "http://localhost/activate"
    assert told["verification_uri_complete"].endswith(f"?user_code={told['user_code']}")
    letters = told["user_code"].replace("-", "")
    assert len(letters) == 8 and set(letters) <= set(LETTERS) and len(LETTERS) == 20


def test_3_the_database_knows_neither_code_nor_token(terminal, browser, stored):
    terminal.sign_in(browser("alice"))
    secrets = [terminal.asked["device_code"], terminal.got["access_token"]]
    secrets += [terminal.got["refresh_token"], terminal.asked["user_code"].replace("-", "")]
    dump = repr(stored())
    assert [one for one in secrets if one in dump or one[4:] in dump] == []


def test_34_hasty_polls_wait_longer_and_longer(app, terminal, browser):
    terminal.ask()
    refused(terminal.poll(), "authorization_pending")
    refused(terminal.poll(), "slow_down")
    shift(app, polled_at=now() - timedelta(seconds=5.5))  # 5 are over, 10 are not
    refused(terminal.poll(), "slow_down")
    shift(app, polled_at=now() - timedelta(seconds=15))
    refused(terminal.poll(), "authorization_pending")
    terminal.allow(browser("alice"))
    assert terminal.poll().status_code == 200
    refused(terminal.poll(), "invalid_grant")


def test_34_denied_expired_unknown_and_foreign_codes(app, terminal, browser):
    terminal.ask()
    assert "Denied" in terminal.allow(browser("alice"), "deny").text
    refused(terminal.poll(), "access_denied")
    terminal.ask()
    with app.app_context():
        db.session.add(Client(client_id="other", name="Other", redirect_uris=[]))
        commit()
    code = terminal.asked["device_code"]
    refused(terminal.post(TOKEN, grant_type=DEVICE, device_code="x"), "invalid_grant")
    foreign = Terminal(app, "other").post(TOKEN, grant_type=DEVICE, device_code=code)
    refused(foreign, "unauthorized_client")
    terminal.allow(browser("alice"))
    shift(app, expires_at=now())
    refused(terminal.poll(), "expired_token")


def test_34_a_client_of_browsers_gets_no_device_code(app):
    with app.app_context():
        name = Client.register("Editor", ["http://127.0.0.1/back"]).client_id
        commit()
    editor = Terminal(app, name)
    refused(editor.ask(), "unauthorized_client")
    refused(editor.post(TOKEN, grant_type=DEVICE, device_code="x"), "unauthorized_client")


BAD = {
    "no type": (TOKEN, {}, "invalid_request"),
    "no such type": (TOKEN, {"grant_type": "password"}, "unsupported_grant_type"),
    "a type of noise": (TOKEN, {"grant_type": "ä\0\"'\\\n" * 9}, "unsupported_grant_type"),
    "no code": (TOKEN, {"grant_type": DEVICE}, "invalid_request"),
    "a code of noise": (TOKEN, {"grant_type": DEVICE, "device_code": "\0ä"}, "invalid_grant"),
    "no refresh token": (TOKEN, {"grant_type": "refresh_token"}, "invalid_request"),
    "noise": (TOKEN, {"grant_type": "refresh_token", "refresh_token": "\0"}, "invalid_grant"),
    "no scope": (ASK, {"scope": "plans:delete"}, "invalid_scope"),
    "a long scope": (ASK, {"scope": "plans:read " * 9 + "x" * 100_000}, "invalid_scope"),
    "a scope of noise": (ASK, {"scope": "\0"}, "invalid_scope"),
    "nobody": (ASK, {"client_id": ""}, "invalid_client"),
    "somebody": (ASK, {"client_id": "nobody"}, "invalid_client"),
    "a NUL": (ASK, {"client_id": "x\0y"}, "invalid_client"),
    "a long name": (ASK, {"client_id": "planpush-cli" * 9}, "invalid_client"),
    "a secret": (ASK, {"client_secret": "x"}, "invalid_client"),
    "twice": (ASK, {"scope": ["plans:read", "plans:read"]}, "invalid_request"),
    "noise twice": (TOKEN, {'"ä\n': ["1", "2"]}, "invalid_request"),
    "nothing to revoke": ("/oauth/revoke", {}, "invalid_request"),
    "revoked by nobody": ("/oauth/revoke", {"token": "x", "client_id": "no"}, "invalid_client"),
    "no such hint": ("/oauth/revoke", {"token": "x", "token_type_hint": "y"},
                     "unsupported_token_type"),
}  # fmt: skip


def test_34_what_is_wrong_is_named(terminal):
    for path, form, word in BAD.values():
        refused(terminal.post(path, **form), word)


def test_34_bodies_that_are_no_forms_are_refused(app):
    kinds = ("application/json", "text/html", "multipart/form-data; boundary=x", "a/b", "")
    bodies = (b"", b'{"client_id": "planpush-cli"}', b"\xff\0%zz&=&;", b"<html>")
    client = app.test_client()
    for path, kind, body in product((ASK, TOKEN, "/oauth/revoke"), kinds, bodies):
        answer = client.post(path, data=body, content_type=kind)
        assert answer.status_code == 400, (path, kind, body, answer.text)
        assert answer.json["error"] in ("invalid_request", "invalid_client")
    for path in (ASK, TOKEN, "/oauth/revoke"):
        large = client.post(path, data=dict.fromkeys(("client_id", "scope"), "x" * 1000000))
        assert large.status_code == 413 and "500,000 bytes" in large.text
        assert client.get(path).status_code == 405


CLIENTS = [
    ("planpush-cli:", "invalid_grant", 400),  # known: a public client has no secret
    ("planpush-cli:guess", "invalid_client", 401),
    ("nobody:", "invalid_client", 401),
    ("\xff\0:", "invalid_client", 401),
]


def test_34_a_client_may_name_itself_as_basic_does(app):
    for header, word, status in CLIENTS:
        headers = {"Authorization": "Basic " + b64encode(header.encode("latin-1")).decode()}
        form = {"grant_type": DEVICE, "device_code": "x"}
        refused(app.test_client().post(TOKEN, headers=headers, data=form), word, status)


@pytest.mark.parametrize("path", [ASK, TOKEN, "/oauth/revoke"])
def test_38_nothing_is_taken_from_the_address(app, terminal, browser, path):
    terminal.sign_in(browser("alice"))
    query = {"client_id": "planpush-cli", "token": terminal.got["refresh_token"]}
    query |= {"grant_type": "refresh_token", "refresh_token": terminal.got["refresh_token"]}
    refused(app.test_client().post(path, query_string=query), "invalid_request")
    refused(app.test_client().post(path, query_string={"scope": "x"}, data=query),
            "invalid_request")  # fmt: skip
    assert terminal.use() == 200 and terminal.renew().status_code == 200


def test_37_the_page_says_who_asks_and_untrusted_names_stay_text(app, terminal, browser):
    name = "<b>lap</b>\0\u202etop\ud800 " * 4000
    data = {"client_id": "planpush-cli", "device_name": name.encode("utf-8", "surrogatepass")}
    headers = {"User-Agent": "planpush/1.0 <i>"}
    asked = app.test_client().post(ASK, data=data, headers=headers).json
    page = browser("alice").send("POST", "/activate", {"user_code": asked["user_code"]}, htmx=False)
    assert page.status_code == 200 and "&lt;b&gt;lap&lt;/b&gt;" in page.text
    assert "planpush/1.0 &lt;i&gt;" in page.text
    assert not {"\u202e", "\0"} & set(page.text)
    with app.app_context():
        kept = db.session.scalars(sa.select(DeviceCode)).one()
        assert len(kept.device) <= 60 and kept.scopes == ["plans:read", "plans:write",
                                                          "comments:write"]  # fmt: skip


def test_30_who_is_shut_out_loses_what_was_just_allowed(app, terminal, browser):
    terminal.ask()
    terminal.allow(browser("bob"))
    with app.app_context():
        person("bob").deactivate(by=person("ada"))
        person("bob").reactivate(by=person("ada"))
        commit()
    refused(terminal.poll(), "invalid_grant")
