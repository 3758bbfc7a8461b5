"""Shows outputs of the sanitiser to Chromium, many to a page: to load one is what takes long.

A program of its own, since Playwright runs once in a process: it reads pages, lists of outputs,
and writes what the harness of ../shared/tools/xss finds wrong with them. Each output is in a box;
one that got out of its box, or swallowed the next, is as wrong as one that runs.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

from planpush.document.sanitizer.sanitizer import ID_PREFIX, TAGS

POLICY = {"strict": True, "idPrefix": ID_PREFIX, "tags": sorted(TAGS)}
BOXES = """() => {
    const boxes = [...document.getElementById("harness-host")?.childNodes ?? []];
    const whole = boxes.length && boxes.every((box, n) => box.title === `${n}/${boxes.length}`);
    return whole ? [] : ["escape: from its box"];
}"""


def boxed(outputs: list[str]) -> str:
    """Return a page's outputs as one; how many there are stands in each box."""
    return "".join(
        f'<div title="{number}/{len(outputs)}">{output}</div>'
        for number, output in enumerate(outputs)
    )


def main(folder: str, chromium: str, pages: list[list[str]]) -> dict[str, Any]:
    """Return the findings, each under its page."""
    sys.path.insert(0, folder)
    harness = importlib.import_module("xss_harness")
    harness.AUDIT_JS = f"(cfg) => [...({harness.AUDIT_JS})(cfg), ...({BOXES})()]"
    harness.POKE_JS = harness.POKE_JS.replace("n++ > 60", "n++ > 2000")
    assert "n++ > 2000" in harness.POKE_JS
    shown = {str(number): boxed(outputs) for number, outputs in enumerate(pages)}
    found = harness.browse(shown, POLICY, executable=chromium, verbose=False)
    return {shown[page]: said for page, said in found.items() if said}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:], json.load(sys.stdin))))
