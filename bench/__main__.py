"""All sections of the bench that stand alone: `python -m bench [SECTION …] [--json FILE]`.

Each section runs in a process of its own, one after the other; the figures of all are written to
one file (`build/bench.json`), where a section's stay until it is measured again. Of those that
print a table of their own there is one row: whether all of their goals are met.
`--write docs/performance.md` puts the table of such a file between the marks in a page, and
measures nothing. With `BENCH_SMOKE=1` the sections only show that they run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.table import Row, is_smoke, machine, most
from planpush.paths import ROOT

TABLED = ("views", "push", "writers", "growth", "cold", "browser")
OWN = {  # what shows that it runs, at least
    "dashboard": ["--rounds", "1"],
    "history": [],
    "live": ["20", "1"],
}
SECTIONS = (*TABLED, *OWN)
KEPT = ROOT / "build" / "bench.json"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


def main(given: Sequence[str] | None = None) -> int:
    """Run sections, or write down what they found; 1 when a goal is missed."""
    asked = arguments(given)
    if asked.write:
        asked.write.write_text(written(asked.write.read_text(), json.loads(asked.json.read_text())))
        return 0
    codes = [run(name, asked.json) for name in asked.sections or SECTIONS]
    print(f"\nwritten to {asked.json}")
    return max(codes)


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Return what the command line asks for."""
    asked = argparse.ArgumentParser(
        prog="bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    asked.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}")
    asked.add_argument("--json", type=Path, default=KEPT, help="where the figures are kept")
    asked.add_argument("--write", type=Path, metavar="PAGE", help="write the table into this page")
    told = asked.parse_args(given)
    if unknown := set(told.sections) - set(SECTIONS):
        asked.error(f"there is no section {', '.join(sorted(unknown))}")
    return told


def run(name: str, kept: Path) -> int:
    """Run a section, and keep its figures beside those of the others; return its exit code."""
    print(f"\n{name}", flush=True)
    code, rows = tabled(name) if name in TABLED else own(name)
    before = json.loads(kept.read_text())["rows"] if kept.is_file() else []
    others = [one for one in before if one["section"] != name]
    rows = sorted([*others, *rows], key=lambda one: SECTIONS.index(one["section"]))
    kept.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"machine": machine(), "rows": rows}, indent=1, ensure_ascii=False)
    kept.write_text(f"{text}\n")
    return code


def tabled(name: str) -> tuple[int, list[dict[str, Any]]]:
    """Run a section that has our table; return its exit code and its rows."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.json"
        command = [sys.executable, "-m", f"bench.{name}", "--json", str(told)]
        code = subprocess.run(command, check=False).returncode
        return code, json.loads(told.read_text())["rows"] if told.is_file() else []


def own(name: str) -> tuple[int, list[dict[str, Any]]]:
    """Run a section that has a table of its own; return its exit code, and a row that tells it."""
    command = [sys.executable, "-m", f"bench.{name}", *(OWN[name] if is_smoke() else [])]
    env = os.environ | ({"BENCH_VERSIONS": "60"} if is_smoke() else {})
    code = subprocess.run(command, env=env, check=False).returncode
    row = Row(name, f"python -m bench.{name}", float(code != 0), most(0, "misses"))
    return 0 if is_smoke() else code, [row.as_dict()]


def written(page: str, told: dict[str, Any]) -> str:
    """Return a page with the table between its marks. Raises `ValueError` if it has none."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n{markdown(told)}{END}{after}"


def markdown(told: dict[str, Any]) -> str:
    """Return the table of the figures, and below it why a goal is missed."""
    on = told["machine"]
    lines = [
        f"{on['processors']} processors, Python {on['python']}, load {on['load']}.",
        "",
        "| measurement | engine | median, ms | p99, ms | CPU, ms | ceiling, ms | value | goal | |",
        "|---|---|--:|--:|--:|--:|--:|---|---|",
    ]
    for one in told["rows"]:
        cells = [one["name"], *one["cells"], {True: "met", False: "**missed**"}.get(one["met"], "")]
        lines.append(f"| {' | '.join(cells)} |")
    missed = [one for one in told["rows"] if one["met"] is False and one["reason"]]
    reasons = dict.fromkeys(f"- {one['name']}: {one['reason']}" for one in missed)
    return "\n".join([*lines, "", *([*reasons, ""] if reasons else [])])


if __name__ == "__main__":
    sys.exit(main())
