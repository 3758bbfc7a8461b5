"""Counts that are remembered for a few minutes.

That decides how a list is looked up, never what is on it: it need not be true any more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from planpush.database.session import db

_KEPT = 300.0  # seconds
_MOST = 10_000  # answers; all are forgotten when there are more

_known: WeakKeyDictionary[Engine, dict[Hashable, tuple[float, bool]]] = WeakKeyDictionary()


def is_few(what: Hashable, counts: Callable[[], bool]) -> bool:
    """Tell whether `what` is few in this database: as `counts` said within the last minutes."""
    few = remembered(what)
    return remember(what, few=counts()) if few is None else few


def remembered(what: Hashable) -> bool | None:
    """Tell whether `what` was few within the last minutes; None: nobody said so."""
    until, few = _known.get(db.engine, {}).get(what, (0.0, False))
    return few if time.monotonic() < until else None


def remember(what: Hashable, *, few: bool) -> bool:
    """Remember for some minutes whether `what` is few, and return that."""
    known = _known.setdefault(db.engine, {})
    if len(known) >= _MOST:
        known.clear()
    known[what] = time.monotonic() + _KEPT, few
    return few
