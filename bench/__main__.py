"""`python -m bench` lists the benches; `python -m bench NAME [OPTION …]` runs one.

A bench prints a table and ends with 1 if it misses a goal. With `BENCH_SMOKE=1` sizes are tiny and
no goal is judged: that only shows that the bench works. `pictures` makes the screenshots of docs/.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

BENCHES = (
    "views", "pages", "push", "writers", "growth", "cold", "dashboard", "live", "worst", "anchors",
    "rolling", "pictures",
)  # fmt: skip


def main(given: Sequence[str]) -> int:
    """Run what the command line asks for."""
    if not given or given[0] not in BENCHES:
        print(__doc__)
        for name in BENCHES:
            about = importlib.import_module(f"bench.{name}").__doc__ or ""
            print(f"  {name:10} {about.partition(':')[0]}")
        return 2 if given else 0
    name, *rest = given
    return int(importlib.import_module(f"bench.{name}").main(rest))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
