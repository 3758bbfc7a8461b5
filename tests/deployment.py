"""What Compose and systemd would run, from the files that we ship and the edits in the guide."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
GUIDE = (ROOT / "docs/docker.md").read_text()
_VARIABLE = re.compile(r"\$(?:\$|\{(\w+)(?:(:-|:\?)([^}]*))?\})")


class Refused(Exception):
    """Compose would not start, and say this."""


def block(before: str) -> list[str]:
    """The lines of the block of code that follows this text of docs/docker.md."""
    _, found, rest = GUIDE.partition(before)
    assert found, before
    code = re.search(r"^```sh\n(.*?)^```$", rest, re.MULTILINE | re.DOTALL)
    assert code
    return code[1].splitlines()


def edited(folder: Path) -> Path:
    """An .env as the first steps of the guide make it."""
    steps = [line for line in block("## In five minutes") if not line.startswith("docker")]
    (folder / ".env.example").write_text((ROOT / ".env.example").read_text())
    subprocess.run(["/bin/sh", "-ec", "\n".join(steps)], cwd=folder, check=True)
    return folder / ".env"


def amended(path: Path, lines: list[str]) -> Path:
    """The same .env with these lines in the place of its own."""
    text = path.read_text()
    for line in lines:
        name, _, value = line.partition("=")
        text, count = re.subn(rf"^{name}=.*$", lambda _, line=line: line, text, flags=re.MULTILINE)
        assert count == 1 and value, line
    path.write_text(text)
    return path


def variables(path: Path) -> dict[str, str]:
    """The variables of a file that a shell, Compose and systemd can read."""
    lines = (line for line in path.read_text().splitlines() if line and not line.startswith("#"))
    pairs = (line.split("=", 1) for line in lines)
    return {name: " ".join(shlex.split(value)) for name, value in pairs}


def composed(env: dict[str, str]) -> dict[str, Any]:
    """The services that `docker compose up -d` starts, with what the profiles in `env` ask for."""
    text = (ROOT / "docker-compose.yml").read_text()
    told = yaml.safe_load(_VARIABLE.sub(lambda found: _value(found, env), _plain(text)))
    wanted = set(env.get("COMPOSE_PROFILES", "").split(","))
    services = told["services"].items()
    return {
        name: service
        for name, service in services
        if not service.get("profiles") or wanted & set(service["profiles"])
    }


def environment(service: dict[str, Any], env: dict[str, str]) -> dict[str, str]:
    """The environment in the container: the image's, the file's, the service's."""
    words = shlex.split(os.path.expandvars(instruction("ENV")))
    image = dict(word.split("=", 1) for word in words)
    return image | env | service["environment"]


def command(service: dict[str, Any]) -> list[str]:
    """The command in the container; a service without one runs the image's."""
    entry = service.get("entrypoint", json.loads(instruction("ENTRYPOINT")))
    return [*entry, *service.get("command", json.loads(instruction("CMD")))]


def instruction(name: str) -> str:
    """What the last instruction of this name in the Dockerfile says."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", "")
    return re.findall(rf"^{name} (.*)$", text, re.MULTILINE)[-1].strip()


def unit() -> dict[str, list[str]]:
    """What docs/planpush.service says in its part Service; a name may stand there twice."""
    text = (ROOT / "docs/planpush.service").read_text()
    part = text.partition("[Service]\n")[2].partition("\n[")[0]
    found: dict[str, list[str]] = {}
    for line in part.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def _plain(text: str) -> str:
    return re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)


def _value(found: re.Match[str], env: dict[str, str]) -> str:
    name, kind, word = found.groups()
    if name is None:
        return "$"
    if kind == ":?" and not env.get(name):
        raise Refused(f"required variable {name} is missing a value: {word}")
    return env.get(name) or (word if kind == ":-" else "")
