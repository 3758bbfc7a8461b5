"""The production server: gunicorn's event loop over a few threads."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import resource
import signal
import time
from typing import Any
from weakref import WeakSet

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers.gasgi import ASGIWorker

from planpush import create_app
from planpush.config import Config
from planpush.db import db
from planpush.postgres import hurry
from planpush.web.bridge import Bridge
from planpush.worker import work

_PAUSE = 3.0  # seconds before a worker that ended is replaced
_UNREAD = 10.0  # seconds to take the last of an answer on a closed connection, twice at most
_SILENT = 30.0  # seconds that a new connection may say nothing, twice that at most


class Master(Arbiter):  # type: ignore[misc]
    """gunicorn's master. It also keeps one process that works beside those that serve.

    That one is forked like them, before any thread; it ends with the master, however that ends.
    """

    worker_pid, again_at = 0, 0.0

    def manage_workers(self) -> None:
        """Replace processes that ended; gunicorn calls this every second."""
        super().manage_workers()
        config: Config = self.app.planpush_config
        if config.worker and self._is_gone() and time.monotonic() >= self.again_at:
            self.again_at = time.monotonic() + _PAUSE
            master = os.getpid()
            self.worker_pid = os.fork()
            if not self.worker_pid:
                self._become_worker(config, master)

    def stop(self, graceful: bool = True) -> None:
        """End all processes: the worker first finishes what it is sending.

        It has as long as those that serve. One that hangs is killed: what it began is done again.
        """
        ends = time.monotonic() + (self.cfg.graceful_timeout if graceful else 0)
        if not self._is_gone():
            os.kill(self.worker_pid, signal.SIGTERM)
        super().stop(graceful)
        while not self._is_gone():
            if time.monotonic() >= ends:
                os.kill(self.worker_pid, signal.SIGKILL)
            time.sleep(0.05)
        self.worker_pid = 0

    def _is_gone(self) -> bool:
        try:
            return not self.worker_pid or os.waitpid(self.worker_pid, os.WNOHANG)[0] != 0
        except ChildProcessError:  # gunicorn was told first
            return True

    def _become_worker(self, config: Config, master: int) -> None:
        """Work in this new process, with nothing of the master's but its logs."""
        code = 1
        try:
            for number in self.SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            for listener in self.LISTENERS:
                listener.sock.close()
            work(config, parent=master)
            code = 0
        except Exception:
            logging.getLogger("planpush").exception("the worker failed")
        finally:
            os._exit(code)


class Loop(asyncio.SelectorEventLoop):
    """An event loop that knows its connections: gunicorn's worker keeps no list of them."""

    def __init__(self) -> None:
        super().__init__()
        self.connections, self.silent = WeakSet[Any](), WeakSet[Any]()
        self.unread = WeakSet[Any]()

    async def create_server(self, protocol_factory: Any, *args: Any, **options: Any) -> Any:
        """Serve with a protocol per connection, and note each."""

        def connect() -> Any:
            made = protocol_factory()
            self.connections.add(made)
            return made

        self.call_later(_SILENT, self._drop_silent)
        self.call_later(_UNREAD, self._drop_unread)
        return await super().create_server(connect, *args, **options)

    def _drop_silent(self) -> None:
        """Close connections that never asked for anything: gunicorn would keep them for good."""
        for connection in self.silent:
            if _is_idle(connection):
                connection.transport.close()
        self.silent = WeakSet(
            one for one in self.connections if one.req_count <= 1 and _is_idle(one)
        )
        self.call_later(_SILENT, self._drop_silent)

    def _drop_unread(self) -> None:
        """End connections that are closed but for what nobody reads: asyncio would keep them."""
        for connection in self.unread:
            if _is_unread(connection):
                connection.transport.abort()
        self.unread = WeakSet(one for one in self.connections if _is_unread(one))
        self.call_later(_UNREAD, self._drop_unread)

    def close_idle(self) -> None:
        """Close what is only kept alive."""
        for connection in list(self.connections):
            if _is_idle(connection):
                connection.transport.close()


def _is_idle(connection: Any) -> bool:
    return connection.transport is not None and connection._current_request is None


def _is_unread(connection: Any) -> bool:
    transport = connection.transport
    return transport is not None and transport.is_closing() and transport.get_write_buffer_size()


class Worker(ASGIWorker):  # type: ignore[misc]
    """gunicorn's worker for event loops. It does not wait for connections that ask for nothing."""

    def _setup_event_loop(self) -> None:
        self.loop = Loop()
        asyncio.set_event_loop(self.loop)

    async def _shutdown(self) -> None:
        self.loop.close_idle()
        await super()._shutdown()


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn, started from Python so that one command serves without a file of settings."""

    def __init__(self, config: Config, **options: Any) -> None:
        self.planpush_config = config
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        """Hand our settings to gunicorn."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Bridge:
        """Make the app in each worker: connections are never shared over a fork."""
        config = self.planpush_config
        app = create_app(config)
        with app.app_context():
            hurry(db.engine)
        return Bridge(app, config.web_threads)

    def run(self) -> None:
        """Serve, with our own master."""
        Master(self).run()


def serve(config: Config, *, host: str, port: int, workers: int = 0) -> None:
    """Serve until told to stop; open requests are finished first."""
    count = workers or config.web_workers or min(4, multiprocessing.cpu_count())
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)  # each open page is a file
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    Server(
        config,
        bind=f"{host}:{port}",
        workers=count,
        worker_class=Worker,
        limit_request_line=8_190,  # a query of 500 signs, each nine or fifteen in an address
        asgi_loop="asyncio",
        asgi_lifespan="on",
        asgi_disconnect_grace_period=0,  # whoever left is not read any more; threads go on
        graceful_timeout=10,  # a worker that still boots may miss the first signal
        timeout=60,
        keepalive=30,
        control_socket_disable=True,
        forwarded_allow_ips="",  # no header moves the address: a local proxy passes SCRIPT_NAME on
        loglevel=config.log_level.lower(),
        accesslog=None,
        post_worker_init=_introduce,
        proc_name="planpush",
    ).run()


def _introduce(worker: Any) -> None:
    """Let the app ask its worker whether it was told to stop: what waits is to end then."""
    worker.asgi.app.extensions["planpush_worker"] = worker
