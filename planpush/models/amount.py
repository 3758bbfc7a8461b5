"""Amounts: whether something is few, remembered for some minutes.

That decides how a list is looked up, never what is on it: it need not be true any more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from planpush.db import db

_KEPT = 300.0  # seconds
_MOST = 10_000  # answers; all are forgotten when there are more

_known: WeakKeyDictionary[Engine, dict[Hashable, tuple[float, bool]]] = WeakKeyDictionary()


def is_few(what: Hashable, counts: Callable[[], bool]) -> bool:
    """Tell whether `what` is few in this database: as `counts` said within the last minutes."""
    known = _known.setdefault(db.engine, {})
    until, few = known.get(what, (0.0, False))
    if time.monotonic() >= until:
        few = counts()
        if len(known) >= _MOST:
            known.clear()
        known[what] = time.monotonic() + _KEPT, few
    return few
