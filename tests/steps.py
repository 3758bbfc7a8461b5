"""How much work something is, counted in lines of Python: the same on every machine.

What a regular expression or a library of another language does within one line does not count: that
is measured by `python -m bench.worst`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

LINEAR = 2.4  # twice as much is twice the work; the rest is for what grows in leaps


def steps(work: Callable[[], object]) -> int:
    """Return how many lines the work runs through."""
    count, before = 0, sys.gettrace()

    def trace(_frame: FrameType, _event: str, _given: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def growth(work: Callable[[int], object], size: int) -> float:
    """Return how much more work twice the size is: 2 where it is linear, 4 where it is square."""
    work(2)  # what is made or compiled once is made
    return steps(lambda: work(2 * size)) / steps(lambda: work(size))
