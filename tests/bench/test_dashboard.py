"""The dashboard's bench runs, and says what it must: on databases that take a moment to fill."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace

import pytest
from flask import g, template_rendered

from bench import dashboard, dashboard_stage
from bench.dashboard import Judged
from bench.dashboard_cases import Case, cases
from bench.dashboard_costs import Figures
from bench.dashboard_machine import THERE, Machine
from bench.dashboard_stage import SQLITE, Stage


@pytest.fixture(autouse=True)
def tiny(tmp_path, monkeypatch):
    monkeypatch.setattr(dashboard_stage, "FOLDER", tmp_path)
    monkeypatch.setenv("BENCH_SMOKE", "1")
    monkeypatch.delenv("PLANPUSH_TEST_POSTGRES", raising=False)
    return tmp_path


@pytest.mark.long
def test_it_measures_every_kind_of_page_and_fills_a_database_once(tiny, capsys):
    told = tiny / "figures.json"
    dashboard.main(["--rounds", "1", "--json", str(told), "--engine", "SQLite"])
    figures = json.loads(told.read_text())
    assert {one["group"] for one in figures} == {"page", "filter", "sort", "search", "pages"}
    assert {one["who"] for one in figures} == {"admin", "developer"}
    assert not [one for one in figures if "status" in one], "a page that is not built"
    assert all(one["cost_large"] > 0 and one["jinja_large"] > 0 for one in figures)
    rare = next(one for one in figures if one["case"] == "rare word")
    assert 0 < rare["rows_large"] <= 20
    printed = capsys.readouterr().out
    assert "SQLite, 120 against 60 plans" in printed and "rare word" in printed
    assert printed.count("filling ") == 2, "a small one and a large one"
    dashboard.main(["--rounds", "1", "--only", "filter turn:me"])
    assert "filling " not in capsys.readouterr().out


def test_what_is_compared_to_is_the_same_page_without_stencils(tiny):
    seen = []

    def again(_app, template, context, **_rest):
        assert len(g.pop("rows").listing.plans) == 50
        plain = stage.plain.get_template(template.name).render(context)
        assert "rows" not in g
        seen.append(plain == template.render(context))

    with closing(Stage(SQLITE, dashboard.TINY[1])) as stage:
        admin = stage.people["admin"]
        with template_rendered.connected_to(again, stage.app):
            assert admin.ask(admin.environ("/dashboard/plans?q=")) == 200
    assert seen == [True]


def figures(case: Case, **told: object) -> Figures:
    made = Figures(case, "admin", SimpleNamespace(engine="SQLite"), {}, status=200, rows=50)
    made.cost, made.jinja, made.sql = [2.0], [1.0], [0.5]
    return replace(made, **{"own": told.get("cost", made.cost)} | told)


@pytest.mark.parametrize(
    ("large", "small", "missed"),
    [
        ({}, {}, []),
        ({"jinja": [0.5]}, {}, ["Jinja"]),
        ({"cost": [2.1]}, {"cost": [1.5]}, ["small"]),
        ({"statements": [("SELECT 1", ())]}, {}, ["queries"]),
        ({"rows": 3, "cost": [1.2], "jinja": [0.1]}, {"rows": 3, "cost": [1.2]}, []),
        ({"rows": 3, "cost": [1.6], "jinja": [0.1]}, {"rows": 3, "cost": [1.6]}, ["Jinja"]),
        ({"rows": 50, "cost": [2.0]}, {"rows": 2, "cost": [1.2], "jinja": [0.1]}, []),
        ({"status": 422}, {}, []),
    ],
)
def test_goals_are_judged(large, small, missed):
    case = next(iter(cases()))
    assert Judged(figures(case, **large), figures(case, **small), full=1.0).missed == missed


def test_statements_that_hit_all_have_a_goal_of_their_own():
    case = next(one for one in cases() if one.name == "word in every plan")
    slow = figures(case, sql=[1.0] * 98 + [25.0] * 2, cost=[9.0])
    assert Judged(slow, figures(case), full=1.0).missed == ["SQL"]
    assert Judged(slow, figures(case), full=1.0, slower=1.3).missed == []
    assert Judged(slow, figures(case), full=1.0, slower=1.2).missed == ["SQL"]


def test_a_machine_is_as_slow_as_what_it_took():
    machine = Machine()
    machine.measure()
    assert machine.slower >= 1.0 and len(machine.taken) == 1
    machine.taken = [2 * THERE, 3 * THERE, 9 * THERE]
    assert machine.slower == pytest.approx(3)
    machine.taken = [THERE / 2]
    assert machine.slower == 1.0, "a goal is never less than it says"
