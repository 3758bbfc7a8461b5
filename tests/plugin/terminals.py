"""What the tests of signing in share: a server's answers, and a look at what is stored."""

from __future__ import annotations

import json
from typing import Any

from tests.plugin.conftest import Planpush, Result
from tests.plugin.fake_server import Answer, FakeServer

PENDING: Answer = (400, {"error": "authorization_pending"}, {})
PAGE: Answer = (200, "<html>Welcome to the hotel</html>", {})


def asked(server: FakeServer, **more: Any) -> Answer:
    uri = f"{server.address}/activate"
    code = {"device_code": "d" * 40, "user_code": "BCDF-GHJK", "verification_uri": uri}
    code |= {"verification_uri_complete": f"{uri}?user_code=BCDF-GHJK", "expires_in": 600}
    return 200, code | {"interval": 0} | more, {}


def pair(server: FakeServer, number: int, lasts: int = 3600) -> Answer:
    """Return new tokens, of which the server takes the access token only."""
    server.tokens = {f"ppa_{number}"}
    tokens = {"access_token": f"ppa_{number}", "refresh_token": f"ppr_{number}"}
    more = {"token_type": "Bearer", "expires_in": lasts, "scope": "plans:read plans:write"}
    return 200, tokens | more, {}


def sign_in(terminal: Planpush, server: FakeServer, lasts: int = 3600) -> None:
    server.oauth = [asked(server), pair(server, 1, lasts)]
    assert terminal("login").code == terminal("login", "--wait").code == 0
    server.seen.clear()


def stored(terminal: Planpush) -> dict[str, Any]:
    file = terminal.home / ".planpush" / "credentials.json"
    servers = json.loads(file.read_text())["servers"]
    return servers.get(terminal.server, {})


def fixed(done: Result, code: int, fix: str) -> bool:
    """Tell whether a run ended with this code, one line that says why, and this fix."""
    why, *lines = done.text.strip().splitlines()
    return bool(why) and done.code == code and lines == [f"fix: {fix}"]
