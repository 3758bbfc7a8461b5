"""Idempotent retries of API requests."""

from __future__ import annotations

import hashlib

from flask import request

from planpush.accounts.idempotency import IdempotencyKey
from planpush.accounts.user import User
from planpush.web.responses import Claim


def retry_key() -> str | None:
    """Return this request's Idempotency-Key."""
    return request.headers.get("Idempotency-Key")


def claim_retry(user: User) -> Claim:
    """Claim this request's Idempotency-Key, if it has one, for what it asks for, and of whom.

    Only the id of what was made is kept: a second answer tells what is there by then, so that
    words which were deleted or purged meanwhile do not come back. Call it after the lookup.
    """
    key = retry_key()
    if key is None:
        return Claim(True)
    asked = f"{request.method} {request.path}\0".encode() + request.get_data()
    row, first = IdempotencyKey.claim(key, hashlib.sha256(asked).hexdigest(), by=user)
    return Claim(first, row)
