"""How well comments survive revisions: `python -m bench.anchors [--seed N]`.

Three parts: the shared pairs of real revisions (if ../shared/tools/anchors is there), revisions
that are generated here so that the truth is known, and what placing costs. It ends with the gates
that did not hold, and then not with 0.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator

from bench import anchors_costs, anchors_generated, anchors_pairs

SEED = 20_260
KEPT = ("same", "same_dup", "same_ctx_changed", "edited", "moved")
VERDICTS = {"right": "fair", "near": "close", "wrong": "", "lost": "", "falsely placed": ""}
Gate = tuple[bool, str]


def main() -> int:
    """Print the tables and the figures, and which gates do not hold."""
    asked = argparse.ArgumentParser(prog="bench.anchors", description=__doc__)
    asked.add_argument("--seed", type=int, default=SEED, help="of the generated revisions")
    seed = asked.parse_args().seed
    start = time.perf_counter()
    gates = [*_pairs(), *_generated(seed), *_costs()]
    missed = [line for holds, line in gates if not holds]
    print("\n".join(missed) or f"every gate holds ({time.perf_counter() - start:.0f} s)")
    return 1 if missed else 0


def _pairs() -> Iterator[Gate]:
    """Yield the gates of the shared pairs."""
    if not anchors_pairs.TOOLS.is_dir():
        print("The pairs of real revisions are absent: ../shared/tools/anchors. They are left out.")
        return
    table = anchors_pairs.table()
    kept = sum((table.get(kind, Counter()) for kind in KEPT), Counter[str]())
    gone, same = table["gone"], table["same"]
    yield same["right"] == same.total(), "GATE pairs: unchanged text is placed exactly"
    yield from _shares("pairs", kept, gone["wrong"], gone.total())


def _generated(seed: int) -> Iterator[Gate]:
    """Yield the gates of the generated revisions."""
    table, missed = anchors_generated.run(seed)
    chained, lost = anchors_generated.chain(seed)
    print(f"generated revisions, seed {seed}")
    print(f"  {'kind of place: what happened':36} {'n':>5}", *(f"{v:>14}" for v in VERDICTS))
    for name, row in sorted({**table, "four versions in a row": chained}.items()):
        print(_line(name, row))
    whole = sum(table.values(), chained)
    print(_line("all", whole))
    for line in (missed + lost)[:20]:
        print(f"  not exact: {line}")
    yield not missed, "GATE generated: what did not change is exact"
    yield not lost, "GATE generated: what comes back in a later version is exact"
    yield from _shares("generated", whole, whole["falsely placed"], _gone(whole))
    yield from _shares("four versions", chained, chained["falsely placed"], _gone(chained))


def _line(name: str, row: Counter[str]) -> str:
    """Return a row of the table; of what is gone, fair and close are right and near."""
    counts = [row[verdict] + (row[gone] if gone else 0) for verdict, gone in VERDICTS.items()]
    n = sum(counts) or 1
    return f"  {name:36} {n:5}" + "".join(f" {count / n:14.1%}" for count in counts)


def _gone(row: Counter[str]) -> int:
    return row["fair"] + row["close"] + row["falsely placed"]


def _shares(name: str, kept: Counter[str], false: int, gone: int) -> Iterator[Gate]:
    """Yield the gates on shares: of what was kept, and of what is gone."""
    good, lost = kept["right"] + kept["near"], kept["lost"] + kept["orphan"]
    found, gone = good + kept["wrong"] + lost or 1, gone or 1
    yield good >= 0.98 * found, f"GATE {name}: right or near 98 %: {good / found:.2%}"
    yield kept["wrong"] <= 0.01 * found, f"GATE {name}: wrong 1 %: {kept['wrong'] / found:.2%}"
    yield lost <= 0.01 * found, f"GATE {name}: lost 1 %: {lost / found:.2%}"
    yield false <= 0.01 * gone, f"GATE {name}: falsely placed 1 %: {false / gone:.2%}"


def _costs() -> Iterator[Gate]:
    """Yield the gates on time, each measured against another in one run."""
    seconds = anchors_costs.many_blocks()
    print(f"850 blocks x 200 threads: {seconds:.3f} s")
    yield seconds < 0.3, f"GATE 850 blocks x 200 threads in 0.3 s: {seconds:.3f} s"
    placing, parsing = anchors_costs.megabyte()
    ratio = placing / parsing
    print(f"500 threads, 1 MB: {placing:.3f} s, {ratio:.2f} x parsing both versions")
    yield ratio <= 1.5, f"GATE 500 threads, 1 MB: 1.5 x parsing both versions: {ratio:.2f}"


if __name__ == "__main__":
    sys.exit(main())
