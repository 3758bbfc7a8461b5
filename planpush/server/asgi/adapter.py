"""The ASGI app that gunicorn serves: Flask in threads, event streams in coroutines."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from tempfile import SpooledTemporaryFile
from time import perf_counter
from typing import IO, Any

from flask import Flask

from planpush.database.outages import FULL, SENTENCES, outage
from planpush.database.session import db
from planpush.live.hub import FOLLOW, HUB, Follower, Hub
from planpush.server.asgi.wsgi_call import Call, environ_of
from planpush.web.access_log import BEGUN
from planpush.web.body_limits import is_known
from planpush.web.draining import is_draining
from planpush.web.metrics import Metrics

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_SMALL = 64 * 1024  # bytes of a request body that anybody may send, and that stay in memory
_BODY_SECONDS = 300.0  # for a request body to arrive
_SLICE = 64 * 1024  # bytes of a response that are sent at a time
_STALLED = 30.0  # seconds for a client to take a slice
_FULL = 30.0  # seconds that a request has waited for a thread when new ones are refused
_HEALTH = frozenset({"/healthz", "/readyz"})  # answered while all other threads hang
_CLOSE = (b"connection", b"close")
_LATE = "The request took too long to arrive."
_BUSY = "The server is busy. Try again in a moment."


class Adapter:
    """Serves a Flask app with `threads` threads, and the event streams of its hub."""

    def __init__(self, app: Flask, threads: int) -> None:
        self.app, self.hub = app, Hub(app)
        self.max_body: int = app.config["MAX_CONTENT_LENGTH"]
        self.pool = ThreadPoolExecutor(threads, "web")
        self.health_pool = ThreadPoolExecutor(2, "health")
        self.queue = dict[Call, float]()  # requests without a thread, and since when
        self.metrics: Metrics = app.extensions["planpush_metrics"]
        app.extensions["planpush_asgi"] = self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or start and stop with the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            follower = await self._answer(scope, receive, send)
            if follower is not None:
                scope.clear()  # An open stream should cost no more memory than it needs.
                await self.hub.follow(follower, send)
                await send(_body(b"", more=False))
        else:  # planpush has no WebSockets.
            await send({"type": "websocket.close"})

    def waiting(self) -> float:
        """Return for how many seconds the oldest request has waited for a thread."""
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
        """Wait for running requests, also of clients that left; then close the database.

        A health check that hangs delays nothing.
        """
        self.health_pool.shutdown(wait=False, cancel_futures=True)
        self.pool.shutdown()
        self.hub.join()
        with self.app.app_context():
            db.engine.dispose()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> Follower | None:
        """Send the whole response, or the start of a stream; return the stream's follower."""
        pool = self.health_pool if scope["path"] in _HEALTH else self.pool
        if pool is self.pool and self.waiting() > _FULL:
            await _refuse(send, 503, _BUSY)
            return None
        body = SpooledTemporaryFile[bytes](_SMALL)
        environ = environ_of(scope, body)
        problem = await self._read(environ, body, receive)
        if problem is not None:
            body.close()
            await _refuse(send, *problem)
            return None
        environ[HUB] = self.hub
        await self._run(Call(self.app, environ, body), send, pool)
        follower: Follower | None = environ.get(FOLLOW)
        return follower

    async def _read(
        self, environ: dict[str, Any], body: IO[bytes], receive: Receive
    ) -> tuple[int, str] | None:
        """Read the request body; return a status and a reason if that fails."""
        if int(environ.get("CONTENT_LENGTH") or 0) > self.max_body:
            return None  # The app refuses it unread.
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                is_complete = await self._spool(environ, body, receive)
            body.seek(0)
        except TimeoutError:
            is_complete = False
        except OSError as error:
            return 503, SENTENCES[outage(error) or FULL]
        return None if is_complete else (408, _LATE)

    async def _spool(self, environ: dict[str, Any], body: IO[bytes], receive: Receive) -> bool:
        """Write the request body to `body`; return False if the client stopped sending.

        Stop at what the client may send: the app then refuses it by `CONTENT_LENGTH`. That is
        64 KB for anonymous requests.
        """
        size, limit = 0, _SMALL
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":  # it left, or was silent for 60 s: `timeout`
                return False
            size += body.write(message.get("body", b""))
            if size > limit == _SMALL and await self._is_known(environ):
                limit = self.max_body
            if size > limit:
                environ["CONTENT_LENGTH"] = str(self.max_body + 1)
                return True
            if not message.get("more_body"):
                if size or "HTTP_TRANSFER_ENCODING" in environ:
                    environ["CONTENT_LENGTH"] = str(size)
                return True

    async def _is_known(self, environ: dict[str, Any]) -> bool:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.pool, is_known, self.app, environ)

    async def _run(self, call: Call, send: Send, pool: ThreadPoolExecutor) -> None:
        """Let threads run the app, and send each chunk without holding one."""
        call.environ[BEGUN] = perf_counter()
        self.queue[call] = time.monotonic()
        taking = pool.submit(self._begin, call)
        try:
            await asyncio.wrap_future(taking)
            if is_draining(self.app):
                call.headers.append(_CLOSE)
            await send(
                {"type": "http.response.start", "status": call.status, "headers": call.headers}
            )
            if call.status != 200:
                call.environ.pop(FOLLOW, None)
            is_stream = FOLLOW in call.environ
            await _send(call.chunk, send, more=call.more or is_stream)
            while call.more:
                taking = pool.submit(call.take)
                await asyncio.wrap_future(taking)
                await _send(call.chunk, send, more=call.more or is_stream)
        finally:
            self.queue.pop(call, None)
            # A thread may still be at work for a client that left: close after it is done.
            taking.add_done_callback(lambda _: self._close(call))

    def _begin(self, call: Call) -> None:
        self.queue.pop(call, None)
        call.take()

    def _close(self, call: Call) -> None:
        call.chunk.close()
        if not call.closed:
            try:
                self.pool.submit(call.close)
            except RuntimeError:  # The pool was shut down: the process ends.
                call.close()


async def _send(chunk: IO[bytes], send: Send, *, more: bool) -> None:
    """Send a chunk; cut off a client that takes no slice of it for `_STALLED` seconds.

    gunicorn closes the connection on `CancelledError`, as for a client that left.
    """
    is_last = False
    while not is_last:
        part = chunk.read(_SLICE)
        is_last = len(part) < _SLICE
        try:
            async with asyncio.timeout(_STALLED):
                await send(_body(part, more=more or not is_last))
        except TimeoutError:
            raise asyncio.CancelledError from None
    chunk.close()


def _body(part: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": part, "more_body": more}


async def _refuse(send: Send, status: int, reason: str) -> None:
    body = f"{reason}\n".encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
    headers += [(b"retry-after", b"5")] if status == 503 else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send(_body(body, more=False))
