"""The production server: gunicorn with an event loop in front of a few threads."""

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
from planpush.server.asgi.adapter import Adapter
from planpush.server.asgi.event_loop import Worker
from planpush.server.resources import memory, processors
from planpush.server.worker import work

_PAUSE = 3.0  # seconds before the background worker is started again
_MOST_PROCESSES = 8  # by default
_MEMORY_EACH = 256 * 1024 * 1024  # bytes that a process may need


class Master(Arbiter):  # type: ignore[misc]
    """gunicorn's master. It also runs the background worker, in a process of its own.

    That process is forked before any thread starts, and ends when the master does, however it
    ends.
    """

    worker_pid = master_pid = 0
    restart_at = 0.0

    def __init__(self, app: Server) -> None:
        super().__init__(app)
        self.START_CTX["args"] = restart_command(sys.orig_argv)
        self.START_CTX[0] = self.START_CTX["args"][0]

    def manage_workers(self) -> None:
        """Replace processes that ended. gunicorn calls this every second."""
        super().manage_workers()
        self._take_over()
        config: Config = self.app.planpush_config
        if config.worker and self._has_no_worker() and time.monotonic() >= self.restart_at:
            self.restart_at = time.monotonic() + _PAUSE
            master = os.getpid()
            self.worker_pid = os.fork()
            if not self.worker_pid:
                self._run_worker(self.app.flask, master)

    def handle_usr2(self) -> None:
        """Start a new master beside this one; one that has just taken over can do so too."""
        self.maybe_promote_master()
        super().handle_usr2()

    def stop(self, graceful: bool = True) -> None:
        """Stop all processes; the background worker first finishes what it sends.

        It has as long as those that serve. If it hangs it is killed: its deliveries are repeated.
        """
        if graceful and not self._is_replaced():
            graceful = self._drain()
        ends = time.monotonic() + (self.cfg.graceful_timeout if graceful else 0)
        if not self._has_no_worker():
            os.kill(self.worker_pid, signal.SIGTERM)
        super().stop(graceful)
        while not self._has_no_worker():
            if time.monotonic() >= ends:
                os.kill(self.worker_pid, signal.SIGKILL)
            time.sleep(0.05)
        self.worker_pid = 0

    def _is_replaced(self) -> bool:
        """Tell whether another server or systemd listens on the same socket, or soon will."""
        return bool(self.reexec_pid or self.systemd or self._is_successor())

    def _is_successor(self) -> bool:
        return bool(self.master_pid) and self.master_pid == os.getppid()

    def _drain(self) -> bool:
        """Serve for a while until the load balancer notices; return False if told to hurry."""
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
        """Stop the master that started this one (on SIGUSR2) once all processes here serve."""
        serving = [worker for worker in self.WORKERS.values() if worker.serves]
        if self._is_successor() and len(serving) == self.num_workers:
            sd_notify(f"MAINPID={os.getpid()}", self.log)
            os.kill(self.master_pid, signal.SIGTERM)

    def _has_no_worker(self) -> bool:
        try:
            return not self.worker_pid or os.waitpid(self.worker_pid, os.WNOHANG)[0] != 0
        except ChildProcessError:  # gunicorn reaped it first
            return True

    def _run_worker(self, app: Flask, master: int) -> None:
        """Run the background worker in this new process, which keeps only the master's logs."""
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
    """Writes gunicorn's log lines in planpush's format."""

    def setup(self, cfg: Any) -> None:
        """Pass them on to the root logger."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn, configured in Python so that one command serves without a settings file."""

    def __init__(self, app: Flask, **options: Any) -> None:
        self.flask, self.options = app, options
        self.planpush_config: Config = app.extensions["planpush_config"]
        super().__init__()

    def load_config(self) -> None:
        """Pass our settings to gunicorn."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Adapter:
        """Serve the master's app in each worker, so that they share its memory."""
        with self.flask.app_context():
            hurry(db.engine)
        self.flask.extensions["planpush_metrics"].share()
        return Adapter(self.flask, self.planpush_config.web_threads)

    def run(self) -> None:
        """Serve with our own master, and exit at once when it or a process that it forked returns.

        Python would first free all that it has loaded, which takes seconds on a busy machine.
        Everything that must be kept is in the database by now.
        """
        try:
            Master(self).run()
        except SystemExit as over:
            logging.shutdown()
            with suppress(AttributeError, OSError):  # there may be no standard output
                sys.stdout.flush()
            os._exit(over.code if isinstance(over.code, int) else bool(over.code))


def serve(app: Flask, *, host: str, workers: int = 0) -> None:
    """Serve until told to stop; then finish the requests that run."""
    config: Config = app.extensions["planpush_config"]
    count = workers or config.web_workers or default_workers()
    _prepare(app)
    Server(
        app,
        bind=f"{host}:{config.port}",
        workers=count,
        worker_class=Worker,
        limit_request_line=8_190,  # fits a query of 500 characters, percent-encoded
        asgi_loop="asyncio",
        asgi_lifespan="on",
        asgi_disconnect_grace_period=0,  # the adapter lets threads finish
        graceful_timeout=10,  # a worker that is still starting may miss the first signal
        timeout=60,  # also ends a request body that pauses for so long
        keepalive=30,
        control_socket_disable=True,
        forwarded_allow_ips="",  # ProxyFix reads what a trusted proxy says; gunicorn must not
        loglevel=config.log_level.lower(),
        logger_class=Logs,
        accesslog=None,
        post_worker_init=_remember_worker,
        proc_name="planpush",
    ).run()


def _prepare(app: Flask) -> None:
    """Prepare to fork: share as much memory as possible."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)  # each open page is a file
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with app.app_context():
        db.engine.dispose()  # processes must not share connections
    configure_mappers()
    gc.collect()
    gc.freeze()  # a garbage collection would write to these pages, and so copy them


def default_workers() -> int:
    """Return how many processes serve: one for each processor, if memory is enough."""
    room = memory() // _MEMORY_EACH or 1 if memory() else _MOST_PROCESSES
    return min(processors(), room, _MOST_PROCESSES)


def restart_command(command: list[str]) -> list[str]:
    """Return the command that starts this program again, in the release that is installed by now.

    A script is run by its own path, which may be a link to a newer release.
    """
    rest = command[1:]
    is_script = bool(rest) and Path(rest[0]).is_file() and os.access(rest[0], os.X_OK)
    return rest if is_script else [sys.executable, *rest]


def _remember_worker(worker: Any) -> None:
    """Let the app ask its worker whether it drains: see `web.draining`."""
    worker.asgi.app.extensions["planpush_worker"] = worker
