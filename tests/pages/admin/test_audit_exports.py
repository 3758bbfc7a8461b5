"""The audit log as a file."""

import csv
import io
import re

import pytest

from planpush.activity import audit
from planpush.database.session import commit
from planpush.events.event import Event
from planpush.pages.admin.audit_exports import COLUMNS
from tests.people import person


def rows(answer):
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True), newline="")))


@pytest.fixture
def recorded(app):
    """Record events with such targets."""

    def record(*targets):
        with app.app_context():
            for target in targets:
                Event.record("test.done", by=person("bob"), target=target, data={"a": [1, "ü"]})
            commit()

    return record


def test_39_both_files_honour_the_query(ada, recorded):
    recorded("one", "two")
    table = ada.get("/admin/audit.csv?q=action:test")
    assert table.mimetype == "text/csv" and table.headers["Cache-Control"] == "no-store"
    assert "attachment" in table.headers["Content-Disposition"]
    assert list(rows(table)[0]) == list(COLUMNS)
    assert [row["object"] for row in rows(table)] == ["two", "one"]
    array = ada.get("/admin/audit.json?q=action:test")
    assert array.mimetype == "application/json"
    assert [one["object"] for one in array.json] == ["two", "one"]
    assert array.json[0]["actor"] == "bob@example.com"
    assert array.json[0]["details"] == {"a": [1, "ü"]}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", array.json[0]["time"])


def test_39_an_export_is_audited_itself(ada, logged):
    ada.get("/admin/audit.csv?q=actor:bob").get_data()
    assert logged("audit.exported") == [("Ada", "")]
    assert "actor:bob" in ada.get("/admin/audit?q=action:audit").text


def test_a_cell_is_no_formula(ada, recorded):
    for mark in ["=", "+", "-", "@", "\t", "\r", "\n"]:
        recorded(f"{mark}1+1|'x'!A0")
        answer = ada.get("/admin/audit.csv?q=action:test")
        assert rows(answer)[0]["object"] == f"'{mark}1+1|'x'!A0", mark


def test_a_file_that_is_cut_says_so_and_where_it_goes_on(ada, recorded, monkeypatch):
    monkeypatch.setattr(audit, "_CHUNK", 2)
    monkeypatch.setattr(audit.Audit.cut_at, "__defaults__", (None, None, 3))
    monkeypatch.setattr(audit.Audit.chunks, "__defaults__", (None, None, 3))
    recorded("a", "b", "c", "d", "e")
    answer = ada.get("/admin/audit.json?q=action:test")
    assert [one["object"] for one in answer.json] == ["e", "d", "c"]
    assert "-newest-" in answer.headers["Content-Disposition"]
    rest = re.fullmatch(r'<http://localhost(.+)>; rel="next"', answer.headers["Link"])[1]
    last = ada.get(rest)
    assert [one["object"] for one in last.json] == ["b", "a"]
    assert "Link" not in last.headers and "-newest-" not in last.headers["Content-Disposition"]
