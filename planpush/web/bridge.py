"""The bridge: the Flask app behind an event loop. Requests run in a few threads, streams in none.

A body is read before a thread is taken and an answer is sent after it is given back, so that slow
clients cost no thread. What an open stream costs is a coroutine: see `hub`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from tempfile import SpooledTemporaryFile
from typing import Any

from flask import Flask

from planpush.web.call import Call, environ_of
from planpush.web.follower import Follower
from planpush.web.hub import FOLLOW, HUB, Hub
from planpush.web.leaving import is_leaving
from planpush.web.strangers import is_known

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Body = SpooledTemporaryFile[bytes]

_SMALL = 64 * 1024  # bytes of a body that memory holds
_LARGE_AT_ONCE = 32  # bodies over that which may be on their way, or on disk, at one time
_PATIENCE = 300.0  # seconds for a body to arrive
_LAST = (b"connection", b"close")  # of a server that leaves: the next request goes elsewhere
_READY = "/readyz"
_LATE = b"The request took too long to arrive.\n"
_AWAY = b"This server is about to stop.\n"


class Bridge:
    """An ASGI app that serves a WSGI one with `threads` threads, and the streams of its hub."""

    def __init__(self, app: Flask, threads: int) -> None:
        self.app, self.hub = app, Hub(app)
        self.most: int = app.config["MAX_CONTENT_LENGTH"]
        self.pool = ThreadPoolExecutor(threads, "web")
        self.large = asyncio.Semaphore(_LARGE_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or follow the life of the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and scope["path"] == _READY and is_leaving(self.app):
            await _refuse(send, 503, _AWAY)  # at once: those that wait for a thread are many
        elif scope["type"] == "http":
            follow = await self._answer(scope, receive, send)
            if follow is not None:
                scope.clear()  # nothing of the request is needed while the stream is open
                await self.hub.follow(follow, send)
                await send(_part(b"", more=False))
        else:  # a WebSocket: there are none here
            await send({"type": "websocket.close"})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self.hub.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.hub.stop()
        self.pool.shutdown(wait=False)
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> Follower | None:
        """Answer, all of it, unless the app asked for a stream: return that."""
        body: Body = SpooledTemporaryFile(_SMALL)  # noqa: SIM115 - the call closes it
        environ = environ_of(scope, body)
        try:
            async with asyncio.timeout(_PATIENCE):
                whole = await self._read(environ, body, receive)
        except TimeoutError:
            await _refuse(send, 408, _LATE)
            return None
        finally:
            body.seek(0)
        if not whole:
            return None
        environ[HUB] = self.hub
        await self._run(Call(self.app, environ, body), send)
        follow: Follower | None = environ.get(FOLLOW)
        return follow

    async def _read(self, environ: dict[str, Any], body: Body, receive: Receive) -> bool:
        """Fill `body`; False: the client went away. Of one that is too large the app needs none."""
        if int(environ.get("CONTENT_LENGTH") or 0) > self.most:
            return True
        size, held = 0, False
        try:
            while True:
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

    async def _run(self, call: Call, send: Send) -> None:
        """Run the app in a thread, and send what it answers; a stream goes on after that."""
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self.pool, call.begin)
            if is_leaving(self.app):
                call.headers.append(_LAST)
            await send(
                {"type": "http.response.start", "status": call.status, "headers": call.headers}
            )
            if call.status != 200:
                call.environ.pop(FOLLOW, None)
            goes_on = FOLLOW in call.environ
            await send(_part(call.chunk, more=call.more or goes_on))
            while call.more:
                await loop.run_in_executor(self.pool, call.go_on)
                await send(_part(call.chunk, more=call.more or goes_on))
        finally:
            # Of a client that left the app may still be busy: the thread closes after it is done.
            with suppress(RuntimeError):  # the pool has shut down: nothing is left open then
                self.pool.submit(call.close)


def _part(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def _refuse(send: Send, status: int, text: bytes) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(text)), _LAST]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send(_part(text, more=False))
