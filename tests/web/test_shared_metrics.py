"""Processes of one DATA_DIR add up; one that ends leaves its counts, but no gauges."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from planpush.web.access_log import METHODS, UNKNOWN, route_of
from planpush.web.metrics import RESERVED, Metrics

PROGRAM = f"""
import json, resource, sys, types
from pathlib import Path
from types import SimpleNamespace
sys.path.insert(0, {str(Path.cwd())!r})
bare = types.ModuleType("planpush")  # all else that the package imports takes two seconds
bare.__path__ = [{str(Path.cwd() / "planpush")!r}]
sys.modules["planpush"] = bare
from prometheus_client import generate_latest
from planpush.web.metrics import Metrics
folder, limit = sys.argv[1:]
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
config = SimpleNamespace(data_dir=Path(folder))
metrics = Metrics(SimpleNamespace(extensions={{"planpush_config": config}}))
metrics.share()
for line in sys.stdin:
    name, *values = json.loads(line)
    if name == "streams":
        metrics.gauges["planpush_live_streams_open"].set(*values)
    elif name != "show":
        getattr(metrics, name)(*values)
    print(json.dumps(generate_latest(metrics).decode() if name == "show" else ""), flush=True)
"""


class Process:
    """Another process that counts what it is told."""

    def __init__(self, folder, limit=""):
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder), str(limit)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def do(self, *words):
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def show(self):
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(self.do("show"))
            for sample in family.samples
        }

    def kill(self):
        self.process.kill()
        self.process.communicate(timeout=60)


@pytest.fixture
def process(tmp_path):
    """Start a process."""
    started = []

    def start(*limit):
        started.append(Process(tmp_path, *limit))
        return started[-1]

    yield start
    for one in started:
        one.kill()


PUSHES, STREAMS = ("planpush_pushes_total", "created"), ("planpush_live_streams_open",)


def count(process):
    process.do("pushed", "created", 0.3, 5000)
    process.do("streams", 7)


def test_processes_add_up_and_each_shows_the_sum(process):
    processes = [process(), process()]
    for one in processes:
        count(one)
    for one in processes:
        found = one.show()
        assert found[PUSHES] == 2 and found[STREAMS] == 14
        assert found["planpush_pushes_total", "failed"] == 0
        assert found["planpush_push_bytes_bucket", "4096.0"] == 0
        assert found["planpush_push_bytes_bucket", "16384.0"] == 2
        assert found["planpush_push_bytes_count",] == 2
        assert found["planpush_push_bytes_sum",] == 10_000


def test_a_killed_process_keeps_its_counts_and_loses_its_gauges(process):
    here, other = process(), process()
    count(other)
    assert here.show()[STREAMS] == 7
    other.kill()
    found = here.show()
    assert found[PUSHES] == 1 and found[STREAMS] == 0


def test_a_successor_counts_on_in_the_same_files(process, tmp_path):
    here, other = process(), process()
    here.show()  # by then all of its files are there
    for _ in range(3):
        count(other)
        files = {path.name for path in tmp_path.glob("metrics-*/*")}
        other.kill()
        other = process()
        assert other.show()[STREAMS] == 0
        assert {path.name for path in tmp_path.glob("metrics-*/*")} == files
    count(other)
    assert here.show()[PUSHES] == 4


def test_counts_go_on_after_all_processes_were_replaced(process):
    first = process()
    count(first)
    first.kill()
    found = process().show()
    assert found[PUSHES] == 1 and found[STREAMS] == 0


def test_a_release_removes_the_numbers_of_another(process, tmp_path):
    before = tmp_path / "metrics-0.0.1"
    before.mkdir()
    (before / "counter_1.db").write_bytes(b"x")
    (tmp_path / "metrics-1f00ba4").write_bytes(b"x")
    process().show()
    [folder] = tmp_path.glob("metrics-*")
    assert folder.stat().st_mode & 0o777 == 0o700


def test_every_series_fits_in_the_reserved_files(process, app, tmp_path):
    here = process()
    rules = app.url_map.iter_rules()
    routes = {(route_of(rule.rule), method) for rule in rules for method in rule.methods}
    for route, method in [*routes, *((UNKNOWN, one) for one in (*METHODS, "OTHER"))]:
        for status in range(100, 600, 100):
            here.do("answered", route, method, status, 0.1)
    sizes = {path.stem: path.stat().st_size for path in tmp_path.glob("metrics-*/*.db")}
    assert sizes == {f"{name}_1": size for name, size in RESERVED.items()}


def test_on_a_full_disk_a_process_counts_for_itself(process):
    here, full = process(), process(100_000)
    count(here)
    count(full)
    assert full.show()[PUSHES] == here.show()[PUSHES] == 1


def test_without_a_folder_a_process_counts_for_itself(tmp_path, caplog):
    config = SimpleNamespace(data_dir=tmp_path / "none")
    metrics = Metrics(SimpleNamespace(extensions={"planpush_config": config}))
    metrics.share()
    metrics.tried("webhook", "sent")
    labels = {"channel": "webhook", "outcome": "sent"}
    assert metrics.registry.get_sample_value("planpush_delivery_attempts_total", labels) == 1
    assert "cannot be added up: No such file" in caplog.text
