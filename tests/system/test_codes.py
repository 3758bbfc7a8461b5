"""Authorization codes in a real browser, and by many at once."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from tests.system.serving import Server

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:43]
AT_ONCE = 20


class Program(ThreadingHTTPServer):
    """A client that waits on a port of its own for what the browser brings."""

    def __init__(self, server: Server) -> None:
        super().__init__(("127.0.0.1", 0), Callback)
        self.base, self.got = server.base, list[dict[str, str]]()
        self.callback = f"http://127.0.0.1:{self.server_port}/callback"
        metadata = {"client_name": "A test", "redirect_uris": ["http://127.0.0.1/callback"]}
        made = requests.post(f"{self.base}/oauth/register", json=metadata, timeout=60)
        self.client_id = made.json()["client_id"]

    def address(self) -> str:
        wish = {"response_type": "code", "client_id": self.client_id, "state": "xyz",
                "redirect_uri": self.callback, "code_challenge": CHALLENGE,
                "code_challenge_method": "S256"}  # fmt: skip
        return "/oauth/authorize?" + urlencode(wish)

    def fetch(self, code: str) -> int:
        form = {"grant_type": "authorization_code", "client_id": self.client_id, "code": code,
                "redirect_uri": self.callback, "code_verifier": VERIFIER}  # fmt: skip
        return requests.post(f"{self.base}/oauth/token", form, timeout=60).status_code


class Callback(BaseHTTPRequestHandler):
    """Takes what the browser brings."""

    server: Program

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        if query:
            self.server.got.append({name: values[0] for name, values in query.items()})
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<title>Go back to your terminal</title>")

    def log_message(self, *arguments: object) -> None:
        return


@pytest.fixture
def program(server: Server) -> Iterator[Program]:
    with Program(server) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join(60)


@pytest.mark.parametrize("decision", ["Allow", "Deny"])
def test_a_button_leads_the_browser_back_to_the_program(server, program, chromium, decision):
    context = chromium.new_context(base_url=server.base)
    page = context.new_page()
    lines: list[str] = []
    page.on("console", lambda message: lines.append(message.text))
    page.goto(server.link("alice"))
    page.goto(program.address())
    page.get_by_role("button", name=decision).click()
    page.wait_for_url(f"{program.callback}?**", timeout=60_000)
    context.close()
    (told,) = program.got
    assert (told["state"], told["iss"]) == ("xyz", server.base)
    assert told.get("error", "") == ("" if decision == "Allow" else "access_denied")
    assert [line for line in lines if "Content Security Policy" in line] == []


def test_35_of_many_who_bring_one_code_one_gets_tokens(server, program, visitor):
    alice = visitor("alice")
    form: dict[str, Any] = {name: values[0] for name, values in
                            parse_qs(urlsplit(program.address()).query).items()}  # fmt: skip
    went = alice.post("/oauth/authorize", **form, decision="allow")
    code = parse_qs(urlsplit(went.headers["Location"]).query)["code"][0]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(program.fetch, [code] * AT_ONCE))
    assert sorted(answers) == [200] + [400] * (AT_ONCE - 1)
