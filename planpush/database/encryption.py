"""Encrypts secrets at rest with a key derived from SECRET_KEY."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

from planpush.config import Config


def seal(text: str, purpose: str = "at rest") -> str:
    """Return `text` encrypted with the newest key; `purpose` keeps one use from another."""
    return _keys(_secrets(), purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, purpose: str = "at rest", *, seconds: int | None = None) -> str | None:
    """Return the text of `sealed`; None if no key opens it, or it is older than `seconds`."""
    try:
        return _keys(_secrets(), purpose).decrypt(sealed.encode(), ttl=seconds).decode()
    except (InvalidToken, UnicodeError):
        return None


def resealed(sealed: str) -> str | None:
    """Return `sealed` under the newest key; None if it is so already, or cannot be read."""
    newest = _keys(_secrets()[:1], "at rest")
    try:
        newest.decrypt(sealed.encode())
    except InvalidToken:
        text = unseal(sealed)
        return None if text is None else seal(text)
    return None


def keyed(text: str, purpose: str) -> list[str]:
    """Return hashes of a short secret, by each key, the newest first.

    What people type has too few letters for a plain hash: all of them can be tried on a dump.
    """
    return [
        hmac.new(_derived(secret, purpose), text.encode(), hashlib.sha256).hexdigest()
        for secret in _secrets()
    ]


def _secrets() -> tuple[str, ...]:
    config: Config = current_app.extensions["planpush_config"]
    return config.secret_keys


@cache
def _keys(secrets: tuple[str, ...], purpose: str) -> MultiFernet:
    return MultiFernet([Fernet(_derived(secret, purpose)) for secret in secrets])


def _derived(secret: str, purpose: str) -> bytes:
    info = f"planpush {purpose}".encode()
    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret.encode())
    return base64.urlsafe_b64encode(made)
