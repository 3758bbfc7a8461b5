"""Caches in the memory of a process, one of a name for each app, bounded in size.

What is kept must be keyed by everything that it depends on, so that an entry is never wrong, only
unused: several processes serve one database. A transaction that writes may read from the caches but
leaves nothing in them: it can be rolled back, and SQLite then gives its ids to other rows.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any

from cachetools import LRUCache
from flask import current_app, g


class ProcessCache:
    """A cache that drops what was not used for longest; threads may share it."""

    def __init__(self, most: int, size: Callable[[Any], int] | None = None) -> None:
        self._entries: LRUCache[Hashable, Any] = LRUCache(most, getsizeof=size)
        self._lock, self._most, self._size = Lock(), most, size or (lambda _: 1)

    @classmethod
    def named(cls, name: str, most: int, size: Callable[[Any], int] | None = None) -> ProcessCache:
        """Return this app's cache of a name; `size` measures an entry, by default as 1."""
        found = current_app.extensions.get(name)
        if not isinstance(found, cls):
            found = current_app.extensions.setdefault(name, cls(most, size))
        return found

    def get(self, key: Hashable) -> Any:
        """Return an entry, or None."""
        with self._lock:
            return self._entries.get(key)

    def put(self, key: Hashable, value: Any) -> None:
        """Keep an entry, unless it is too large or was made in a transaction that writes."""
        if self._size(value) <= self._most and not g.get("writes", True):
            with self._lock:
                self._entries[key] = value
