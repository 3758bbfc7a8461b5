"""The bridge between the event loop and Flask: bodies, streams, clients that leave or are slow."""

import json
import re
import socket
import threading
import time
from contextlib import closing
from io import BytesIO

import pytest

from planpush.events.event import Event
from planpush.server.asgi import Call
from tests.system.serving import Server, Visitor

PATIENCE = 60  # seconds
HTML = '<section data-anchor="a"><h2>A</h2><p>Words.</p></section>'


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A server with one thread for requests."""
    running = Server(tmp_path_factory.mktemp("bridge"), workers=1, WEB_THREADS="1").start()
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


def head(server, method, path, *lines):
    fixed = (f"{method} {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {token(server)}")
    return ("\r\n".join((*fixed, *lines)) + "\r\n\r\n").encode()


def token(server):
    server.api("alice", "GET", "/api/plans")
    return server.tokens["alice"]


def test_slow_senders_and_idle_connections_take_no_thread(small):
    with connect(small) as slow, connect(small) as idle:
        slow.sendall(head(small, "POST", "/api/lint", "Content-Length: 40") + b"{")
        idle.sendall(b"GET / HTTP/1.1\r\nHost")
        assert small.api("alice", "GET", "/api/plans").status_code == 200


def test_a_body_in_chunks_is_one_body(small):
    body = json.dumps({"title": "A", "sections": [{"anchor": "a", "html": HTML}]}).encode()
    lines = ("Content-Type: application/json", "Transfer-Encoding: chunked", "Connection: close")
    with connect(small) as sock:
        sock.sendall(head(small, "POST", "/api/lint", *lines))
        for part in (body[:7], body[7:]):
            sock.sendall(b"%x\r\n%s\r\n" % (len(part), part))
        sock.sendall(b"0\r\n\r\n")
        answer = said(sock, b'"warnings"')
    assert answer.startswith("HTTP/1.1 200"), answer


def test_what_is_too_large_is_refused_unread(small):
    lines = ("Content-Type: application/json", f"Content-Length: {10**9}")
    with connect(small) as sock:
        sock.sendall(head(small, "POST", "/api/push", *lines))
        assert said(sock, b"\r\n\r\n").startswith("HTTP/1.1 413")


def test_who_leaves_a_busy_call_waits_for_nobody():
    busy, go_on, body = threading.Event(), threading.Event(), BytesIO()

    def app(_environ, start):
        start("200 OK", [])
        busy.set()
        assert go_on.wait(PATIENCE)
        return []

    call = Call(app, {}, body)
    running = threading.Thread(target=call.begin)
    running.start()
    assert busy.wait(PATIENCE)
    call.close()
    assert not body.closed
    go_on.set()
    running.join(PATIENCE)
    assert body.closed


def test_strangers_keep_nobody_from_sending_much(small):
    strangers = [socket.create_connection(("127.0.0.1", small.port), PATIENCE) for _ in range(33)]
    for sock in strangers:
        sock.sendall(b"POST /api/push HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n")
        sock.sendall(bytes(100_000))
    words = "Words. " * 20_000
    large = {"title": "A", "sections": [{"anchor": "a", "html": HTML.replace("Words.", words)}]}
    answer = small.api("alice", "POST", "/api/lint", json=large, timeout=PATIENCE)
    assert answer.status_code == 200, answer.text
    for sock in strangers:
        sock.close()


def test_the_path_is_what_was_asked_for(small):
    with connect(small) as sock:
        sock.sendall(head(small, "GET", f"{small.base}/api/plans/%61"))
        assert said(sock, b'"visibility"').startswith("HTTP/1.1 200")
        sock.sendall(head(small, "GET", "http://[::1/api/plans/a"))
        assert said(sock, b'"visibility"').startswith("HTTP/1.1 200")
        sock.sendall(head(small, "GET", "/api/plans/%ff%00"))
        assert said(sock, b"\r\n\r\n").startswith("HTTP/1.1 404")


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


def post(server, words):
    made = server.api("alice", "POST", "/api/plans/a/threads", json={"anchor": "a", "body": words})
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
def test_a_stream_of_all_tells_who_may_see_it_and_nobody_else(small):
    hidden = small.push(HTML, "slug=hidden&title=Hidden")
    assert hidden.status_code == 201
    people = {name: Visitor(small, name) for name in ("charlie", "alice", "ada")}
    readers = {name: Reader(small, one, "/events") for name, one in people.items()}
    where = {"anchor": "a", "body": "Alone"}
    made = small.api("alice", "POST", "/api/plans/hidden/threads", json=where)
    assert made.status_code == 201, made.text
    until(lambda: all(readers[name].count("plans") for name in ("alice", "ada")))
    assert readers["charlie"].count("plans") == 0
    post(small, "for everybody")
    until(lambda: readers["charlie"].count("plans"))
    with small.app.app_context():
        newest = Event.newest(plan_id=1)
    until(lambda: readers["charlie"].last_id() == str(newest))
    until(
        lambda: all(one.count("plans") == 2 for name, one in readers.items() if name != "charlie")
    )
    assert readers["charlie"].count("plans") == 1
    assert readers["alice"].count("notices") == 0


def test_who_gets_a_notice_hears_it_on_any_page(small):
    alice = Visitor(small, "alice")
    readers = [Reader(small, alice, path) for path in ("/events", "/p/a/events")]
    where = {"anchor": "a", "body": "Why?"}
    assert small.api("bob", "POST", "/api/plans/a/threads", json=where).status_code == 201
    until(lambda: all(one.count("notices") == 1 for one in readers))
    assert readers[1].count("threads") and not readers[1].count("plans")


def test_a_question_for_the_head_of_a_stream_holds_none(small):
    bob = Visitor(small, "bob")
    answers = [bob.http.head(f"{small.base}/p/a/events", timeout=PATIENCE) for _ in "12"]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].headers["Content-Type"].startswith("text/event-stream")


def test_rights_end_streams(small):
    people = {name: Visitor(small, name) for name in ("bob", "alice")}
    readers = {name: Reader(small, one, "/p/a/events") for name, one in people.items()}
    everywhere = Reader(small, people["bob"], "/events")
    assert people["bob"].post("/sign-out").status_code == 303
    assert readers["bob"].ended.wait(PATIENCE) and everywhere.ended.wait(PATIENCE)
    assert people["bob"].http.get(f"{small.base}/p/a/events", timeout=PATIENCE).status_code == 200
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
