"""HTTP requests to addresses that people typed, which cannot reach internal networks.

A name is resolved once, what it means is checked, and exactly that is called: a name server that
answers otherwise a moment later has no say. No proxy, no .netrc, no redirect.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from typing import TypeVar

from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from planpush.channels.deadline import within
from planpush.networks import Address, Network, is_open

TIMEOUT = 15.0  # seconds for all of it: names, handshakes, the answer
_CONNECT = 5.0  # for one address of several
_SPARE = 0.3  # of it that is left when reading ends: a status that came is an answer
_LARGEST = 64 * 1024  # bytes of an answer that are read
_PORTS = {"http": 80, "https": 443}
Resolve = Callable[[str, int], Sequence[str]]
T = TypeVar("T")


class Refused(Exception):
    """The address must not be called: the message says why, for whoever typed it."""


class Unreachable(Exception):
    """There is no answer, and why. `sent`: what was posted may have arrived all the same."""

    def __init__(self, message: str, *, sent: bool = False) -> None:
        super().__init__(message)
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the headers, and the beginning of the body as text."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass(frozen=True, slots=True)
class Target:
    """An address in its parts; `path` holds the query, too."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def shown(self) -> str:
        """Return scheme and host: all that may be shown, for the rest often holds a token."""
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """Return host and port as the Host header names them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def target_of(url: str) -> Target:
    """Return the parts of a URL. Raises `Refused`."""
    if not url.isprintable() or any(mark.isspace() or mark == "\\" for mark in url):
        raise Refused("Give one address, without spaces.")
    try:
        parts: Url = parse_url(url)
    except LocationParseError:
        raise Refused("Give an address like https://hooks.example.com/planpush.") from None
    if parts.scheme not in _PORTS or not parts.host:
        raise Refused("Give an address that begins with https:// or http://.")
    if parts.auth is not None:
        raise Refused("Leave name and password out of the address: the signature proves who posts.")
    port = parts.port or _PORTS[parts.scheme]
    return Target(parts.scheme, parts.host.strip("[]").rstrip("."), port, parts.request_uri)


def resolved(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host, as the system knows them. Raises `OSError`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def places(target: Target, networks: Sequence[Network], resolve: Resolve) -> list[Address]:
    """Return where a target is, of what may be called. Raises `Refused`, `Unreachable`."""
    try:
        found = [ip_address(one) for one in resolve(target.host, target.port)]
    except (OSError, UnicodeError, ValueError):
        raise Unreachable(f"No address is known for {target.host}.") from None
    allowed = [one for one in found if is_open(one, networks)]
    if not allowed:
        where = str(found[0]) if found else "no address"
        raise Refused(
            f"{target.host} {'' if where == target.host else f'is at {where}, which '}is inside a "
            "private network, or reserved. The operator may allow it by WEBHOOK_NETWORKS."
        )
    return allowed


def check(url: str, networks: Sequence[Network], *, resolve: Resolve = resolved) -> Target:
    """Return the parts of a URL that may be called now. Raises `Refused`, `Unreachable`."""
    target = target_of(url)
    _within(_CONNECT, lambda: places(target, networks, resolve), lambda: False)
    return target


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    networks: Sequence[Network],
    *,
    resolve: Resolve = resolved,
    seconds: float = TIMEOUT,
    largest: int = _LARGEST,
) -> Answer:
    """Post to a URL and return what it answers. Raises `Refused`, `Unreachable`."""
    call = _Call(target_of(url), body, headers, time.monotonic() + seconds, largest)
    return _within(seconds, lambda: call.run(networks, resolve), call.give_up)


class _Call:
    """One exchange, in a thread that somebody else ends when it takes too long."""

    def __init__(
        self, target: Target, body: bytes, headers: Mapping[str, str], ends: float, largest: int
    ) -> None:
        self.target, self.body, self.headers, self.ends = target, body, headers, ends
        self.largest = largest
        self.socket: socket.socket | None = None
        self.sent = self.over = False

    def give_up(self) -> bool:
        """Cut the line; return whether anything may have arrived."""
        self.over = True
        if self.socket is not None:
            with suppress(OSError):  # not a TLS socket's own method: a thread waits in it
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)
        return self.sent

    def run(self, networks: Sequence[Network], resolve: Resolve) -> Answer:
        """Try every address until one takes the line; then it is that one's."""
        for place in places(self.target, networks, resolve):
            try:
                self.socket = self._line(place)
            except ssl.SSLCertVerificationError as error:
                trouble = f"Its certificate is not valid: {error.verify_message}."
            except OSError as error:
                trouble = f"It cannot be reached ({_named(error)})."
            else:
                return self._exchange(self.socket)
            if self.over:
                break
        raise Unreachable(trouble)

    def _line(self, place: Address) -> socket.socket:
        left = max(0.1, min(_CONNECT, self.ends - time.monotonic()))
        line = socket.create_connection((str(place), self.target.port), left)
        if self.target.scheme == "http":
            return line
        try:
            return _trust().wrap_socket(line, server_hostname=self.target.host)
        except BaseException:
            line.close()
            raise

    def _exchange(self, line: socket.socket) -> Answer:
        line.settimeout(max(0.1, self.ends - time.monotonic()))
        connection = http.client.HTTPConnection(self.target.host, self.target.port)
        connection.sock = line
        try:
            self.sent = True
            if self.over:  # given up before the line stood: it was said that nothing was sent
                raise Unreachable("It took too long.")
            told = {"Host": self.target.authority, "Connection": "close"} | dict(self.headers)
            connection.request("POST", self.target.path, self.body, told)
            with connection.getresponse() as response:
                headers = {name.lower(): value for name, value in response.getheaders()}
                text = self._read(response, line).decode(errors="replace")
                return Answer(response.status, headers, text)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unreachable(f"It broke off ({_named(error)}).", sent=True) from None
        finally:
            connection.close()

    def _read(self, response: http.client.HTTPResponse, line: socket.socket) -> bytes:
        """Return the beginning of the body; that one breaks off, or trickles, is no matter."""
        read, ends = b"", self.ends - _SPARE
        with suppress(OSError, http.client.HTTPException, ValueError):
            while len(read) < self.largest and (left := ends - time.monotonic()) > 0:
                line.settimeout(left)
                if not (chunk := response.read1(self.largest - len(read))):
                    break
                read += chunk
        return read


def _within(seconds: float, call: Callable[[], T], give_up: Callable[[], bool]) -> T:
    """Return what `call` returns. Raises what it raises, and `Unreachable` after `seconds`."""
    try:
        return within(seconds, call)
    except TimeoutError:
        raise Unreachable(f"It took longer than {seconds:g} seconds.", sent=give_up()) from None


def _named(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it takes too long"
    told = {"ConnectionRefusedError": "nothing listens there"}
    return told.get(type(error).__name__, type(error).__name__)


@cache
def _trust() -> ssl.SSLContext:
    """Return whom to believe: what the system trusts (SSL_CERT_FILE), and Mozilla's list."""
    context = ssl.create_default_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    return context
