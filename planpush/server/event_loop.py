"""The event loop of a serving process, and how it shuts down.

Whoever is told to stop loses nobody's request. It takes in what the kernel has accepted for it,
then listens no more. A connection is closed once its client was told so, by `Connection: close`
in an answer, or has asked for nothing for a while.
"""

from __future__ import annotations

import asyncio
import mmap
import signal
import socket
from contextlib import suppress
from typing import Any
from weakref import WeakSet

from gunicorn.workers.gasgi import ASGIWorker

_UNREAD = 20.0  # seconds to take the last of an answer on a closed connection, twice at most
_SILENT = 30.0  # seconds that a new connection may say nothing, twice that at most
_LINGER = 1.0  # seconds for clients that are kept alive to be told; a drain counts
_GLANCE = 0.05


class Loop(asyncio.SelectorEventLoop):
    """An event loop that knows its connections: gunicorn's worker keeps no list of them."""

    def __init__(self) -> None:
        super().__init__()
        self.connections, self.silent = WeakSet[Any](), WeakSet[Any]()
        self.unread = WeakSet[Any]()
        self.taken_in: set[asyncio.Task[Any]] = set()

    async def create_server(self, protocol_factory: Any, *args: Any, **options: Any) -> Any:
        """Serve with a protocol per connection, and note each."""

        def connect() -> Any:
            made = protocol_factory()
            self.connections.add(made)
            return made

        self.connect = connect
        self.call_later(_SILENT, self._drop_silent)
        self.call_later(_UNREAD, self._drop_unread)
        return await super().create_server(connect, *args, **options)

    def take_in(self, listener: socket.socket) -> None:
        """Accept what waits, for the last time: a listener that is closed takes it along."""
        self.remove_reader(listener.fileno())
        with suppress(OSError):  # nothing more
            while True:
                accepted, _ = listener.accept()
                accepted.setblocking(False)
                task = self.create_task(self.connect_accepted_socket(self.connect, accepted))
                self.taken_in.add(task)

    def _drop_silent(self) -> None:
        """Close connections that never asked for anything: gunicorn would keep them for good."""
        for connection in self.silent:
            if _is_idle(connection):
                connection.transport.close()
        self.silent = WeakSet(one for one in self.connections if _is_new(one) and _is_idle(one))
        self.call_later(_SILENT, self._drop_silent)

    def _drop_unread(self) -> None:
        """End connections that are closed but for what nobody reads: asyncio would keep them."""
        for connection in self.unread:
            if _is_unread(connection):
                connection.transport.abort()
        self.unread = WeakSet(one for one in self.connections if _is_unread(one))
        self.call_later(_UNREAD, self._drop_unread)

    @property
    def idle(self) -> list[Any]:
        """The connections that are only kept alive."""
        return [one for one in list(self.connections) if _is_idle(one)]

    def close_idle(self) -> None:
        """Close what is only kept alive."""
        for connection in self.idle:
            connection.transport.close()


def _is_idle(connection: Any) -> bool:
    open_ = connection.transport is not None and not connection.transport.is_closing()
    return open_ and connection._current_request is None


def _is_new(connection: Any) -> bool:
    return bool(connection.req_count <= 1)  # gunicorn counts what it waits for


def _is_unread(connection: Any) -> bool:
    transport = connection.transport
    return transport is not None and transport.is_closing() and transport.get_write_buffer_size()


class Worker(ASGIWorker):  # type: ignore[misc]
    """gunicorn's worker for event loops, that leaves without losing a request."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._serves = mmap.mmap(-1, 1)  # the master sees it, too
        self._told = False
        self._told_at = 0.0
        self._stopping: asyncio.Task[None] | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def serves(self) -> bool:
        """Tell whether the process listens, in the master as well."""
        return self._serves[0] == 1

    @property
    def leaving(self) -> bool:
        """Tell whether to send everybody elsewhere: answers end connections, what waits ends."""
        return self._told or not self.alive

    def init_signals(self) -> None:
        """Hear of SIGUSR2, too: others are to stop asking here, then comes the end."""
        super().init_signals()
        self.loop.add_signal_handler(signal.SIGUSR2, self.leave)

    def leave(self) -> None:
        """Send everybody elsewhere, and serve whoever comes all the same."""
        if not self._told:
            self._told, self._told_at = True, self.loop.time()

    def handle_exit_signal(self) -> None:
        """SIGTERM: leave, then end."""
        self.leave()
        if not self.serves:
            self.alive = False
        elif self._stopping is None:
            self._stopping = self.loop.create_task(self._stop())

    def notify(self) -> None:
        """Tell the master that all is well; the first time, that this process serves."""
        super().notify()
        self._serves[0] = 1

    def _setup_event_loop(self) -> None:
        self.loop = Loop()
        asyncio.set_event_loop(self.loop)

    async def _serve(self) -> None:
        self._serving = asyncio.current_task()
        await super()._serve()

    async def _stop(self) -> None:
        """Listen no more, then let clients that are kept alive hear that it is over.

        They may have heard while this server served on; who has just come has not asked yet.
        """
        for listener in self.sockets:
            self.loop.take_in(listener.sock)
        for server in self.servers:
            server.close()
        await asyncio.sleep(_GLANCE)
        ends, told = self.loop.time() + _LINGER, self._told_at + _LINGER
        while self.loop.time() < ends and self._awaited(self.loop.time() < told):
            await asyncio.sleep(_GLANCE)
        self.alive = False
        if self._serving is not None:
            self._serving.cancel()  # gunicorn's loop would sleep for up to a second

    def _awaited(self, kept_alive: bool) -> list[Any]:
        """Return connections that may still ask: new ones, and such as are kept alive."""
        return [one for one in self.loop.idle if kept_alive or _is_new(one)]

    async def _shutdown(self) -> None:
        self.loop.close_idle()
        await super()._shutdown()

    def run(self) -> None:
        """Serve; then let threads finish what they work on, since the process just ends."""
        super().run()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2):
            signal.signal(number, signal.SIG_IGN)  # told again, as on SIGHUP: it ends as it is
        self.asgi.finish()
