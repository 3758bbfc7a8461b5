"""How quick this machine is: what goals in milliseconds of `bench.dashboard` are held against."""

from __future__ import annotations

import statistics
import time
from typing import Any

from flask import Flask
from werkzeug.test import EnvironBuilder

from bench.host import constant

THERE = 0.048
"""Milliseconds that a Flask view with a constant 60 KB takes where the goals were set."""
_TIMES, _EACH = 5, 40


class Machine:
    """Asks that view in the process itself, a few times a round, between the pages."""

    def __init__(self) -> None:
        self.app = Flask("bare", static_folder=None)
        self.app.add_url_rule("/", "constant", constant)
        self.environ = EnvironBuilder("/").get_environ()
        self.taken: list[float] = []

    def measure(self) -> None:
        """Take the best of a few times."""
        self.taken.append(min(self._taken() for _ in range(_TIMES)))

    @property
    def slower(self) -> float:
        """Return how many times what that view took there it takes here; 1 at least."""
        return max(1.0, statistics.median(self.taken) / THERE)

    def _taken(self) -> float:
        begun = time.process_time()
        for _ in range(_EACH):
            answer: Any = self.app.wsgi_app(dict(self.environ), lambda *_: None)  # type: ignore[arg-type]
            b"".join(answer)
            answer.close()
        return 1000 * (time.process_time() - begun) / _EACH
