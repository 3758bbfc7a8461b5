"""The production server: gunicorn with an event loop over a few threads."""

from __future__ import annotations

import gc
import logging
import os
import resource
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.systemd import sd_notify
from sqlalchemy.orm import configure_mappers

from planpush.config import Config
from planpush.database.postgres import hurry
from planpush.database.session import db
from planpush.server.asgi import Bridge
from planpush.server.event_loop import Worker
from planpush.server.resources import memory, processors
from planpush.server.worker import work

_PAUSE = 3.0  # seconds before a worker that ended is replaced
_MOST, _EACH = 8, 256 * 1024 * 1024  # processes by default, and the memory that each may need


class Master(Arbiter):  # type: ignore[misc]
    """gunicorn's master. It also keeps one process that works beside those that serve.

    That one is forked like them, before any thread; it ends with the master, however that ends.
    """

    worker_pid = master_pid = 0
    again_at = 0.0

    def __init__(self, app: Server) -> None:
        super().__init__(app)
        self.START_CTX["args"] = again(sys.orig_argv)
        self.START_CTX[0] = self.START_CTX["args"][0]

    def manage_workers(self) -> None:
        """Replace processes that ended; gunicorn calls this every second."""
        super().manage_workers()
        self._take_over()
        config: Config = self.app.planpush_config
        if config.worker and self._is_gone() and time.monotonic() >= self.again_at:
            self.again_at = time.monotonic() + _PAUSE
            master = os.getpid()
            self.worker_pid = os.fork()
            if not self.worker_pid:
                self._become_worker(self.app.flask, master)

    def handle_usr2(self) -> None:
        """Start a new master beside this one; a successor that has just taken over may, too."""
        self.maybe_promote_master()
        super().handle_usr2()

    def stop(self, graceful: bool = True) -> None:
        """End all processes: the worker first finishes what it is sending.

        It has as long as those that serve. One that hangs is killed: what it began is done again.
        """
        if graceful and not self._is_relieved():
            graceful = self._send_elsewhere()
        ends = time.monotonic() + (self.cfg.graceful_timeout if graceful else 0)
        if not self._is_gone():
            os.kill(self.worker_pid, signal.SIGTERM)
        super().stop(graceful)
        while not self._is_gone():
            if time.monotonic() >= ends:
                os.kill(self.worker_pid, signal.SIGKILL)
            time.sleep(0.05)
        self.worker_pid = 0

    def _is_relieved(self) -> bool:
        """Tell whether somebody else listens where this server does, or will in a moment."""
        return bool(self.reexec_pid or self.systemd or self._is_successor())

    def _is_successor(self) -> bool:
        return bool(self.master_pid) and self.master_pid == os.getppid()

    def _send_elsewhere(self) -> bool:
        """Serve on for a while, so that a balancer sees that it is over; False: no time for it."""
        seconds = self.app.planpush_config.drain
        if seconds:
            self.kill_workers(signal.SIGUSR2)
        ends = time.monotonic() + seconds
        while self.WORKERS and time.monotonic() < ends:
            self.reap_workers()
            with suppress(Empty):
                if self.SIG_QUEUE.get(timeout=0.1) in (signal.SIGINT, signal.SIGQUIT):
                    return False
        return True

    def _take_over(self) -> None:
        """End the master that started this one (on SIGUSR2) as soon as all processes here serve."""
        serving = [worker for worker in self.WORKERS.values() if worker.serves]
        if self._is_successor() and len(serving) == self.num_workers:
            sd_notify(f"MAINPID={os.getpid()}", self.log)
            os.kill(self.master_pid, signal.SIGTERM)

    def _is_gone(self) -> bool:
        try:
            return not self.worker_pid or os.waitpid(self.worker_pid, os.WNOHANG)[0] != 0
        except ChildProcessError:  # gunicorn was told first
            return True

    def _become_worker(self, app: Flask, master: int) -> None:
        """Work in this new process, with nothing of the master's but its logs."""
        code = 1
        try:
            for number in self.SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            for listener in self.LISTENERS:
                listener.sock.close()
            work(app, parent=master)
            code = 0
        except Exception:
            logging.getLogger("planpush").exception("the worker failed")
        finally:
            os._exit(code)


class Logs(Logger):  # type: ignore[misc]
    """gunicorn's own lines, written as all others are."""

    def setup(self, cfg: Any) -> None:
        """Hand them on instead of writing them."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn, started from Python so that one command serves without a file of settings."""

    def __init__(self, app: Flask, **options: Any) -> None:
        self.flask, self.options = app, options
        self.planpush_config: Config = app.extensions["planpush_config"]
        super().__init__()

    def load_config(self) -> None:
        """Hand our settings to gunicorn."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Bridge:
        """Serve the master's app in each worker: what it is made of is in memory once."""
        with self.flask.app_context():
            hurry(db.engine)
        self.flask.extensions["planpush_metrics"].share()
        return Bridge(self.flask, self.planpush_config.web_threads)

    def run(self) -> None:
        """Serve, with our own master. Each process that comes back from it, forked or not, ends.

        Python would first take apart all that it has loaded: seconds on a busy machine, while
        whoever restarts it waits. What is to be kept is in the database by now.
        """
        try:
            Master(self).run()
        except SystemExit as over:
            logging.shutdown()
            with suppress(AttributeError, OSError):  # there may be no standard output
                sys.stdout.flush()
            os._exit(over.code if isinstance(over.code, int) else bool(over.code))


def serve(app: Flask, *, host: str, workers: int = 0) -> None:
    """Serve until told to stop; open requests are finished first."""
    config: Config = app.extensions["planpush_config"]
    count = workers or config.web_workers or fitting()
    _prepare(app)
    Server(
        app,
        bind=f"{host}:{config.port}",
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
        logger_class=Logs,
        accesslog=None,
        post_worker_init=_introduce,
        proc_name="planpush",
    ).run()


def _prepare(app: Flask) -> None:
    """Make this process ready to be forked: memory that nobody writes to is there once."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)  # each open page is a file
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with app.app_context():
        db.engine.dispose()  # connections are never shared over a fork
    configure_mappers()
    gc.collect()
    gc.freeze()  # to look for garbage among this, as every process does, would write to it


def fitting() -> int:
    """Return how many processes suit this machine: one for each processor, if memory is enough."""
    room = memory() // _EACH or 1 if memory() else _MOST
    return min(processors(), room, _MOST)


def again(command: list[str]) -> list[str]:
    """Return the command that starts this program anew, as it lies there by now.

    A script is run by its own path, which may lead to another release since.
    """
    rest = command[1:]
    is_script = bool(rest) and Path(rest[0]).is_file() and os.access(rest[0], os.X_OK)
    return rest if is_script else [sys.executable, *rest]


def _introduce(worker: Any) -> None:
    """Let the app ask its worker whether it was told to stop: what waits is to end then."""
    worker.asgi.app.extensions["planpush_worker"] = worker
