"""Run one request through a WSGI app in threads, a chunk of the response at a time."""

from __future__ import annotations

import contextvars
import re
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import ExitStack, suppress
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from flask import Flask

CHUNK = 256 * 1024  # bytes of a response that stay in memory
_ORIGIN = re.compile(rb"[a-zA-Z][a-zA-Z0-9+.-]*://[^/]*")
_WSGI = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.input_terminated": True,
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}


class Call:
    """A request to a WSGI app. `take` runs the app until `chunk` is full, while there is `more`.

    One thread at a time may call `take` or `close`, and each time it may be another one.
    """

    def __init__(self, app: Flask, environ: dict[str, Any], body: IO[bytes]) -> None:
        self.app, self.environ, self.body = app, environ, body
        self.status, self.headers = 500, list[tuple[bytes, bytes]]()
        self.chunk: IO[bytes] = BytesIO()
        self.more, self.closed = True, False
        self._context = contextvars.copy_context()  # what the app keeps there, any thread finds
        self._response: Any = None
        self._parts: Iterator[bytes] = iter(())
        self._is_stream = True

    def take(self) -> None:
        """Fill `chunk`: with all of a response of known length, or 256 KB of a stream."""
        self._context.run(self._take)

    def close(self) -> None:
        """Close the response and the body."""
        self._context.run(self._close)

    def _take(self) -> None:
        if self._response is None:
            self._response = self.app(self.environ, self._start)
            self._parts = iter(self._response)
        taken, size = [], 0
        for part in self._parts:
            taken.append(part)
            size += len(part)
            if self._is_stream and size >= CHUNK:
                break
        else:
            self.more = False
            self._close()
        self.chunk = spooled(b"".join(taken))

    def _close(self) -> None:
        if not self.closed:
            self.closed = True
            response, self._response, self._parts = self._response, None, iter(())
            try:
                if hasattr(response, "close"):
                    response.close()
            finally:
                self.body.close()

    def _start(self, status: str, headers: list[tuple[str, str]], _info: Any = None) -> Any:
        self.status = int(status.split(" ", 1)[0])
        self.headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers
        ]
        self._is_stream = all(name != b"content-length" for name, _ in self.headers)
        return _refuse_write


def spooled(data: bytes) -> IO[bytes]:
    """Return a file of `data`: on disk if it is large and there is room, else in memory."""
    if len(data) > CHUNK:
        # Reads must work while the disk is full or read-only.
        with suppress(OSError), ExitStack() as undo:
            file = undo.enter_context(TemporaryFile())
            file.write(data)
            file.seek(0)
            undo.pop_all()
            return file
    return BytesIO(data)


def environ_of(scope: MutableMapping[str, Any], body: IO[bytes] | None) -> dict[str, Any]:
    """Return the WSGI environment of an ASGI request (PEP 3333)."""
    raw: bytes = scope["raw_path"] or scope["path"].encode()
    if not raw.startswith((b"/", b"*")):  # A request to a proxy names the whole URL.
        raw = _ORIGIN.sub(b"", raw) or b"/"
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
        if b"_" in name:  # WSGI could not tell it from the name with "-" that only a proxy may set.
            continue
        key, text = _key(name), value.decode("latin-1")
        if key in environ:  # a header that was sent twice
            text = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{text}"
        environ[key] = text
    return environ


def _key(name: bytes) -> str:
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


def _refuse_write(_data: bytes) -> None:
    raise NotImplementedError("write() is not supported: return the body instead")
