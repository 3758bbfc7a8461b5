"""Set while this process shuts down."""

from __future__ import annotations

from flask import Flask


def is_draining(app: Flask) -> bool:
    """Tell whether the process that serves this app was told to stop."""
    worker = app.extensions.get("planpush_worker")
    return worker is not None and worker.draining
