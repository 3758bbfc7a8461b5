"""A small MCP client of our own: it speaks today's protocol and those before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from planpush.accounts.tokens import Token
from planpush.database.session import commit
from tests.people import person

CURRENT, EARLIER, OLDEST = "2026-07-28", "2025-11-25", "2025-06-18"
META = "io.modelcontextprotocol/"


class Host:
    """An agent's host, connected as somebody; `answer` is the last HTTP answer."""

    def __init__(self, app: Flask, token: str, version: str = CURRENT) -> None:
        self.client, self.token, self.version = app.test_client(), token, version
        self.answer: Any = None
        self.number = 0

    def ask(self, method: str, headers: Any = None, **params: Any) -> Any:
        """Send a request as its version has it; return the answer's JSON."""
        self.number += 1
        sent = {"Mcp-Protocol-Version": self.version}
        if self.version == CURRENT:
            sent["Mcp-Method"] = method
            sent |= {"Mcp-Name": params["name"]} if "name" in params else {}
            version = {f"{META}protocolVersion": CURRENT, f"{META}clientCapabilities": {}}
            params = {"_meta": version} | params
        message = {"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}
        found = self.send(message, **sent | (headers or {}))
        assert found["id"] == self.number
        return found

    def send(self, message: Any, **headers: str) -> Any:
        """Send anything."""
        sent = {"Authorization": f"Bearer {self.token}"} | headers
        form = {"data": message} if isinstance(message, bytes) else {"json": message}
        kind = sent.pop("Content-Type", "application/json")
        self.answer = self.client.post("/mcp", headers=sent, content_type=kind, **form)
        return self.answer.json if self.answer.data else None

    def call(self, name: str, **arguments: Any) -> Any:
        """Call a tool; return its data, whatever it says."""
        found = self.ask("tools/call", name=name, arguments=arguments)["result"]
        self.failed = found["isError"]
        return found["structuredContent"]


@pytest.fixture
def host(app: Flask) -> Callable[..., Host]:
    """Connect an agent's host with a token of somebody's."""

    def connect(name: str = "alice", version: str = CURRENT, scopes: Any = None) -> Host:
        with app.app_context():
            token = Token.issue(person(name), name="test", **({"scopes": scopes} if scopes else {}))
            commit()
        return Host(app, token, version)

    return connect
