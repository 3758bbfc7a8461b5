"""The bridge: the Flask app behind an event loop. Requests run in a few threads, streams in none.

A body is read before a thread is taken and an answer is sent after it is given back, so that slow
clients cost no thread. What an open stream costs is a coroutine: see `hub`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from tempfile import SpooledTemporaryFile
from time import perf_counter
from typing import Any

from flask import Flask

from planpush.db import db
from planpush.outage import FULL, SENTENCES, outage
from planpush.web.access import BEGUN
from planpush.web.call import Call, environ_of
from planpush.web.follower import Follower
from planpush.web.hub import FOLLOW, HUB, Hub
from planpush.web.leaving import is_leaving
from planpush.web.metrics import Metrics
from planpush.web.sending import SLICE, Send, message, send_slowly, send_soon
from planpush.web.strangers import is_known

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
