"""Flask-Migrate's place in the app."""

from __future__ import annotations

from typing import Any

from flask import Flask

from planpush.db import db
from planpush.paths import MIGRATIONS


def init_migrating(app: Flask) -> None:
    """Let migrations find the app's database."""
    app.extensions["migrate"] = _Lazily(app)


class _Lazily:
    """Flask-Migrate, once somebody migrates: it and Alembic take 11 MB, and a fifth of a start."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def __getattr__(self, name: str) -> Any:
        from flask_migrate import Migrate

        Migrate(self.app, db, str(MIGRATIONS), render_as_batch=True, compare_type=True)
        return getattr(self.app.extensions["migrate"], name)
