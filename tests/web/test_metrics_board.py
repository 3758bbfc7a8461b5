"""Several processes count on one board; who has gone is not forgotten, and shows no gauge."""

import subprocess
import sys
from pathlib import Path

import pytest

from planpush.web.metrics import COUNTER, GAUGE, HISTOGRAM, Board, Family, Meter, exposed, line

FAMILIES = [
    Family("hits_total", COUNTER, "Hits.", ("way",), [("a",), ("b",)]),
    Family("open", GAUGE, "Open."),
    Family("took_seconds", HISTOGRAM, "Took.", bounds=(0.1, 1.0)),
]
ELSEWHERE = f"""
import os, pathlib, sys, types
sys.path.insert(0, {str(Path.cwd())!r})
bare = types.ModuleType("planpush")  # all else that the package imports takes two seconds
bare.__path__ = [{str(Path.cwd() / "planpush")!r}]
sys.modules["planpush"] = bare
from tests.web.test_metrics_board import *
meter = Meter(FAMILIES)
board = Board(pathlib.Path(sys.argv[1]), meter)
meter.add(meter.at["hits_total"]["a",], 5)
meter.set(meter.at["open"][()], 7)
meter.observe(meter.at["took_seconds"][()], (0.1, 1.0), 0.5)
board.write()
print(board.place, flush=True)
sys.stdin.read()
if "properly" in sys.argv: board.leave()
os._exit(0)
"""


class Process:
    """Another process that counts, until it is told to end."""

    def __init__(self, folder, *how):
        command = [sys.executable, "-c", ELSEWHERE, str(folder), *how]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe)
        self.place = int(self.process.stdout.readline())

    def end(self):
        self.process.communicate(timeout=60)


@pytest.fixture
def here(tmp_path):
    meter = Meter(FAMILIES)
    board = Board(tmp_path, meter)
    yield meter, board
    board.leave()


def told(here):
    meter, board = here
    return set(exposed(meter, [(True, meter.copy()), *board.others()]))


def test_what_each_counted_is_added_up(here, tmp_path):
    meter, _ = here
    meter.add(meter.at["hits_total"]["a",])
    other = Process(tmp_path)
    both = {'hits_total{way="a"} 6', 'hits_total{way="b"} 0', "open 7", "took_seconds_count 1",
            'took_seconds_bucket{le="0.1"} 0', 'took_seconds_bucket{le="+Inf"} 1'}  # fmt: skip
    assert both <= told(here)
    other.end()


def test_who_has_gone_is_counted_and_replaced(here, tmp_path):
    first = Process(tmp_path, "properly")
    first.end()
    assert {'hits_total{way="a"} 5', "open 0"} <= told(here)
    second = Process(tmp_path, "properly")
    assert second.place == first.place
    assert {'hits_total{way="a"} 10', "open 7", "took_seconds_sum 1"} <= told(here)
    second.end()


def test_another_layout_begins_anew(tmp_path):
    before = Board(tmp_path, Meter(FAMILIES))
    after = Board(tmp_path, Meter(FAMILIES[:1]))
    assert len(list(tmp_path.glob("metrics-*"))) == 1
    assert next(tmp_path.glob("metrics-*")).stat().st_mode & 0o077 == 0
    before.leave()
    after.leave()


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        Board(tmp_path / "none", Meter(FAMILIES))


def test_a_label_is_escaped():
    assert line("x", [("a", 'q"\\\n')], 0.5) == r'x{a="q\"\\\n"} 0.5'
