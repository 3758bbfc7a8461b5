"""The bench of comparisons runs, and its documents are what they say."""

from __future__ import annotations

import pytest

from bench import compare


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setenv("BENCH_SMOKE", "1")
    monkeypatch.setattr(compare, "ROUNDS", 1)


def test_it_measures_every_case(capsys):
    assert compare.main([]) == 0
    printed = capsys.readouterr().out
    assert all(case.name in printed for case in compare.cases(1, 1_000))


def test_without_the_pairs_it_goes_on(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(compare, "PAIRS", tmp_path / "absent")
    assert compare.main(["--only", "MB"]) == 0
    assert "real" not in capsys.readouterr().out


def test_documents_have_their_sizes_and_their_edits():
    old, new = compare.Author(1).version(60_000, 0.1)
    assert 50_000 < sum(map(len, old.values())) < 80_000
    assert old.keys() == new.keys() and all(old[key] != new[key] for key in old)
