"""How much work something is, counted in lines of Python: the same on every machine.

What a regular expression or a library of another language does within one line does not count: that
is measured by `python -m bench worst`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

LINEAR = 3.0  # twice as much is twice the work; the rest is for what grows in leaps


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


def growth(
    work: Callable[[Any], object], size: int, made: Callable[[int], Any] = lambda size: size
) -> float:
    """Return how much more work twice the size is: 2 where it is linear, 4 where it is square.

    What is `made` of a size is worked on; making it does not count.
    """
    small, large = made(size), made(2 * size)
    work(made(2))  # what is compiled or looked up once is so now
    return steps(lambda: work(large)) / steps(lambda: work(small))
