"""Runs the Flask app behind an event loop: requests in threads, streams in none.

What a reader is late for waits on disk. One who stops reading, or takes ages, is cut off.

A body is read before a thread is taken and an answer is sent after it is given back, so that slow
clients cost no thread. What an open stream costs is a coroutine: see `hub`.
"""

from __future__ import annotations

import asyncio
import contextvars
import re
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from tempfile import SpooledTemporaryFile, TemporaryFile
from threading import Lock
from time import perf_counter
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from flask import Flask

from planpush.database.outages import FULL, SENTENCES, outage
from planpush.database.session import db
from planpush.live.hub import FOLLOW, HUB, Follower, Hub
from planpush.web.access_log import BEGUN
from planpush.web.body_limits import is_known
from planpush.web.draining import is_leaving
from planpush.web.metrics import Metrics

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
    for name, value in filter(_is_itself, scope["headers"]):
        key, said = _key(name), value.decode("latin-1")
        if key in environ:  # one that comes twice
            said = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{said}"
        environ[key] = said
    return environ


def _header(name: str, value: str) -> tuple[bytes, bytes]:
    return name.lower().encode("latin-1"), value.encode("latin-1")


_same = lru_cache(256)(_header)  # most answers say the same, and an open stream keeps what it said


def _is_itself(header: tuple[bytes, bytes]) -> bool:
    """Tell whether WSGI takes a header for no other: "_" for "-", which only a proxy may set."""
    return b"_" not in header[0]


def _key(name: bytes) -> str:
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

SLICE = 64 * 1024  # bytes
_SLICE_SECONDS = 0.5  # seconds for a slice; a reader who needs longer gets the rest from disk
_WHOLE = 1.0  # seconds for a part; on a busy machine each slice is in time, and all wait in memory
_STALLED = 30.0  # seconds in which a slice has to leave
_LONGEST = 600.0  # seconds in which all of a part has to


class _Rest:
    """What of a part is still to be sent: in memory at first."""

    def __init__(self, part: bytes) -> None:
        self.memory, self.at, self.size = part, 0, len(part)
        self.file: IO[bytes] | None = None

    def take(self) -> bytes:
        """Return the next slice."""
        if self.file is not None:
            found = self.file.read(SLICE)
        else:
            found = self.memory[self.at : self.at + SLICE]
        self.at += len(found)
        return found

    @property
    def left(self) -> bool:
        """Tell whether there is any."""
        return self.at < self.size

    def to_disk(self, release: Callable[[], object]) -> None:
        """Free the memory, all that holds it."""
        self.file = TemporaryFile()  # noqa: SIM115 - close does
        self.file.write(memoryview(self.memory)[self.at :])
        self.file.seek(0)
        self.memory = b""
        release()

    def close(self) -> None:
        """Give the disk back."""
        if self.file is not None:
            self.file.close()


async def send_slowly(
    part: bytes, send: Send, *, more: bool, pool: Executor, release: Callable[[], object]
) -> None:
    """Send a part of an answer that is larger than a slice.

    `release` is called, in the pool, once memory need not hold it any more. Raises
    `CancelledError` for a reader who is cut off: to gunicorn that is a client who left, and it
    closes the connection.
    """
    loop, rest = asyncio.get_running_loop(), _Rest(part)
    del part
    began = loop.time()
    try:
        while rest.left:
            in_time = await _leave(rest, send, more=more, pool=pool, release=release)
            took = loop.time() - began
            if not in_time or took > _LONGEST:
                raise asyncio.CancelledError
            if took >= _WHOLE:
                await _put_off(rest, pool, release)
    finally:
        rest.close()


async def _leave(
    rest: _Rest, send: Send, *, more: bool, pool: Executor, release: Callable[[], object]
) -> bool:
    """Send the next slice; False: its reader does not take it."""
    loop, on_disk = asyncio.get_running_loop(), rest.file is not None
    taken = await loop.run_in_executor(pool, rest.take) if on_disk else rest.take()
    sent = asyncio.ensure_future(send(message(taken, more=more or rest.left)))
    try:
        if not await _done(sent, _SLICE_SECONDS):
            await _put_off(rest, pool, release)
        if not await _done(sent, _STALLED):
            return False
        sent.result()
        return True
    finally:
        sent.cancel()


