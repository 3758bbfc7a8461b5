"""Every bench can be imported, and the cheapest one runs."""

from __future__ import annotations

import importlib

import pytest

from bench import __main__, growth


@pytest.mark.parametrize("name", __main__.BENCHES)
def test_every_bench_is_listed_with_its_command(name, capsys):
    about = importlib.import_module(f"bench.{name}").__doc__
    assert f"`python -m bench {name}" in about
    assert __main__.main([]) == 0
    assert f"  {name} " in capsys.readouterr().out


def test_an_unknown_bench_is_refused():
    assert __main__.main(["nothing"]) == 2


@pytest.mark.long
def test_growth_prints_its_table_and_fails_when_a_goal_is_missed(monkeypatch, capsys):
    monkeypatch.delenv("PLANPUSH_TEST_POSTGRES", raising=False)
    monkeypatch.setenv("BENCH_SMOKE", "1")
    monkeypatch.setattr(growth, "GATE", 0.001)
    assert __main__.main(["growth"]) == 0, "a smoke run judges no goal"
    monkeypatch.delenv("BENCH_SMOKE")
    monkeypatch.setattr(growth, "PUSHES", 1)
    assert __main__.main(["growth"]) == 1
    assert "**missed**" in capsys.readouterr().out
