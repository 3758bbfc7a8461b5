"""The production server: gunicorn with threads, set up from the configuration."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import time
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from planpush import create_app
from planpush.config import Config
from planpush.worker import work

_PAUSE = 3.0  # seconds before a worker that ended is replaced


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
        """End all processes: the worker may be killed at any point, what it began is done again."""
        if not self._is_gone():
            os.kill(self.worker_pid, signal.SIGTERM)
        super().stop(graceful)
        if not self._is_gone():
            os.kill(self.worker_pid, signal.SIGKILL)
            os.waitpid(self.worker_pid, 0)

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

    def load(self) -> Flask:
        """Make the app in each worker: connections are never shared over a fork."""
        return create_app(self.planpush_config)

    def run(self) -> None:
        """Serve, with our own master."""
        Master(self).run()


def serve(config: Config, *, host: str, port: int, workers: int = 0) -> None:
    """Serve until told to stop; open requests are finished first."""
    count = workers or config.web_workers or min(4, multiprocessing.cpu_count())
    Server(
        config,
        bind=f"{host}:{port}",
        workers=count,
        worker_class="gthread",
        threads=config.web_threads,
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
    worker.wsgi.extensions["planpush_worker"] = worker