async def _put_off(rest: _Rest, pool: Executor, release: Callable[[], object]) -> None:
    """Let the rest wait on disk, unless it does."""
    if rest.left and rest.file is None:
        await asyncio.get_running_loop().run_in_executor(pool, rest.to_disk, release)


async def send_soon(part: bytes, send: Send, *, more: bool) -> None:
    """Send a part that is no larger than a slice; raises like `send_slowly`."""
    try:
        async with asyncio.timeout(_STALLED):
            await send(message(part, more=more))
    except TimeoutError:
        raise asyncio.CancelledError from None


def message(body: bytes, *, more: bool) -> dict[str, Any]:
    """Return a part of an answer in ASGI's form."""
    return {"type": "http.response.body", "body": body, "more_body": more}


async def _done(sent: asyncio.Future[None], seconds: float) -> bool:
    """Tell whether something was sent within so many seconds."""
    done, _ = await asyncio.wait({sent}, timeout=max(0.0, seconds))
    return bool(done)


Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Body = SpooledTemporaryFile[bytes]

_SMALL = 64 * 1024  # bytes of a body that memory holds
_LARGE_AT_ONCE = 32  # bodies over that which may be on their way, or on disk, at one time
_PATIENCE = 300.0  # seconds for a body to arrive
_LAST = (b"connection", b"close")  # of a server that leaves: the next request goes elsewhere
_SILENT = 30.0  # seconds in which something more of it has to
_WAITED = 30.0  # seconds in a queue that does not move; who comes then is not let wait
_LATE = "The request took too long to arrive."
_BUSY = "The server is busy. Try again in a moment."
_HEALTH = frozenset({"/healthz", "/readyz"})  # answered while all other threads hang


