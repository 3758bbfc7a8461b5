"""Documents made to cost are refused, and others are answered meanwhile.

What they cost is measured by `python -m bench worst`.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.system.conftest import document
from tests.system.serving import Server

LIMIT = 5 * 1024 * 1024
BOMBS = {
    "nested": "<div>" * 100_000,
    "attributes": "<p " + " ".join(f"a{n}=1" for n in range(100_000)) + ">x</p>",
    "formatting": "".join(f"<b class=c{n}>" for n in range(3_000)) + "<p>x" * 12_000,
    "ampersands": "<p>" + "&" * 1_000_000 + "</p>",
    "spread ampersands": "<p>" + "& " * 500_000 + "</p>",
    "elements": "<i></i>" * 40_000,
    "tables": "<table><tr><td>" * 20_000,
    "unclosed comment": "<!--" * 200_000,
    "open quote": '<p a="' * 150_000,
}


class Pulse:
    """Asks /healthz all the time from a thread of its own, and notes what is answered."""

    def __init__(self, base: str) -> None:
        self.address, self.statuses = f"{base}/healthz", set[int]()
        self.felt, self.over = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.beat)

    def beat(self) -> None:
        with requests.Session() as session:
            while not self.over.wait(0.02):
                self.statuses.add(session.get(self.address, timeout=60).status_code)
                self.felt.set()


@pytest.fixture
def pulse(server: Server) -> Iterator[Pulse]:
    running = Pulse(server.base)
    running.thread.start()
    yield running
    running.felt.wait(60)
    running.over.set()
    running.thread.join(60)
    assert running.statuses == {200}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused(name: str, server: Server, pulse: Pulse) -> None:
    html = f"<section data-anchor='a'><h2>A</h2>{BOMBS[name]}"
    for send in (send_whole, send_section):
        answer = send(server, html)
        assert answer.status_code == 422, answer.text[:300]
        assert answer.json()["code"] == "invalid_document"
        error = answer.json()["errors"][0]
        assert error["line"] >= 1 <= error["column"]


def send_whole(server: Server, html: str) -> requests.Response:
    return server.push(html, "title=Bomb")


def send_section(server: Server, html: str) -> requests.Response:
    body = {"title": "Bomb", "sections": [{"anchor": "a", "html": html}]}
    return server.api("alice", "POST", "/api/push", json=body)


def large(size: int, sections: int = 10) -> bytes:
    """Return a document of exactly `size` bytes: plain sentences in sections."""
    each = size // sections
    head = '<section data-anchor="part-{0}"><h2>Part {0}</h2>'
    sentence = "<p>" + "Tokens rotate on every use, and nobody notices. " * 20 + "</p>"
    parts = []
    for number in range(sections):
        opened = head.format(number)
        body = sentence * ((each - len(opened) - 200) // len(sentence))
        parts.append(f"{opened}{body}</section>")
    whole = "".join(parts)
    return whole.replace(
        "</section>", f"<p>{'x' * (size - len(whole) - 7)}</p></section>", 1
    ).encode()


@pytest.mark.browser
def test_the_largest_document_is_taken_and_opens(server: Server, visit: Any, pulse: Pulse) -> None:
    body = large(LIMIT)
    assert len(body) == LIMIT
    pushed = server.push(body, "title=Large")
    assert pushed.status_code == 201, pushed.text
    page = visit("alice", at=f"/p/{pushed.json()['plan']}")
    assert page.locator("#pp-doc h2").count() == 10
    page.locator("#pp-plus-part-9").click()
    page.locator("#pp-new-body").wait_for()


def test_one_byte_more_is_413(server: Server) -> None:
    answer = server.push(large(LIMIT + 1), "title=Larger")
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_body_that_claims_a_gigabyte_is_refused_unread(server: Server, pulse: Pulse) -> None:
    with talk(server, 2**30) as connection:
        connection.settimeout(60)
        connection.sendall(b"<p>")
        assert b" 413 " in connection.recv(200)


def test_slow_bodies_do_not_hold_up_others(server: Server, pulse: Pulse) -> None:
    slow = [talk(server, 1000) for _ in range(5)]
    try:
        for _ in range(5):
            for connection in slow:
                connection.sendall(b"x")
            assert server.push(document("Quick"), "title=Quick").status_code == 201
    finally:
        for connection in slow:
            connection.close()


def talk(server: Server, length: int) -> socket.socket:
    """Begin a push whose body is announced, and not sent."""
    server.api("alice", "GET", "/api/plans").close()
    connection = socket.create_connection(("127.0.0.1", server.port))
    lines = [
        "POST /api/push?title=Slow HTTP/1.1",
        "Host: localhost",
        "Content-Type: text/html",
        f"Authorization: Bearer {server.tokens['alice']}",
        f"Content-Length: {length}",
    ]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    return connection
