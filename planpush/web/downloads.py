"""One streamed download at a time per person.

Each holds a connection to the database for as long as its reader likes.
"""

from __future__ import annotations

from collections.abc import Iterator

from planpush.errors import Problem

_AGAIN = 30  # seconds
_on_their_way: list[int] = []  # who is being sent something by this process


def alone(pieces: Iterator[bytes], asker: int) -> Iterator[bytes]:
    """Return the pieces, for one person. Raises a `Problem`: one is on its way."""
    if asker in _on_their_way:
        told = "You are downloading a copy already. Wait until it is here, then take the next."
        raise Problem(told, status=429, code="rate_limited", extra={"retry_after": _AGAIN})
    return _sent(pieces, asker)


def _sent(pieces: Iterator[bytes], asker: int) -> Iterator[bytes]:
    _on_their_way.append(asker)
    try:
        yield from pieces
    finally:
        _on_their_way.remove(asker)
