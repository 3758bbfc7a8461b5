"""The event loop of a serving process, and how the process stops without losing a request.

It accepts what the kernel has queued for it, then stops listening. A connection is closed once its
client was told by `Connection: close` in a response, or has asked for nothing for a while.
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

_STUCK = 30.0  # seconds for a first request, or for the end of a last response; twice that at most
_LINGER = 1.0  # seconds to tell clients with a kept-alive connection; draining counts
_TICK = 0.05


class Loop(asyncio.SelectorEventLoop):
    """An event loop that knows its connections: gunicorn's worker keeps no list of them."""

    def __init__(self) -> None:
        super().__init__()
        self.connections, self.stuck = WeakSet[Any](), WeakSet[Any]()
        self.accepted: set[asyncio.Task[Any]] = set()

    async def create_server(self, protocol_factory: Any, *args: Any, **options: Any) -> Any:
        """Serve with a protocol per connection, and remember each."""

        def connect() -> Any:
            made = protocol_factory()
            self.connections.add(made)
            return made

        self.connect = connect
        self.call_later(_STUCK, self._drop_stuck)
        return await super().create_server(connect, *args, **options)

    def accept_queued(self, listener: socket.socket) -> None:
        """Accept what the kernel has queued: a listener that is closed resets it."""
        self.remove_reader(listener.fileno())
        with suppress(OSError):  # The queue is empty.
            while True:
                accepted, _ = listener.accept()
                accepted.setblocking(False)
                task = self.create_task(self.connect_accepted_socket(self.connect, accepted))
                self.accepted.add(task)

    def _drop_stuck(self) -> None:
        """Abort connections that have been stuck since last time: gunicorn would keep them."""
        for connection in self.stuck:
            if _is_stuck(connection):
                connection.transport.abort()
        self.stuck = WeakSet(one for one in self.connections if _is_stuck(one))
        self.call_later(_STUCK, self._drop_stuck)

    @property
    def idle(self) -> list[Any]:
        """The connections without a request."""
        return [one for one in list(self.connections) if _is_idle(one)]

    def close_idle(self) -> None:
        """Close the connections without a request."""
        for connection in self.idle:
            connection.transport.close()


def _is_idle(connection: Any) -> bool:
    open_ = connection.transport is not None and not connection.transport.is_closing()
    return open_ and connection._current_request is None


def _is_new(connection: Any) -> bool:
    return bool(connection.req_count <= 1)  # gunicorn counts the request that it waits for


def _is_stuck(connection: Any) -> bool:
    """Tell whether no first request arrives, or a closed connection's client reads no further."""
    transport = connection.transport
    if transport is not None and transport.is_closing():
        return bool(transport.get_write_buffer_size())
    return _is_idle(connection) and _is_new(connection)


class Worker(ASGIWorker):  # type: ignore[misc]
    """gunicorn's ASGI worker, which here stops without losing a request."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._serves = mmap.mmap(-1, 1)  # shared with the master
        self._drains_since: float | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def serves(self) -> bool:
        """Tell whether the process listens, in the master as well."""
        return self._serves[0] == 1

    @property
    def draining(self) -> bool:
        """Tell whether clients should go elsewhere: responses close connections, waits end."""
        return self._drains_since is not None or not self.alive

    def init_signals(self) -> None:
        """Handle SIGUSR2 too: drain; SIGTERM follows."""
        super().init_signals()
        self.loop.add_signal_handler(signal.SIGUSR2, self.drain)

    def drain(self) -> None:
        """Send clients elsewhere, and serve those that still come."""
        if self._drains_since is None:
            self._drains_since = self.loop.time()

    def handle_exit_signal(self) -> None:
        """SIGTERM: drain, then stop."""
        self.drain()
        if not self.serves:
            self.alive = False
        elif self._stopping is None:
            self._stopping = self.loop.create_task(self._stop())

    def notify(self) -> None:
        """Tell the master that this process is alive, and that it serves."""
        super().notify()
        self._serves[0] = 1

    def _setup_event_loop(self) -> None:
        self.loop = Loop()
        asyncio.set_event_loop(self.loop)

    async def _serve(self) -> None:
        self._serving = asyncio.current_task()
        await super()._serve()

    async def _stop(self) -> None:
        """Stop listening, then give clients time to ask or to learn that the server stops.

        Clients with kept-alive connections may have learned it while the server drained; new
        ones have not asked yet.
        """
        for listener in self.sockets:
            self.loop.accept_queued(listener.sock)
        for server in self.servers:
            server.close()
        await asyncio.sleep(_TICK)
        now = self.loop.time()
        ends, kept_alive_end = now + _LINGER, (self._drains_since or now) + _LINGER
        while self.loop.time() < ends:
            if not self._awaited(kept_alive=self.loop.time() < kept_alive_end):
                break
            await asyncio.sleep(_TICK)
        self.alive = False
        if self._serving is not None:
            self._serving.cancel()  # gunicorn's loop would sleep for up to a second

    def _awaited(self, *, kept_alive: bool) -> list[Any]:
        """Return the connections that may still ask: new ones and, if wanted, kept-alive ones."""
        return [one for one in self.loop.idle if kept_alive or _is_new(one)]

    async def _shutdown(self) -> None:
        self.loop.close_idle()
        await super()._shutdown()

    def run(self) -> None:
        """Serve; then finish what threads work on, since the process just exits."""
        super().run()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2):
            signal.signal(number, signal.SIG_IGN)  # The master repeats them, after SIGHUP say.
        self.asgi.finish()
