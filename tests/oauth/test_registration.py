"""Registration: clients that run on their user's own machine get an id, and no others."""

from __future__ import annotations

from typing import Any

import pytest

LOOPBACK = "http://127.0.0.1:33418/"
# What clients really send, besides their addresses.
CLAUDE = {
    "client_name": "Claude Code (planpush)", "redirect_uris": ["http://localhost:49275/callback"],
    "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
    "token_endpoint_auth_method": "none", "scope": "plans:read comments:write",
    "application_type": "native",
}  # fmt: skip
EDITOR = {
    "client_name": "Visual Studio Code", "client_uri": "https://code.visualstudio.com",
    "redirect_uris": ["https://insiders.vscode.dev/redirect", "http://127.0.0.1/", LOOPBACK],
    "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:x"],
    "response_types": ["code"], "token_endpoint_auth_method": "none", "contacts": [],
    "logo_uri": "https://example.com/logo.png", "software_statement": "x.y.z", "jwks": {"keys": []},
}  # fmt: skip
CURSOR = {
    "client_name": "Cursor",
    "redirect_uris": [
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "https://www.cursor.com/agents/mcp/oauth/callback", "http://localhost:8787/callback",
    ],
    "grant_types": ["authorization_code", "refresh_token"],
}  # fmt: skip


@pytest.fixture
def register(app: Any) -> Any:
    client = app.test_client()
    return lambda body, **more: client.post(
        "/oauth/register",
        **({"json": body} if not isinstance(body, bytes) else {"data": body}),
        **more,
    )


@pytest.mark.parametrize("sent", [CLAUDE, EDITOR, CURSOR], ids=lambda sent: sent["client_name"])
def test_known_clients_register_and_are_told_what_counts(register, sent):
    answer = register(sent)
    found = answer.json
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert found["client_name"] == sent["client_name"]
    assert found["redirect_uris"] == [
        uri for uri in sent["redirect_uris"] if uri.startswith("http://")
    ]
    assert found["token_endpoint_auth_method"] == "none"
    assert found["grant_types"] == ["authorization_code", "refresh_token"]
    assert found["scope"].startswith("plans:read")
    assert "client_secret" not in found
    assert found["client_id"] != register(sent).json["client_id"]


ELSEWHERE = [
    "https://evil.example/callback", "http://evil.example/", "http://127.0.0.1.evil.example/",
    "http://127.0.0.1@evil.example/", "http://user:pw@127.0.0.1/", "http://127.0.0.1/#fragment",
    "https://127.0.0.1/", "http:///callback", "http://", "//127.0.0.1/", "callback", "",
    "javascript:alert(1)//127.0.0.1", "data:text/html,x", "file:///etc/passwd", "cursor://x/y",
    "http://127.0.0.1\\@evil.example/", "http://127.0.0.1/\r\nX: y", "http://127.0.0.1/ü",
    "http://127.0.0.1:99999/", "http://127.0.0.1:x/", "http://[::1", "http://0.0.0.0/",
    "http://2130706433/", "http://localhost.evil.example/", "http://127.0.0.1/" + "x" * 500,
]  # fmt: skip


def test_no_address_but_the_own_machine(register, stored):
    before = stored("rate_limits")
    for uri in ELSEWHERE:
        answer = register({"redirect_uris": [uri]})
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_redirect_uri"), uri
        assert answer.json["error_description"]
    assert stored("rate_limits") == before


@pytest.mark.parametrize("uri", ["http://localhost/", "http://[::1]:7/cb", "http://127.0.0.1"])
def test_every_name_of_the_own_machine(register, uri):
    assert register({"redirect_uris": [uri]}).status_code == 201


WRONG: list[Any] = [
    ({}, "invalid_redirect_uri"),
    ({"redirect_uris": []}, "invalid_redirect_uri"),
    ({"redirect_uris": LOOPBACK}, "invalid_redirect_uri"),
    ({"redirect_uris": [7]}, "invalid_redirect_uri"),
    ({"redirect_uris": None}, "invalid_redirect_uri"),
    ({"redirect_uris": [LOOPBACK], "client_name": ["x"]}, "invalid_client_metadata"),
    ({"redirect_uris": [LOOPBACK], "grant_types": ["implicit"]}, "invalid_client_metadata"),
    ({"redirect_uris": [LOOPBACK], "grant_types": "code"}, "invalid_client_metadata"),
    ({"redirect_uris": [LOOPBACK], "response_types": ["token"]}, "invalid_client_metadata"),
    ({"redirect_uris": [LOOPBACK], "scope": 7}, "invalid_client_metadata"),
    ([], "invalid_client_metadata"), ("x", "invalid_client_metadata"),
    (b"", "invalid_client_metadata"), (b"{", "invalid_client_metadata"),
    (b"\xff", "invalid_client_metadata"), (b"[" * 60_000, "invalid_client_metadata"),
    (b'{"redirect_uris": ["\\ud800"]}', "invalid_client_metadata"),
]  # fmt: skip


def test_what_is_wrong_is_told_in_the_words_of_rfc_7591(register):
    for body, word in WRONG:
        kind = {"content_type": "application/json"} if isinstance(body, bytes) else {}
        answer = register(body, **kind)
        assert (answer.status_code, answer.json["error"]) == (400, word), body
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("name", "kept"),
    [("  a\nb\u202ec\0 ", "a b c"), ("x" * 500, "x" * 100), ("\u200b", "A client without a name"),
     ("\u3164\u115f\ufe00", "A client without a name"), ("Co\u1160dex", "Codex"),
     ("", "A client without a name"), (None, "A client without a name")],
)  # fmt: skip
def test_a_name_is_one_visible_line(register, name, kept):
    assert register({"redirect_uris": [LOOPBACK], "client_name": name}).json["client_name"] == kept


def test_39_nobody_registers_clients_by_the_hundred(another):
    client = another(rate_limits=True).test_client()
    answers = [client.post("/oauth/register", json=CLAUDE) for _ in range(22)]
    assert [answer.status_code for answer in answers] == [201] * 20 + [429] * 2
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert answers[-1].json["error"] == "temporarily_unavailable"
