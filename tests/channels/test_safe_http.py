"""What an admin may let this server post to: the world, and nothing inside of it."""

import re
import socket
import threading
from contextlib import contextmanager, suppress
from ipaddress import ip_network

import pytest

from planpush.channels import safe_http
from planpush.channels.safe_http import Refused, Unreachable, check, post, resolved, target_of
from tests.peers.authority import certified

LOOPBACK = (ip_network("127.0.0.0/8"),)
INSIDE = [
    *("0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254"),
    *("168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192"),
    *("192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.7", "203.0.113.9"),
    *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:7f00:1"),
    *("64:ff9b::7f00:1", "64:ff9b:1::a00:1", "100::1", "2001::1", "2001:10::1", "2001:20::1"),
    *("2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "2002:7f00:1::", "3fff::1"),
    *("4000::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%lo", "fec0::1"),
    "ff02::1",
]
WORLD = ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001::5"]


def at(*addresses):
    """A name server that knows these for every name."""
    return lambda _host, _port: list(addresses)


def _request(line):
    """Read a request to its end: who closes with some of it unread cuts off his own answer."""
    read = b""
    while not read.endswith(b"\r\n\r\n{}") and (more := line.recv(65536)):
        read += more
    return read


@contextmanager
def peer(answer, *, drip=0.0, at_once=b"", tls=None):
    """Serve one connection: take a request, send `at_once`, then `answer`, in bytes if it drips."""
    taken, over = [], threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            line, _ = listening.accept()
            if tls:
                line = tls.wrap_socket(line, server_side=True, do_handshake_on_connect=False)
            with line, suppress(OSError):
                if tls:
                    line.do_handshake()
                taken.append(_request(line))
                for piece in [at_once, *(re.findall(b"(?s).", answer) if drip else [answer])]:
                    line.sendall(piece)
                    if over.wait(drip):
                        break

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        host = f"hooks.example:{listening.getsockname()[1]}"
        yield f"{'https' if tls else 'http'}://{host}/in?token=hush", taken
        over.set()
        thread.join()


HERE = at("127.0.0.1")


def send(url, *, resolve=HERE, networks=LOOPBACK, seconds=10.0):
    return post(url, b"{}", {"X-Told": "1"}, networks, resolve=resolve, seconds=seconds)


def test_the_world_may_be_called_and_nothing_inside():
    for address in WORLD:
        found = check("http://hooks.example/", (), resolve=at(address))
        assert found.shown == "http://hooks.example"
    for address in INSIDE:
        with pytest.raises(Refused, match="inside a private network"):
            check("http://hooks.example/", (), resolve=at(address))
    for host in DISGUISED:
        with pytest.raises((Refused, Unreachable)):
            check(f"http://{host}/", (), resolve=resolved)


DISGUISED = [
    "0177.0.0.1", "2130706433", "0x7f.0.0.1", "0x7f000001", "127.1", "localhost", "[::1]"
]  # fmt: skip
NO_ADDRESS = [
    ("ftp://hooks.example/", "https://"),
    ("file:///etc/passwd", "https://"),
    ("gopher://hooks.example", "https://"),
    ("hooks.example/in", "https://"),
    ("http://", "https://"),
    ("https://ada:hush@hooks.example/", "name and password"),
    ("https://ada@hooks.example/", "name and password"),
    ("https://hooks.example/a b", "without spaces"),
    ("https://hooks.example/\r\nX: 1", "without spaces"),
    ("http://127.0.0.1\\@hooks.example/", "without spaces"),
    ("http://hooks.example:99999/", "Give an address"),
    ("http://[::1/", "Give an address"),
]


def test_what_is_no_address_is_refused_with_a_sentence():
    for url, said in NO_ADDRESS:
        with pytest.raises(Refused, match=said):
            target_of(url)


def test_the_operator_allows_networks_one_by_one():
    allowed = (ip_network("10.1.0.0/16"), ip_network("fd00::/8"))
    for address in ("10.1.2.3", "fd00::5"):
        check("http://hooks.example/", allowed, resolve=at(address))
    for address in ("10.2.0.1", "127.0.0.1", "::ffff:10.1.2.3"):
        with pytest.raises(Refused):
            check("http://hooks.example/", allowed, resolve=at(address))


def test_what_was_checked_is_called_and_no_name_is_asked_for_twice():
    answers = [["127.0.0.1"], ["127.0.0.2"]]
    with peer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") as (url, taken):
        answer = send(url, resolve=lambda *_: answers.pop(0))
    assert (answer.status, answer.text, len(answers)) == (200, "ok", 1)
    head = taken[0].decode()
    assert head.startswith("POST /in?token=hush HTTP/1.1\r\n")
    assert f"\r\nHost: {url.split('/')[2]}\r\n" in head and "\r\nX-Told: 1\r\n" in head


@pytest.fixture
def trusted(tmp_path, monkeypatch):
    """A server's context for a name, with a certificate that SSL_CERT_FILE makes trusted."""

    def make(name):
        context, signer = certified(tmp_path, name)
        monkeypatch.setenv("SSL_CERT_FILE", str(signer))
        return context

    safe_http._trust.cache_clear()
    yield make
    safe_http._trust.cache_clear()


def test_the_certificate_is_the_names_not_the_addresss(trusted):
    tls, named = trusted("hooks.example"), []
    tls.sni_callback = lambda _line, name, _context: named.append(name)
    with peer(b"HTTP/1.1 200 OK\r\n\r\n", tls=tls) as (url, _):
        assert send(url).status == 200
    assert named == ["hooks.example"]


def test_another_names_certificate_is_refused(trusted):
    with (
        peer(b"", tls=trusted("evil.example")) as (url, taken),
        pytest.raises(Unreachable, match="certificate is not valid") as trouble,
    ):
        send(url)
    assert not trouble.value.sent and taken == []


def test_nobodys_certificate_is_refused(tmp_path):
    context, _ = certified(tmp_path, "hooks.example")
    with peer(b"", tls=context) as (url, taken), pytest.raises(Unreachable, match="certificate"):
        send(url)
    assert taken == []


def test_of_several_addresses_only_the_allowed_are_tried():
    with peer(b"HTTP/1.1 204 No\r\n\r\n") as (url, _):
        found = at("10.0.0.1", "127.0.0.9", "127.0.0.1")  # refused, nobody there, there
        assert send(url, resolve=found).status == 204


def test_what_was_given_up_before_the_line_stood_is_never_posted():
    go = threading.Event()

    def slow(_host, _port):
        go.wait(10)
        return ["127.0.0.1"]

    with peer(b"HTTP/1.1 200 OK\r\n\r\n") as (url, taken):
        with pytest.raises(Unreachable) as trouble:
            send(url, resolve=slow, seconds=0.05)
        go.set()
    assert not trouble.value.sent and taken == [b""]


def test_no_proxy_and_no_netrc_of_the_environment_has_a_say(monkeypatch, tmp_path):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    netrc = tmp_path / "netrc"
    netrc.write_text("default login ada password hush")
    monkeypatch.setenv("NETRC", str(netrc))
    with peer(b"HTTP/1.1 200 OK\r\n\r\n") as (url, taken):
        assert send(url).status == 200
    assert b"Authorization" not in taken[0] and b"Proxy" not in taken[0]


def test_no_redirect_is_followed_and_no_more_than_64_kb_are_read():
    with peer(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n\r\n") as (url, _):
        assert send(url).status == 302
    with peer(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 200_000) as (url, _):
        assert len(send(url).text) <= 64 * 1024


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 90])
def test_who_answers_too_slowly_is_given_up_and_may_have_got_it(answer):
    with peer(answer + b" " * 9000, drip=0.05) as (url, _), pytest.raises(Unreachable) as trouble:
        send(url, seconds=1.5)
    assert trouble.value.sent


@pytest.mark.parametrize(
    "answer", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200]
)
def test_what_is_no_answer_may_have_arrived(answer):
    with peer(answer) as (url, _), pytest.raises(Unreachable, match="broke off") as trouble:
        send(url)
    assert trouble.value.sent


def test_what_nobody_takes_did_not_arrive():
    with socket.create_server(("127.0.0.1", 0)) as there:
        port = there.getsockname()[1]
    with pytest.raises(Unreachable, match="cannot be reached") as trouble:
        send(f"http://hooks.example:{port}/")
    assert not trouble.value.sent


def test_a_name_server_that_says_nothing_is_given_up():
    silence = threading.Event()
    with pytest.raises(Unreachable, match="longer than") as trouble:
        send("http://hooks.example/", resolve=lambda *_: silence.wait(20) or [], seconds=0.2)
    silence.set()
    assert not trouble.value.sent
