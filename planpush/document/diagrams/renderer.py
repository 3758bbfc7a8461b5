"""Runs the Mermaid renderer in a process of its own that can be stopped."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

_PROCESS = Path(__file__).with_name("renderer_process.py")
_WALL = 10.0  # seconds
_CPU = 2.0  # seconds; the process bounds itself


@dataclass(frozen=True, slots=True)
class Answer:
    """What the engine made of one text: its SVG, or what is wrong and where (0: not known).

    `ends` is from where to where an edge goes, by the engine's id of it.
    """

    svg: str = ""
    ends: dict[str, list[str]] = field(default_factory=dict)
    error: str = ""
    line: int = 0
    column: int = 0
    large: bool = False


def is_installed() -> bool:
    """Tell whether one of the engines of the extra `diagrams` is there."""
    return any(find_spec(name) is not None for name in ("merman", "mmdr"))


def render(texts: list[str]) -> tuple[list[Answer] | None, float]:
    """Return an answer for each text, None where no engine works, and the seconds of work.

    Bounded by processor time (2 s) and memory in the process, by wall time here.
    """
    command = [sys.executable, "-I", str(_PROCESS)]
    try:
        done = subprocess.run(  # noqa: S603 (our own interpreter and script)
            command,
            input=json.dumps(texts).encode(),
            capture_output=True,
            timeout=_WALL,
            check=False,
            env={},
        )
    except (subprocess.TimeoutExpired, OSError):  # no room for one more process, say
        return _ended(texts), _CPU
    try:
        said = json.loads(done.stdout)
    except ValueError:
        return _ended(texts), _CPU
    answers, seconds = said["answers"], said["seconds"]
    return None if answers is None else [Answer(**answer) for answer in answers], seconds


def _ended(texts: list[str]) -> list[Answer]:
    message = "The diagram takes too long to draw."
    return [Answer(error=message, large=True) for _ in texts]
