"""The ASGI adapter on a real server: bodies, slow clients, paths, and event streams."""

import json
import re
import socket
import threading
import time
from contextlib import closing

import pytest

from planpush.events.event import Event
from tests.system.serving import Server, Visitor

PATIENCE = 60  # seconds
HTML = '<section data-anchor="a"><h2>A</h2><p>Words.</p></section>'
JSON = "Content-Type: application/json"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A server with one thread for requests."""
    running = Server(tmp_path_factory.mktemp("asgi"), workers=1, WEB_THREADS="1").start()
    assert running.push(HTML, "slug=a&title=A&visibility=published").status_code == 201
    yield running
    running.close()


def connect(server):
    return closing(socket.create_connection(("127.0.0.1", server.port), PATIENCE))


def said(sock, until):
    """Return what comes, up to `until`."""
    found = b""
    while until not in found:
        chunk = sock.recv(65536)
        assert chunk, found
        found += chunk
    return found.decode()


def head(server, method, path, *lines, by="alice"):
    if by:
        server.api(by, "GET", "/api/plans")
        lines = (f"Authorization: Bearer {server.tokens[by]}", *lines)
    return ("\r\n".join((f"{method} {path} HTTP/1.1", "Host: x", *lines)) + "\r\n\r\n").encode()


def test_slow_senders_and_idle_connections_take_no_thread(small):
    with connect(small) as slow, connect(small) as idle:
        slow.sendall(head(small, "POST", "/api/lint", "Content-Length: 40") + b"{")
        idle.sendall(b"GET / HTTP/1.1\r\nHost")
        assert small.api("alice", "GET", "/api/plans").status_code == 200


def test_a_body_in_chunks_is_one_body(small):
    body = json.dumps({"title": "A", "sections": [{"anchor": "a", "html": HTML}]}).encode()
    with connect(small) as sock:
        lines = (JSON, "Transfer-Encoding: chunked", "Connection: close")
        sock.sendall(head(small, "POST", "/api/lint", *lines))
        for part in (body[:7], body[7:]):
            sock.sendall(b"%x\r\n%s\r\n" % (len(part), part))
        sock.sendall(b"0\r\n\r\n")
        answer = said(sock, b'"warnings"')
    assert answer.startswith("HTTP/1.1 200"), answer


@pytest.mark.parametrize(
    ("by", "announced", "sent", "status"),
    [
        ("alice", 10**9, 0, 413),  # refused unread
        ("alice", 100_000, 100_000, 400),  # read: it is no JSON
        ("", 100_000, 70_000, 401),  # refused before the rest arrives
        ("", 60_000, 60_000, 401),
    ],
)
def test_how_much_a_client_may_send(small, by, announced, sent, status):
    lines = (JSON, f"Content-Length: {announced}")
    with connect(small) as sock:
        sock.sendall(head(small, "POST", "/api/push", *lines, by=by) + bytes(sent))
        assert said(sock, b"\r\n\r\n").startswith(f"HTTP/1.1 {status}")


def test_the_path_is_what_was_asked_for(small):
    with connect(small) as sock:
        for path, status, until in (
            (f"{small.base}/api/plans/%61", 200, b'"visibility"'),
            ("http://[::1/api/plans/a", 200, b'"visibility"'),
            ("/api/plans/%ff%00", 404, b"\r\n\r\n"),
        ):
            sock.sendall(head(small, "GET", path))
            assert said(sock, until).startswith(f"HTTP/1.1 {status}")


class Reader(threading.Thread):
    """A stream being read."""

    def __init__(self, server, visitor, path):
        super().__init__(daemon=True)
        self.answer = visitor.http.get(server.base + path, stream=True, timeout=PATIENCE)
        self.lines, self.ended = [], threading.Event()
        self.start()

    def run(self):
        for line in self.answer.iter_lines(chunk_size=1, decode_unicode=True):
            self.lines.append(line)
        self.ended.set()

    def count(self, name):
        return self.lines.count(f"event: {name}")

    def last_id(self):
        return next((line[4:] for line in reversed(self.lines) if line[:3] == "id:"), "0")


def until(holds):
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def post(server, words, slug="a", by="alice"):
    body = {"anchor": "a", "body": words}
    made = server.api(by, "POST", f"/api/plans/{slug}/threads", json=body)
    assert made.status_code == 201, made.text


def heard(server, readers):
    """Wait until every reader was told up to the plan's newest event."""
    with server.app.app_context():
        newest = Event.newest(plan_id=1)
    until(lambda: all(int(one.last_id()) >= newest and one.count("threads") for one in readers))


def test_streams_hold_no_thread_and_miss_nothing(small):
    bob = Visitor(small, "bob")
    since = re.search(r"events\?since=(\d+)", bob.get("/p/a").text)[1]
    post(small, "before anybody listens")
    readers = [Reader(small, Visitor(small, "bob"), f"/p/a/events?since={since}") for _ in "1234"]
    heard(small, readers)
    post(small, "while they listen")
    heard(small, readers)
    again = Reader(small, bob, f"/p/a/events?since={readers[0].last_id()}")
    assert again.count("threads") == 0
    post(small, "and again")
    heard(small, [again])


@pytest.mark.long
def test_a_stream_of_all_tells_only_who_may_see_the_plan(small):
    assert small.push(HTML, "slug=hidden&title=Hidden").status_code == 201
    readers = {
        name: Reader(small, Visitor(small, name), "/events") for name in ("charlie", "alice", "ada")
    }
    post(small, "Alone", slug="hidden")
    until(lambda: all(readers[name].count("plans") for name in ("alice", "ada")))
    post(small, "for everybody")
    counts = {"charlie": 1, "alice": 2, "ada": 2}
    until(lambda: {name: one.count("plans") for name, one in readers.items()} == counts)


def test_who_gets_a_notice_hears_it_on_any_page(small):
    alice = Visitor(small, "alice")
    readers = [Reader(small, alice, path) for path in ("/events", "/p/a/events")]
    post(small, "Why?", by="bob")
    until(lambda: all(one.count("notices") == 1 for one in readers))
    assert readers[1].count("threads") and not readers[1].count("plans")


def test_rights_end_streams(small):
    people = {name: Visitor(small, name) for name in ("bob", "alice")}
    readers = {name: Reader(small, one, "/p/a/events") for name, one in people.items()}
    everywhere = Reader(small, people["bob"], "/events")
    for _ in "12":  # HEAD holds no stream and no thread
        head_only = people["bob"].http.head(f"{small.base}/p/a/events", timeout=PATIENCE)
        assert head_only.headers["Content-Type"].startswith("text/event-stream")
    assert people["bob"].post("/sign-out").status_code == 303
    assert readers["bob"].ended.wait(PATIENCE) and everywhere.ended.wait(PATIENCE)
    assert not readers["alice"].ended.is_set()
    assert people["alice"].post("/p/a/publication?_method=DELETE").status_code == 303
    assert readers["alice"].ended.wait(PATIENCE)
    assert people["alice"].post("/p/a/publication").status_code == 303


@pytest.mark.long
def test_a_server_with_open_streams_stops_at_once(tmp_path):
    running = Server(tmp_path, workers=2).start()
    running.push(HTML, "slug=a&title=A&visibility=published")
    reader = Reader(running, Visitor(running, "bob"), "/p/a/events")
    with connect(running):
        running.close()
        assert reader.ended.wait(PATIENCE)
    log = (tmp_path / "server.log").read_text()
    assert "Forcing close" not in log and "Traceback" not in log