class Bridge:
    """An ASGI app that serves a WSGI one with `threads` threads, and the streams of its hub."""

    def __init__(self, app: Flask, threads: int) -> None:
        self.app, self.hub = app, Hub(app)
        self.most: int = app.config["MAX_CONTENT_LENGTH"]
        self.pool, self.aside = ThreadPoolExecutor(threads, "web"), ThreadPoolExecutor(2, "health")
        self.disk = ThreadPoolExecutor(2, "disk")  # what frees memory must not wait for requests
        self.queue = dict[Call, float]()  # who waits for a thread, and since when
        app.extensions["planpush_bridge"] = self
        self.large = asyncio.Semaphore(_LARGE_AT_ONCE)
        self.metrics: Metrics = app.extensions["planpush_metrics"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or follow the life of the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            follow = await self._answer(scope, receive, send)
            if follow is not None:
                scope.clear()  # nothing of the request is needed while the stream is open
                await self.hub.follow(follow, send)
                await send(message(b"", more=False))
        else:  # a WebSocket: there are none here
            await send({"type": "websocket.close"})

    def waiting(self) -> float:
        """Return the seconds that somebody has waited for a thread."""
        return time.monotonic() - min(list(self.queue.values()), default=float("inf"))

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        # First: it listens to the engine, which no thread of the hub may use meanwhile.
        self.metrics.start(
            "web",
            planpush_live_streams_open=self.hub.streams,
            planpush_requests_waiting=self.pool._work_queue.qsize,
        )
        self.hub.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.hub.stop()
        self.metrics.stop()
        await send({"type": "lifespan.shutdown.complete"})

    def finish(self) -> None:
        """Wait for what runs, also for clients that left; then let the database go.

        A thread that hangs in a question about health holds nothing up.
        """
        self.aside.shutdown(wait=False, cancel_futures=True)
        for pool in (self.pool, self.disk):
            pool.shutdown()
        self.hub.join()
        with self.app.app_context():
            db.engine.dispose()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> Follower | None:
        """Answer, all of it, unless the app asked for a stream: return that."""
        pool = self.aside if scope["path"] in _HEALTH else self.pool
        if self.queue and pool is self.pool and self.waiting() > _WAITED:
            await _say(send, 503, _BUSY)
            return None
        body: Body = SpooledTemporaryFile(_SMALL)  # noqa: SIM115 - the call closes it
        environ = environ_of(scope, body)
        try:
            async with asyncio.timeout(_PATIENCE):
                whole = await self._read(environ, body, receive)
            body.seek(0)
        except TimeoutError:
            await _say(send, 408, _LATE)
            return None
        except OSError as error:
            await _say(send, 503, SENTENCES[outage(error) or FULL])
            return None
        if not whole:
            return None
        environ[HUB] = self.hub
        await self._run(Call(self.app, environ, body), send, pool)
        follow: Follower | None = environ.get(FOLLOW)
        return follow

    async def _read(self, environ: dict[str, Any], body: Body, receive: Receive) -> bool:
        """Fill `body`; False: the client went away. Of one that is too large the app needs none."""
        if int(environ.get("CONTENT_LENGTH") or 0) > self.most:
            return True
        size, held = 0, False
        try:
            while True:
                async with asyncio.timeout(_SILENT):
                    message = await receive()
                if message["type"] == "http.disconnect":
                    return False
                size += body.write(message.get("body", b""))
                if size > _SMALL and not held:
                    held = await self._admit_large(environ)
                    if not held:
                        return True
                if not message.get("more_body") or size > self.most:
                    if size or "HTTP_TRANSFER_ENCODING" in environ:
                        environ["CONTENT_LENGTH"] = str(size)
                    return True
        finally:
            if held:
                self.large.release()

    async def _admit_large(self, environ: dict[str, Any]) -> bool:
        """Wait for a place for a large body; False: a stranger's counts as too large."""
        loop = asyncio.get_running_loop()
        if await loop.run_in_executor(self.pool, is_known, self.app, environ):
            return await self.large.acquire()
        environ["CONTENT_LENGTH"] = str(self.most + 1)
        return False

    async def _run(self, call: Call, send: Send, pool: ThreadPoolExecutor) -> None:
        """Run the app in a thread, and send what it answers; a stream goes on after that."""
        loop = asyncio.get_running_loop()
        call.environ[BEGUN] = perf_counter()
        self.queue[call] = time.monotonic()
        try:
            await loop.run_in_executor(pool, self._begin, call)
            if is_leaving(self.app):
                call.headers.append(_LAST)
            await send(
                {"type": "http.response.start", "status": call.status, "headers": call.headers}
            )
            if call.status != 200:
                call.environ.pop(FOLLOW, None)
            goes_on = FOLLOW in call.environ
            await self._send(call, send, goes_on)
            while call.more:
                await loop.run_in_executor(pool, call.go_on)
                await self._send(call, send, goes_on)
        finally:
            self.queue.pop(call, None)
            self._close(call)

    def _begin(self, call: Call) -> None:
        self.queue.pop(call, None)
        call.begin()

    async def _send(self, call: Call, send: Send, goes_on: bool) -> None:
        """Send the chunk that a call has taken."""
        part, call.chunk = call.chunk, b""
        more = call.more or goes_on
        if len(part) <= SLICE:
            await send_soon(part, send, more=more)
            return

        def release() -> None:
            if not call.more:  # the app holds all of it, too
                call.close()

        held = [part]
        del part
        await send_slowly(held.pop(), send, more=more, pool=self.disk, release=release)

    def _close(self, call: Call) -> None:
        # Of a client that left the app may still be busy: the thread closes after it is done.
        with suppress(RuntimeError):  # the pool has shut down: nothing is left open then
            self.pool.submit(call.close)


async def _say(send: Send, status: int, words: str) -> None:
    body = f"{words}\n".encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
    headers += [(b"retry-after", b"5")] if status == 503 else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send(message(body, more=False))
