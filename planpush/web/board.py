"""The board: a file in DATA_DIR where each process writes what it counted, for any to be asked.

Each has a place of its own, which it holds by a lock that ends with it; whoever comes next goes on
counting there. Written, not mapped into memory: on a full disk a write fails, and a mapping kills.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from array import array
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from planpush.web.meter import Meter

_PLACES = 160  # processes that can be there at one time
_HEAD = 8  # bytes before the numbers: when they were written; 0 once the process has ended
_ALIVE = 10.0  # seconds that a process may say nothing


class Board:
    """One process's place on the board. Raises `OSError` where there cannot be one."""

    def __init__(self, folder: Path, meter: Meter) -> None:
        self.meter = meter
        self.size = _HEAD + 8 * len(meter.cells)
        layout = repr([(one.name, one.series, one.bounds) for one in meter.families])
        name = f"metrics-{hashlib.sha256(layout.encode()).hexdigest()[:12]}"
        for other in folder.glob("metrics-*"):  # of another release
            if other.name != name:
                other.unlink(missing_ok=True)
        self.file = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self.place = self._taken()
        except OSError:
            os.close(self.file)
            raise
        before = self._read(self.place)
        if before is not None:
            meter.go_on_from(before[1])

    def _taken(self) -> int:
        for place in range(_PLACES):
            with suppress(BlockingIOError, PermissionError):
                flags = fcntl.LOCK_EX | fcntl.LOCK_NB
                fcntl.lockf(self.file, flags, self.size, place * self.size)
                return place
        raise OSError("every place on the board is taken")

    def write(self) -> None:
        """Let the others see what this process counted."""
        self._put(time.time(), self.meter.copy())

    def leave(self) -> None:
        """Say that this process ends; what it counted stays."""
        with suppress(OSError):
            self._put(0.0, self.meter.copy())
        os.close(self.file)

    def _put(self, at: float, cells: array[float]) -> None:
        os.pwrite(self.file, array("d", [at]).tobytes() + cells.tobytes(), self.place * self.size)

    def others(self) -> Iterator[tuple[bool, array[float]]]:
        """Return what the others counted, and whether each of them is there still."""
        for place in range(_PLACES):
            found = self._read(place) if place != self.place else None
            if found is not None:
                yield time.time() - found[0] < _ALIVE, found[1]
            elif place * self.size > os.fstat(self.file).st_size:
                return

    def _read(self, place: int) -> tuple[float, array[float]] | None:
        raw = os.pread(self.file, self.size, place * self.size)
        if len(raw) < self.size:
            return None
        row = array("d", raw)
        return row[0], row[1:]
