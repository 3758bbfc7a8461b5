"""The meter: what this process has counted, as one flat row of numbers that others can read."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Lock

COUNTER, GAUGE, HISTOGRAM = "counter", "gauge", "histogram"
Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """What one metric measures: every series that it may have is known from the start.

    `bounds` are the upper bounds of a histogram's buckets, in seconds or bytes.
    """

    name: str
    kind: str
    help: str
    labels: Labels = ()
    series: Sequence[Labels] = ((),)
    bounds: tuple[float, ...] = ()

    @property
    def width(self) -> int:
        """Return how many numbers a series takes: of a histogram its buckets and the sum."""
        return len(self.bounds) + 2 if self.kind == HISTOGRAM else 1


class Meter:
    """Numbers that only grow, and gauges; any thread may add to them."""

    def __init__(self, families: Iterable[Family]) -> None:
        self.families = tuple(families)
        self.at: dict[str, dict[Labels, int]] = {}
        size = 0
        for family in self.families:
            self.at[family.name] = cells = {}
            for labels in family.series:
                cells[labels] = size
                size += family.width
        self.cells = array("d", bytes(8 * size))
        self.lock = Lock()

    def add(self, cell: int, amount: float = 1.0) -> None:
        """Add to a counter."""
        with self.lock:
            self.cells[cell] += amount

    def observe(self, cell: int, bounds: tuple[float, ...], value: float) -> None:
        """Note a value in a histogram."""
        bucket = cell + bisect_left(bounds, value)
        with self.lock:
            self.cells[bucket] += 1.0
            self.cells[cell + len(bounds) + 1] += value

    def set(self, cell: int, value: float) -> None:
        """Say what a gauge shows now."""
        self.cells[cell] = value

    def go_on_from(self, before: array[float]) -> None:
        """Add what a process counted that had this one's place before; its gauges are over."""
        with self.lock:
            for family in self.families:
                if family.kind != GAUGE:
                    for first in self.at[family.name].values():
                        for cell in range(first, first + family.width):
                            self.cells[cell] += before[cell]

    def copy(self) -> array[float]:
        """Return the numbers as they are at this moment."""
        with self.lock:
            return self.cells[:]
