"""The production server: gunicorn with threads, set up from the configuration."""

from __future__ import annotations

import multiprocessing
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from planpush import create_app
from planpush.config import Config


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
        loglevel=config.log_level.lower(),
        accesslog=None,
        proc_name="planpush",
    ).run()
