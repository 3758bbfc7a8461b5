"""The workflows: pinned, with the least rights, and nothing in them that is not there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from planpush.paths import ROOT

HUB = ROOT / ".github"
WORKFLOWS = sorted((HUB / "workflows").glob("*.yml"))
EACH = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
PINNED = re.compile(r"[\w.-]+/[\w./-]+@(?:v\d+(?:\.\d+)*|[0-9a-f]{40}|release/v\d+)")
OURS = re.compile(r"(?<![\w/.-])((?:\.ci|bench|docs|tests)/[\w./-]+)")


def read(path: Path) -> dict[str, Any]:
    loaded = yaml.safe_load(path.read_text())
    assert isinstance(loaded, dict), path
    return loaded


def steps(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


def test_there_are_three() -> None:
    assert [path.stem for path in WORKFLOWS] == ["audit", "ci", "release"]


@EACH
def test_every_action_is_pinned(path: Path) -> None:
    used = [step["uses"] for step in steps(read(path)) if "uses" in step]
    assert used and [one for one in used if not PINNED.fullmatch(one)] == []


@EACH
def test_rights_are_named_and_read_only_by_itself(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        assert job["timeout-minutes"] <= 60, name
        writes = {right for right, kind in job.get("permissions", {}).items() if kind == "write"}
        assert not writes or path.stem == "release", name


@EACH
def test_a_checkout_leaves_no_key_behind_and_no_secret_is_said(path: Path) -> None:
    text = path.read_text()
    assert "secrets." not in text and "pull_request_target" not in text
    for step in steps(read(path)):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
        # What people type (titles, branches) never becomes a part of a command.
        assert "${{" not in step.get("run", ""), step["run"]


@EACH
def test_what_is_run_is_there_and_is_shell(path: Path) -> None:
    for step in steps(read(path)):
        for name in OURS.findall(step.get("run", "")):
            assert (ROOT / name).exists(), name
        if "run" in step:
            subprocess.run(["bash", "-n"], input=step["run"], text=True, check=True)


def test_forms_for_issues_can_be_read() -> None:
    forms = [one for one in (HUB / "ISSUE_TEMPLATE").glob("*.yml") if one.stem != "config"]
    assert len(forms) == 2
    for form in map(read, forms):
        assert {"name", "description", "body"} <= set(form)
        ids = [field.get("id") for field in form["body"] if field["type"] != "markdown"]
        assert all(ids) and len(ids) == len(set(ids))


def test_what_is_pinned_is_renewed() -> None:
    kinds = {one["package-ecosystem"] for one in read(HUB / "dependabot.yml")["updates"]}
    assert kinds == {"github-actions", "pip", "npm"}


def test_a_tag_that_is_not_the_version_is_refused() -> None:
    command = [sys.executable, ".ci/tag_matches.py", "v0.0.0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "the project says" in done.stderr
