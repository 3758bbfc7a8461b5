"""The renderer process: Mermaid source in, SVG or an error out, as JSON lines.

Runs as a script of its own, so that whatever a native engine does, the server lives on. It imports
nothing of ours.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

Draw = Callable[[str], dict[str, Any]]
CONFIGURATION = {
    "theme": "base",
    "look": "classic",
    "fontSize": 16,
    "fontFamily": "arial",
    "themeVariables": {"fontSize": "16px", "fontFamily": "arial"},
    "htmlLabels": False,
    "flowchart": {
        "htmlLabels": False,
        "padding": 12,
        "nodeSpacing": 40,
        "rankSpacing": 48,
        "minNodeWidth": 60,
    },
    "class": {"htmlLabels": False},
    "state": {"htmlLabels": False},
    "er": {"htmlLabels": False, "fontSize": 16},
    "sequence": {"actorMargin": 56, "messageMargin": 32},
}
LIMITS = {
    "max_source_bytes": 60_000,
    "max_model_items": 2_000,
    "max_model_text_bytes": 200_000,
    "max_model_nesting_depth": 40,
}
SVG_LIMITS = {"max_svg_bytes": 600_000, "max_svg_elements": 15_000}
MILLISECONDS = 800  # a diagram, by the clock
WORK = 0.4  # seconds of work in them; with less the machine was busy, which is not its fault


def main() -> None:
    """Answer each text with {"svg"} or {"error", "line", "column", "large"}, and the work done."""
    _bound()
    draw = _merman() or _mmdr()
    texts = json.load(sys.stdin)
    answers = [draw(text) for text in texts] if draw else None
    json.dump({"answers": answers, "seconds": time.process_time()}, sys.stdout)


def _bound() -> None:
    """Two seconds of work and a gigabyte, whatever is asked."""
    try:
        import resource
    except ImportError:  # not a Unix: the parent's time limit remains
        return
    resource.setrlimit(resource.RLIMIT_CPU, (2, 3))
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _merman() -> Draw | None:
    try:
        merman: Any = import_module("merman")
    except (ImportError, OSError):
        return None
    engine = merman.Merman()

    def draw(text: str) -> dict[str, Any]:
        began = time.process_time()
        while True:
            control = merman.MermanOperationControl(MILLISECONDS)
            try:
                svg = _asked(merman, engine, control, "svg", text)
                meaning = _asked(merman, engine, control, "semantic-json", text)
                return {"svg": svg, "ends": _ends(json.loads(meaning))}
            except Exception as problem:  # the engine's own, or a panic that it caught
                if not _is_late(problem) or time.process_time() - began > WORK:
                    return _wrong(engine, text, problem)

    return draw


def _asked(merman: Any, engine: Any, control: Any, operation: str, text: str) -> str:
    options = _options(LIMITS)
    if operation == "svg":
        options = _options(LIMITS | SVG_LIMITS, svg={"pipeline": "resvg-safe", "diagram_id": "d"})
    request = merman.MermanOperationRequestV4(
        operation_id=operation, source=text, uri=None, options_json=options, control=control
    )
    return bytes(engine.execute(request).data).decode()


def _options(limits: dict[str, int], **more: Any) -> str:
    resources = {"profile": "interactive", "limits": limits}
    return json.dumps({"site_config": CONFIGURATION, "resources": resources, **more})


def _is_late(problem: Exception) -> bool:
    return "CANCEL" in getattr(problem, "code_name", "")


def _ends(meaning: dict[str, Any]) -> dict[str, list[str]]:
    """Return from where to where the edges go whose ids do not say so."""
    found = {}
    for edge in meaning.get("edges") or []:
        start, end = edge.get("from", edge.get("start")), edge.get("to", edge.get("end"))
        if isinstance(start, str) and isinstance(end, str):
            found[str(edge.get("id"))] = [start, end]
    return found


def _wrong(engine: Any, text: str, problem: Exception) -> dict[str, Any]:
    name = getattr(problem, "code_name", "")
    message = str(getattr(problem, "message", problem))[:300]
    if "RESOURCE" in name or "CANCEL" in name or "DEADLINE" in name:
        return {"error": message, "large": True}
    found: dict[str, Any] = {}
    try:
        report = json.loads(engine.analyze_json(text, None))
        found = next((d for d in report["diagnostics"] if d["severity"] == "error"), {})
    except Exception as doubt:
        message = message or str(doubt)
    span = found.get("span") or {}
    return {
        "error": str(found.get("message") or message)[:300],
        "line": span.get("line", 0),
        "column": span.get("column", 0),
    }


def _mmdr() -> Draw | None:
    try:
        engine: Any = import_module("mmdr._mmdr")
    except (ImportError, OSError):
        return None
    start = "%%{init: " + json.dumps(CONFIGURATION) + "}%%\n"

    def draw(text: str) -> dict[str, Any]:
        try:
            return {"svg": engine.render(start + text, "merman")}
        except Exception as problem:
            return {"error": str(problem)[:300]}

    return draw


if __name__ == "__main__":
    main()
