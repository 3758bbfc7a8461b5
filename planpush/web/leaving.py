"""Leaving: a process that was told to stop answers what comes, and sends everybody elsewhere."""

from __future__ import annotations

from flask import Flask


def is_leaving(app: Flask) -> bool:
    """Tell whether the process that serves this app was told to stop."""
    worker = app.extensions.get("planpush_worker")
    return worker is not None and worker.leaving
