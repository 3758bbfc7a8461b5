"""`python -m bench.faults`: see the package."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from bench.faults import clock, full, gone, kill, readonly, slow
from bench.faults.postgres import Postgres

FAULTS = {
    "kill": kill.run, "full": full.run, "readonly": readonly.run, "gone": gone.run,
    "clock": clock.run, "slow": slow.run,
}  # fmt: skip
ON_POSTGRES = ("kill", "gone", "clock", "slow")


def main() -> int:
    """Try the faults that are named; 1 after a miss."""
    told = argparse.ArgumentParser(prog="python -m bench.faults")
    told.add_argument("faults", nargs="*", choices=[*FAULTS, []], metavar="|".join(FAULTS))
    told.add_argument("--smoke", action="store_true", help="short")
    told.add_argument("--postgres", action="store_true", help="on a PostgreSQL of its own")
    options = told.parse_args()
    missed = 0
    for name in options.faults or list(FAULTS):
        if options.postgres and name not in ON_POSTGRES:
            continue
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            url = ""
            if options.postgres or name == "gone":
                url = stack.enter_context(Postgres(Path(folder))).url
            table = FAULTS[name](Path(folder), url, smoke=options.smoke)
        print(f"  {time.monotonic() - began:.0f} s")
        missed += table.missed
    print(f"\n{missed} goals missed" if missed else "\nall goals met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
