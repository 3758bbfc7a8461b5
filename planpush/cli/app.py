"""The app that commands work with, on a migrated database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from planpush import create_app
from planpush.accounts.user import User
from planpush.cli.demo import demo_config, is_demo_here
from planpush.config import Config
from planpush.database.session import commit, db
from planpush.errors import Problem
from planpush.logs import write_logs
from planpush.operations.migrations import migrate
from planpush.operations.retention import sweep


def app_here() -> Flask:
    """Return the app of this folder: a demo's, where no configuration says otherwise."""
    return migrated(demo_config() if is_demo_here() else Config.from_env())


def migrated(config: Config) -> Flask:
    """Return the app of a configuration, its database migrated and swept."""
    write_logs(config.log_level, config.log_format)
    os.umask(0o077)  # the database holds private plans
    config.data_dir.mkdir(parents=True, exist_ok=True)
    app = create_app(config)
    with entered(app):
        migrate()
        sweep()
        commit()
    return app


@contextmanager
def entered(app: Flask) -> Iterator[None]:
    """Enter an app's context; whatever happens, its connections are closed at the end."""
    with app.app_context():
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()


def known(email: str) -> User:
    """Return the person with an address. Raises `Problem`."""
    found = User.by_email(email)
    if found is None:
        raise Problem(f"there is nobody with the address {email}: add them with planpush user add")
    return found
