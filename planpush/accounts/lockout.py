"""Prevents admins from locking everybody out by a setting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app

from planpush.accounts.identity import PROVIDER_NAMES
from planpush.config import Config
from planpush.errors import Finding, Invalid
from planpush.settings.store import Setting

CONFIRMATION = "lock me out"


@contextmanager
def refuse_lockout(way: str, *, confirmed: bool) -> Iterator[None]:
    """Let settings change inside. Raises `Invalid` when, unconfirmed, `way` to sign in is lost."""
    before = _ways()
    yield
    after = _ways()
    if confirmed or after == before or (after and (way in after or way not in before)):
        return
    told = f"You came in by {PROVIDER_NAMES.get(way, way)}, and nobody could any more."
    message = told if after else "Nobody could sign in any more."
    message += f" To do it all the same, type “{CONFIRMATION}”."
    raise Invalid(message, [Finding("lockout", message, field="confirm")])


def _ways() -> tuple[str, ...]:
    # Read past the cache, which other requests share: this change may yet be rolled back.
    config: Config = current_app.extensions["planpush_config"]
    return config.settings(Setting.stored()).providers
