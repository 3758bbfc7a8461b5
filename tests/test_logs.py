"""Logs hold no secret: not of libraries that print them at DEBUG, and not in errors."""

import json
import logging
import sys

import pytest
import sqlalchemy as sa

from planpush.logs import (
    TALKATIVE,
    JsonLines,
    TextLines,
    about,
    init_logs,
    is_for_operators,
    told_of,
    write_logs,
)

INSIDE = [
    "flask_dance.consumer.oauth2", "requests_oauthlib.oauth2_session", "oauthlib.oauth2.rfc6749",
    "authlib.integrations.base_client", "joserfc.jwt", "urllib3.connectionpool",
    "slack_sdk.web.base_client", *TALKATIVE,
]  # fmt: skip


@pytest.fixture(autouse=True)
def as_before():
    names = [*TALKATIVE, ""]
    levels = {name: logging.getLogger(name).level for name in names}
    yield
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize("name", INSIDE)
def test_17_a_talkative_library_says_nothing_at_debug(name):
    logging.getLogger().setLevel(logging.DEBUG)
    init_logs("DEBUG")
    assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)
    assert logging.getLogger(name).isEnabledFor(logging.INFO)


def test_17_it_is_no_louder_than_the_rest():
    logging.getLogger().setLevel(logging.ERROR)
    init_logs("ERROR")
    assert not logging.getLogger("flask_dance").isEnabledFor(logging.WARNING)


def test_17_every_app_does_so(database_url, tmp_path):
    from tests.conftest import make_app

    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.DEBUG)
    make_app(database_url, tmp_path, log_level="DEBUG")
    assert {logging.getLogger(name).level for name in TALKATIVE} == {logging.INFO}


def record(message, *args, error=None):
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("planpush", logging.ERROR, "", 0, message, args, info)


def raised(make):
    try:
        make()
    except Exception as error:
        return error
    raise AssertionError("it did not fail")


@pytest.mark.parametrize(
    "told",
    ["ppa_0123456789abcdef", "xoxb-12-34-heron", "Bearer heron.heron", "/p/a?token=heron",
     "https://hooks.slack.com/services/T0/B0/heron", "postgresql://me:heron@host/x"],
)  # fmt: skip
def test_what_looks_like_a_secret_is_left_out(told):
    line = json.loads(JsonLines().format(record("it failed: %s (really)", told)))["message"]
    assert told not in line and "heron" not in line and line.endswith("(really)")


def test_an_error_is_told_by_kind_and_place_and_quoted_only_in_the_interpreters_words():
    harmless = raised(lambda: None.heron)
    assert "AttributeError: 'NoneType' object" in JsonLines().format(record("x", error=harmless))
    for make in (
        lambda: {}["heron-key"],
        lambda: json.loads("heron!"),
        lambda: "é".encode("ascii"),
    ):
        told = json.loads(JsonLines().format(record("x", error=raised(make))))["exception"]
        assert "test_logs.py" in told and "'heron" not in told.splitlines()[-1]
        assert told.splitlines()[-1] in ("KeyError", "json.decoder.JSONDecodeError",
                                         "UnicodeEncodeError")  # fmt: skip


def test_an_error_of_the_database_is_told_without_its_row():
    engine = sa.create_engine("sqlite://", hide_parameters=True, poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x TEXT UNIQUE)")
        insert, row = sa.text("INSERT INTO t VALUES (:x)"), {"x": "her" + "on"}
        connection.execute(insert, row)
        error = raised(lambda: connection.execute(insert, row))
    told = told_of(error)
    assert "SQLITE_CONSTRAINT_UNIQUE" in told and "INSERT INTO t" in told and "heron" not in told


def test_a_line_stays_one_line():
    line = TextLines().format(record("a\nb\x1b[31m"))
    assert line.endswith("planpush: a\\x0ab\\x1b[31m") and "\n" not in line


def test_what_does_not_fit_is_told_all_the_same():
    assert "does not fit" in TextLines().format(record("%d apples", "heron"))


def test_a_thread_says_what_it_is_about():
    with about(job="sweep"), about(delivery=7):
        line = json.loads(JsonLines().format(record("x")))
    assert (line["job"], line["delivery"]) == ("sweep", 7)
    assert "job" not in json.loads(JsonLines().format(record("x")))


def test_of_libraries_nothing_below_info_is_written():
    names = ("planpush", "planpush.access", "planpusher", "sqlalchemy.engine")
    made = [logging.LogRecord(name, logging.DEBUG, "", 0, "x", (), None) for name in names]
    assert [is_for_operators(one) for one in made] == [True, True, False, False]


@pytest.mark.parametrize(("form", "terminal", "kind"), [
    ("", True, TextLines), ("", False, JsonLines), ("text", False, TextLines),
    ("json", True, JsonLines),
])  # fmt: skip
def test_a_person_at_a_terminal_reads_text(monkeypatch, form, terminal, kind):
    root = logging.RootLogger(logging.WARNING)
    monkeypatch.setattr(logging, "getLogger", lambda name="": root)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    write_logs("INFO", form)
    assert [type(one.formatter) for one in root.handlers] == [kind]
