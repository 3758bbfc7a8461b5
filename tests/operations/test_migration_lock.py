"""The locks: everything that the image installs is named once, in one version, with its hashes."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hatch_build import NODE_WHEEL

ROOT = Path(__file__).resolve().parents[2]
PROJECT: Any = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUNS = [
    *PROJECT["project"]["dependencies"],
    *PROJECT["project"]["optional-dependencies"]["postgres"],
    *PROJECT["project"]["optional-dependencies"]["diagrams"],
]
BUILDS = [*PROJECT["build-system"]["requires"], NODE_WHEEL]
HASHED = re.compile(
    r"(?P<told>[^\s\\][^\\\n]*)(?P<hashes>(?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n"
)
HERE = {"extra": "", "python_version": "3.13"}


def locked(name: str) -> dict[str, Requirement]:
    """What a lock names; nothing else may stand in it but remarks."""
    text = (ROOT / ".ci" / name).read_text()
    assert not HASHED.sub("", re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE)).strip()
    assert "://" not in text, "a lock names no host"
    found = [Requirement(told) for told, _ in HASHED.findall(text)]
    assert len({one.name for one in found}) == len(found)
    return {canonicalize_name(one.name): one for one in found}


@pytest.mark.parametrize(("name", "wanted"), [("requirements.lock", RUNS), ("build.lock", BUILDS)])
def test_60_a_lock_holds_what_the_project_asks_for(name: str, wanted: list[str]) -> None:
    found = locked(name)
    for one in map(Requirement, wanted):
        version = f"=={'=='.join(str(one.specifier).split('==')[1:])}"
        assert str(found[canonicalize_name(one.name)].specifier) == version, f"{one}: make lock"
    assert all(re.fullmatch(r"==[^,*]+", str(one.specifier)) for one in found.values())


@pytest.mark.parametrize("name", ["requirements.lock", "build.lock"])
def test_60_a_lock_holds_the_whole_tree(name: str) -> None:
    found = locked(name)
    for one in found.values():
        for needed in needs(one):
            assert canonicalize_name(needed.name) in found, f"{one.name} needs {needed}: make lock"


def needs(one: Requirement) -> list[Requirement]:
    """What a package asks for here, as far as it is installed."""
    try:
        told = requires(one.name) or []
    except PackageNotFoundError:  # of another platform, or only the builder's
        return []
    return [
        needed for needed in map(Requirement, told)
        if not needed.marker or needed.marker.evaluate(HERE)
    ]  # fmt: skip


def test_60_each_engine_for_diagrams_is_locked_for_its_own_platforms() -> None:
    found = locked("requirements.lock")
    for one in map(Requirement, PROJECT["project"]["optional-dependencies"]["diagrams"]):
        for system, machine in MACHINES:
            place = {"sys_platform": system, "platform_machine": machine, "extra": ""}
            assert one.marker and found[one.name].marker
            assert one.marker.evaluate(place) == found[one.name].marker.evaluate(place)


MACHINES = [
    ("linux", "x86_64"), ("linux", "aarch64"), ("linux", "riscv64"),
    ("darwin", "arm64"), ("darwin", "x86_64"), ("win32", "AMD64"),
]  # fmt: skip
