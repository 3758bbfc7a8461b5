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

    def to_disk(self) -> None:
        """Free the memory."""
        self.file = TemporaryFile()  # noqa: SIM115 - close does
        self.file.write(memoryview(self.memory)[self.at :])
        self.file.seek(0)
        self.memory = b""

    def close(self) -> None:
        """Give the disk back."""
        if self.file is not None:
            self.file.close()


async def send_slowly(
    part: bytes, send: Send, *, more: bool, pool: Executor, release: Callable[[], object]
) -> None:
    """Send a part of an answer that is larger than a slice.

    `release` is called once memory need not hold it any more. Raises `CancelledError` for a reader
    who is cut off: to gunicorn that is a client who left, and it closes the connection.
    """
    loop, rest = asyncio.get_running_loop(), _Rest(part)
    del part
    ends = loop.time() + _LONGEST
    try:
        while rest.at < rest.size:
            in_time = await _leave(rest, send, more=more, pool=pool, release=release)
            if not in_time or loop.time() > ends:
                raise asyncio.CancelledError
    finally:
        rest.close()


async def _leave(
    rest: _Rest, send: Send, *, more: bool, pool: Executor, release: Callable[[], object]
) -> bool:
    """Send the next slice; False: its reader does not take it."""
    loop, on_disk = asyncio.get_running_loop(), rest.file is not None
    taken = await loop.run_in_executor(pool, rest.take) if on_disk else rest.take()
    left = rest.at < rest.size
    sent = asyncio.ensure_future(send(message(taken, more=more or left)))
    try:
        if not await _done(sent, _LATE) and left and not on_disk:
            await loop.run_in_executor(pool, rest.to_disk)
            release()
        if not await _done(sent, _STALLED):
            return False
        sent.result()
        return True
    finally:
        sent.cancel()


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
