"""The bench's table judges its rows, and its sections run: how fast they are is another matter."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from bench import __main__ as bench
from bench.table import Row, Table, least, most
from planpush.paths import ROOT

PAGE = f"# A page\n{bench.BEGIN}\nbefore\n{bench.END}\nThe end.\n"


@pytest.mark.parametrize(
    ("goal", "own", "ceiling", "ratio", "met"),
    [
        (least(0.5), 2.0, 1.0, 0.5, True),
        (least(0.5), 3.0, 1.0, 1 / 3, False),
        (most(1.5), 3.0, 2.0, 1.5, True),
        (most(1.5), 4.0, 2.0, 2.0, False),
    ],
)
def test_a_goal_is_a_share_of_the_rate_or_a_multiple_of_the_cost(goal, own, ceiling, ratio, met):
    assert goal.ratio(own, ceiling) == ratio
    assert Row("views", "a view", ratio, goal).met is met


def test_a_missed_goal_says_why(capsys, tmp_path):
    table = Table()
    table.add(Row("cold", "memory", 200.0, most(138, "MB"), reason="Imports hold it."))
    table.add(Row("cold", "of it the master", 60.0, unit="MB"))
    printed = capsys.readouterr().out
    assert "200 MB" in printed and "≤ 138 MB" in printed and "MISSED" in printed
    assert "Imports hold it." in printed
    assert [row.name for row in table.missed] == ["memory"]
    table.write(tmp_path / "build/told.json")
    told = json.loads((tmp_path / "build/told.json").read_text())
    page = bench.written(PAGE, told)
    assert page.startswith(f"# A page\n{bench.BEGIN}\n") and page.endswith("\nThe end.\n")
    assert "200 MB | ≤ 138 MB | **missed** |" in page and "- memory: Imports hold it." in page
    assert "before" not in page and bench.written(page, told) == page


def test_a_page_without_marks_is_left_alone():
    with pytest.raises(ValueError, match="bench: begin"):
        bench.written("# A page\n", {})


def test_the_page_in_the_docs_has_them():
    told = {"machine": {"processors": 2, "python": "3", "load": 0}, "rows": []}
    assert bench.BEGIN in bench.written((ROOT / "docs/performance.md").read_text(), told)


def test_a_section_keeps_the_figures_of_the_others(tmp_path, monkeypatch):
    rows = {name: [Row(name, "some", 1.0).as_dict()] for name in ("views", "cold")}
    monkeypatch.setattr(bench, "tabled", lambda name: (0, rows[name]))
    kept = tmp_path / "bench.json"
    for name in ("cold", "views", "cold"):
        bench.main([name, "--json", str(kept)])
    assert [one["section"] for one in json.loads(kept.read_text())["rows"]] == ["views", "cold"]


@pytest.mark.long
@pytest.mark.parametrize("name", [one for one in bench.TABLED if one != "browser"])
def test_a_section_runs(name, tmp_path):
    show(name, tmp_path)


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not on the PATH")
def test_the_section_that_needs_chromium_runs(tmp_path):
    show("browser", tmp_path)


def show(name, tmp_path):
    """Run a section as small as it gets."""
    env = os.environ | {"BENCH_SMOKE": "1"}
    env.pop("PLANPUSH_TEST_POSTGRES", None)
    command = [sys.executable, "-m", "bench", name, "--json", str(tmp_path / "bench.json")]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads((tmp_path / "bench.json").read_text())["rows"]
    assert len(rows) > 3 and {one["section"] for one in rows} == {name}
