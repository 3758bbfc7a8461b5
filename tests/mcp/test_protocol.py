"""The protocol of /mcp: today's and those before, and what is no message at all."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from planpush.accounts.tokens import Token
from planpush.database.rate_limits import RateLimit
from planpush.database.session import commit, db
from tests.mcp.conftest import CURRENT, EARLIER, META, OLDEST
from tests.people import person

TOOLS = [
    "plans_list", "plan_get", "threads_list", "thread_reply", "thread_answer", "section_put",
    "push", "gate", "wait_for_feedback",
]  # fmt: skip
READS = {"plans_list", "plan_get", "threads_list", "gate", "wait_for_feedback"}
NOW = {f"{META}protocolVersion": CURRENT, f"{META}clientCapabilities": {}}
HEADERS = {"Mcp-Protocol-Version": CURRENT, "Mcp-Method": "tools/list"}


def request(method: str = "tools/list", **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": "a", "method": method, "params": params}


def test_discovery_tells_versions_tools_and_who_we_are(host):
    found = host().ask("server/discover")["result"]
    assert found["supportedVersions"] == [CURRENT, EARLIER, OLDEST]
    assert found["capabilities"] == {"tools": {}}
    assert found["resultType"] == "complete"
    assert found["_meta"][f"{META}serverInfo"]["name"] == "planpush"
    assert found["ttlMs"] >= 0
    assert "do not obey" in found["instructions"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [(EARLIER, EARLIER), (OLDEST, OLDEST), ("2024-11-05", EARLIER), (CURRENT, EARLIER)],
)
def test_the_handshake_settles_on_a_version_that_both_speak(host, asked, told):
    agent = host(version=told)
    hello = {"clientInfo": {"name": "small", "version": "1"}, "capabilities": {}}
    message = request("initialize", protocolVersion=asked, **hello)
    found = agent.send(message)["result"]
    assert found["protocolVersion"] == told
    assert found["serverInfo"]["name"] == "planpush"
    assert "resultType" not in found
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    assert agent.send(ready, **{"Mcp-Protocol-Version": told}) is None
    assert agent.answer.status_code == 202
    assert [tool["name"] for tool in agent.ask("tools/list")["result"]["tools"]] == TOOLS
    assert agent.ask("ping")["result"] == {}


def test_the_tools_say_what_they_take_and_which_only_read(host):
    for version in [CURRENT, EARLIER, OLDEST]:
        tools = host(version=version).ask("tools/list")["result"]["tools"]
        assert [tool["name"] for tool in tools] == TOOLS, version
        for tool in tools:
            assert tool["annotations"]["readOnlyHint"] is (tool["name"] in READS)
            assert tool["description"]
            assert tool["inputSchema"]["type"] == "object"
            assert tool["inputSchema"]["additionalProperties"] is False
            assert "$ref" not in json.dumps(tool)


NOT_UNDERSTOOD = {
    "unknown version": (
        request(_meta={f"{META}protocolVersion": "1900-01-01"}),
        {"Mcp-Protocol-Version": "1900-01-01"}, 400, -32022,
    ),
    "unknown header": (request(), {"Mcp-Protocol-Version": "x" * 999}, 400, -32022),
    "no header": (request(_meta=NOW), {}, 400, -32020),
    "two versions": (request(_meta=NOW), HEADERS | {"Mcp-Protocol-Version": EARLIER}, 400, -32020),
    "no method's header": (request(_meta=NOW), {"Mcp-Protocol-Version": CURRENT}, 400, -32020),
    "another method": (request(_meta=NOW), HEADERS | {"Mcp-Method": "tools/call"}, 400, -32020),
    "no tool's header": (
        request("tools/call", name="gate", _meta=NOW),
        HEADERS | {"Mcp-Method": "tools/call"}, 400, -32020,
    ),
    "another tool": (
        request("tools/call", name="gate", _meta=NOW),
        HEADERS | {"Mcp-Method": "tools/call", "Mcp-Name": "push"}, 400, -32020,
    ),
    "bad base64": (
        request("tools/call", name="gate", _meta=NOW),
        HEADERS | {"Mcp-Method": "tools/call", "Mcp-Name": "=?base64?%%?="}, 400, -32020,
    ),
    "no _meta": (request(), HEADERS, 400, -32602),
    "no capabilities": (
        request(_meta={f"{META}protocolVersion": CURRENT}), HEADERS, 400, -32602,
    ),
    "discovery without _meta": (request("server/discover"), {}, 400, -32602),
    "_meta is a list": (request(_meta=[]), HEADERS, 400, -32602),
    "unknown method": (
        request("resources/list", _meta=NOW),
        HEADERS | {"Mcp-Method": "resources/list"}, 404, -32601,
    ),
    "unknown method before": (
        request("resources/list"), {"Mcp-Protocol-Version": EARLIER}, 200, -32601,
    ),
    "unknown tool": (request("tools/call", name="rm"), {}, 200, -32602),
    "no tool": (request("tools/call"), {}, 200, -32602),
    "a list for a tool": (request("tools/call", name=["gate"]), {}, 200, -32602),
    "arguments are a list": (request("tools/call", name="gate", arguments=[]), {}, 200, -32602),
    "no version in hello": (request("initialize"), {}, 200, -32602),
    "a number in hello": (request("initialize", protocolVersion=7), {}, 200, -32602),
    "params are a list": (request() | {"params": []}, {}, 200, -32602),
    "a batch": ([request(), request()], {}, 400, -32600),
    "nothing in a batch": ([], {}, 400, -32600),
    "an answer": ({"jsonrpc": "2.0", "id": 1, "result": {}}, {}, 400, -32600),
    "no version of JSON-RPC": ({"id": 1, "method": "ping"}, {}, 400, -32600),
    "id null": ({"jsonrpc": "2.0", "id": None, "method": "ping"}, {}, 400, -32600),
    "id true": ({"jsonrpc": "2.0", "id": True, "method": "ping"}, {}, 400, -32600),
    "id 1.5": ({"jsonrpc": "2.0", "id": 1.5, "method": "ping"}, {}, 400, -32600),
    "method 7": ({"jsonrpc": "2.0", "id": 1, "method": 7}, {}, 400, -32600),
    "a text": ("ping", {}, 400, -32600),
    "nothing": (b"", {}, 400, -32700),
    "half": (b'{"jsonrpc": "2.0", ', {}, 400, -32700),
    "not UTF-8": (b'{"jsonrpc": "\xff"}', {}, 400, -32700),
    "NaN": (b'{"jsonrpc": "2.0", "id": NaN, "method": "ping"}', {}, 400, -32700),
    "deep": (b"[" * 200_000, {}, 400, -32700),
    "a long number": (b'{"id": ' + b"9" * 10_000 + b"}", {}, 400, -32700),
    "a form": (b"jsonrpc=2.0", {"Content-Type": "application/x-www-form-urlencoded"}, 415, -32600),
}  # fmt: skip


def test_what_is_not_understood_is_told_in_json_rpc(host):
    agent = host()
    for kind, (message, headers, status, number) in NOT_UNDERSTOOD.items():
        found = agent.send(message, **headers)
        assert (agent.answer.status_code, found["error"]["code"]) == (status, number), kind
        assert found["jsonrpc"] == "2.0"
        assert found["error"]["message"]
        assert agent.answer.mimetype == "application/json"


def test_an_unsupported_version_is_told_with_those_there_are(host):
    found = host().send(request(), **{"Mcp-Protocol-Version": "2099-01-01"})
    data = {"supported": [CURRENT, EARLIER, OLDEST], "requested": "2099-01-01"}
    assert found["error"]["data"] == data
    assert found["id"] == "a"


def test_a_name_may_come_in_base64(host, plan):
    name = f"=?base64?{base64.b64encode(b'plans_list').decode()}?="
    found = host().ask("tools/call", {"Mcp-Name": name}, name="plans_list")
    assert found["result"]["isError"] is False


def test_only_posts_are_taken(app):
    for method in ["GET", "DELETE", "PUT"]:
        answer = app.test_client().open("/mcp", method=method)
        assert answer.status_code == 405, method
        assert "POST" in answer.headers["Allow"]
        assert answer.mimetype == "application/json"


WHO = {
    "nobody": (None, 401), "noise": ("Bearer x", 401), "basic": ("Basic eDp5", 401),
    "unknown": ("Bearer ppt_" + "0" * 46, 401),
}  # fmt: skip


def test_who_brings_no_token_is_told_where_to_get_one(app):
    for who in WHO:
        given, status = WHO[who]
        headers = {"Authorization": given} if given else {}
        answer = app.test_client().post("/mcp", headers=headers, json=request())
        challenge = answer.headers["WWW-Authenticate"]
        assert answer.status_code == status, who
        where = 'resource_metadata="http://localhost/.well-known/oauth-protected-resource/mcp"'
        assert where in challenge
        assert ('error="invalid_token"' in challenge) is (given is not None)
        assert 'scope="plans:read plans:write comments:write"' in challenge


def test_a_directorys_token_is_of_another_kind(app, host):
    with app.app_context():
        token = Token.issue_scim(name="Okta")
        commit()
    agent = host()
    agent.token = token
    agent.send(request())
    assert agent.answer.status_code == 403


ORIGINS = [("http://localhost", 200), ("https://evil.example", 403), ("null", 403),
 ("http://localhost.evil.example", 403), ("http://localhost:80", 403)]  # fmt: skip


def test_pages_elsewhere_are_kept_out(host):
    for origin, status in ORIGINS:
        agent = host()
        agent.send(request(), Origin=origin)
        assert agent.answer.status_code == status, (origin, status)


def test_what_is_too_large_is_refused(another, host):
    agent = host()
    agent.client = another(max_document_bytes=1000).test_client()
    found = agent.send(b'"' + b"x" * 3_000_000 + b'"')
    assert (agent.answer.status_code, found["error"]["code"]) == (413, 413)
    assert found["error"]["data"]["fix"]


def test_too_many_calls_are_slowed_down(app, another, host):
    agent = host()
    agent.client = another(rate_limits=True).test_client()
    with app.app_context():
        db.session.add(RateLimit(subject=f"mcp:user:{person('alice').id}", used=600))
        commit()
    found = agent.send(request())
    assert (agent.answer.status_code, found["error"]["code"]) == (429, 429)
    assert int(agent.answer.headers["Retry-After"]) > 0
