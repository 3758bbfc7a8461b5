"""Sending: a part of an answer leaves in slices, so that who reads slowly costs little memory.

What a reader is late for waits on disk. One who stops reading, or takes ages, is cut off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Executor
from tempfile import TemporaryFile
from typing import IO, Any

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

SLICE = 64 * 1024  # bytes
_LATE = 0.5  # seconds for a slice; a reader who needs longer gets the rest from disk
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
        if not await _done(sent, _LATE):
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
