"""One call of a WSGI app, made from an ASGI request, step by step in whichever thread is free."""

from __future__ import annotations

import contextvars
import re
import sys
from collections.abc import Iterable, Iterator, MutableMapping
from functools import lru_cache
from tempfile import SpooledTemporaryFile
from threading import Lock
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Flask

_WSGI = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.input_terminated": True,
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}
_ADDRESS = re.compile(rb"[a-zA-Z][a-zA-Z0-9+.-]*://[^/]*")
_VARIES = ("Set-Cookie", "X-Request-ID", "Content-Security-Policy")  # each is another
_CHUNK = 256 * 1024  # bytes of a streamed answer that are sent at a time


class Call:
    """A call: `begin` runs the app, `go_on` takes the next chunk while there is `more`."""

    def __init__(
        self, app: Flask, environ: dict[str, Any], body: SpooledTemporaryFile[bytes]
    ) -> None:
        self.app, self.environ, self.body = app, environ, body
        self.status, self.headers = 500, list[tuple[bytes, bytes]]()
        self.chunk, self.more = b"", True
        self._context = contextvars.copy_context()  # what the app keeps there, any thread finds
        self._lock, self._over = Lock(), False
        self._answer: Iterable[bytes] = ()
        self._parts: Iterator[bytes] = iter(())
        self._ahead: bytes | None = None  # the part after the chunk: whether there is more

    def begin(self) -> None:
        """Run the app up to its first chunk."""
        try:
            with self._lock:
                self._answer = self._context.run(self.app, self.environ, self._start)
                self._parts = iter(self._answer)
                self._ahead = self._next()
                self._take()
        finally:
            self._leave()

    def go_on(self) -> None:
        """Take the next chunk."""
        try:
            with self._lock:
                self._take()
        finally:
            self._leave()

    def close(self) -> None:
        """Let the app and the body go; a thread that is busy with them does so when it is done."""
        self._over = True
        self._leave()

    def _leave(self) -> None:
        if self._over and self._lock.acquire(blocking=False):  # no second thread waits for one
            answer, self._answer = self._answer, ()
            self._parts, self._ahead = iter(()), None
            try:
                if hasattr(answer, "close"):
                    self._context.run(answer.close)
            finally:
                self.body.close()
                self._lock.release()

    def _start(self, status: str, headers: list[tuple[str, str]], _info: Any = None) -> Any:
        self.status = int(status.split(" ", 1)[0])
        self.headers = [
            (_header if name in _VARIES else _same)(name, value) for name, value in headers
        ]
        return self._refuse

    @staticmethod
    def _refuse(_data: bytes) -> None:
        raise NotImplementedError("write() is not offered: return the body")

    def _take(self) -> None:
        taken, size = [], 0
        while self._ahead is not None and size < _CHUNK:
            taken.append(self._ahead)
            size += len(self._ahead)
            self._ahead = self._next()
        self.chunk, self.more = b"".join(taken), self._ahead is not None

    def _next(self) -> bytes | None:
        return self._context.run(next, self._parts, None)


def environ_of(scope: MutableMapping[str, Any], body: Any) -> dict[str, Any]:
    """Return the WSGI environment of an ASGI request (PEP 3333)."""
    raw: bytes = scope["raw_path"] or scope["path"].encode()
    if not raw.startswith((b"/", b"*")):  # a proxy's form of the request: the whole address
        raw = _ADDRESS.sub(b"", raw) or b"/"
    client, server = scope.get("client") or ("", 0), scope.get("server") or ("", 0)
    environ = {
        **_WSGI,
        "REQUEST_METHOD": scope["method"],
        "PATH_INFO": unquote_to_bytes(raw).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1] or ""),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": str(client[0]),
        "REMOTE_PORT": str(client[1]),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
    }
    for name, value in scope["headers"]:
        if b"_" in name:  # WSGI would take it for one with "-", which only a proxy may set
            continue
        key, said = _key(name), value.decode("latin-1")
        if key in environ:  # one that comes twice
            said = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{said}"
        environ[key] = said
    return environ


def _header(name: str, value: str) -> tuple[bytes, bytes]:
    return name.lower().encode("latin-1"), value.encode("latin-1")


_same = lru_cache(256)(_header)  # most answers say the same, and an open stream keeps what it said


def _key(name: bytes) -> str:
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
