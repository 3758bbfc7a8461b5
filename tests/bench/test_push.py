"""The benches of pushes and of writers run: on little, beside their ceilings, on a server."""

from __future__ import annotations

import json

import pytest

from bench import push, writers
from planpush.document.html import parse_cost
from planpush.document.sanitizer import limits


@pytest.fixture(autouse=True)
def smoke(monkeypatch):
    monkeypatch.setenv("BENCH_SMOKE", "1")
    monkeypatch.delenv("PLANPUSH_TEST_POSTGRES", raising=False)


def rows(command, tmp_path):
    told = tmp_path / "figures.json"
    assert command(["--json", str(told)]) == 0, "a smoke run judges nothing"
    return {row["name"]: row for row in json.loads(told.read_text())["rows"]}


@pytest.mark.long
def test_a_push_is_measured_beside_sanitising_and_compressing(tmp_path):
    found = rows(push.command, tmp_path)
    assert len(found) == 6
    assert found["push 60 KB, whole"]["ceiling"] == "sanitise + compress"
    assert found["push one section of 12"]["ceiling"] == "whole push"


@pytest.mark.long
def test_writers_are_measured_and_nothing_is_lost(tmp_path):
    found = rows(writers.command, tmp_path)
    assert "the rate of 32 writers against that of one" in found
    kept = [row for name, row in found.items() if name.endswith(("not taken", "lost", "log"))]
    assert len(kept) == 4 and all(row["value"] == 0 for row in kept)


def test_the_documents_are_what_a_push_may_have():
    assert 55_000 < sum(len(one["html"]) for one in push.document(push.KB60)) < 75_000
    assert all(parse_cost.elements(one["html"]) for one in push.document(push.KB60))
    large = push.large(push.MB5 // 10)
    assert sum(limits.check(one["html"]) for one in large) < limits.MAX_ELEMENTS / 10
