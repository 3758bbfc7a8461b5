"""Backup and restore: whole or not at all, on either database, and nothing that should be gone."""

from __future__ import annotations

import gzip
import json
import os
import random
import stat
import tracemalloc
from datetime import timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask_migrate import upgrade

from planpush.accounts.sessions import BrowserSession, SignInLink
from planpush.accounts.tokens import Token
from planpush.accounts.user import User
from planpush.cli.main import cli
from planpush.comments.comment import Comment
from planpush.database.session import commit, db, now
from planpush.errors import Problem
from planpush.events.event import Event
from planpush.notifications.outbox import Delivery
from planpush.operations.backup import LEFT_OUT, Head, Reader, Writer, back_up, check_whole
from planpush.operations.migrations import is_current
from planpush.operations.restore import restore
from planpush.paths import MIGRATIONS
from planpush.plans.plan import Plan
from planpush.settings.store import Setting, settings
from planpush.versions.purge import purge
from tests.conftest import ON_POSTGRES, make_app, own_database
from tests.people import Browser, person

ENGINES = ("sqlite", "postgres") if ON_POSTGRES else ("sqlite",)
OLD = """INSERT INTO users (id, email, name, roles, active, created_at)
VALUES (7, 'old@example.com', 'Old', '["qa"]', true, '2026-01-02 03:04:05.000006')"""
VOID = {"claimed_by", "claimed_until", "words"}


def quiet(_line):
    pass


@pytest.fixture
def target(tmp_path, worker_id):
    """Make an app on a database that nothing has touched: target("sqlite")."""
    made = []

    def make(engine=ENGINES[-1], **config):
        name = f"restored-{len(made)}"
        url = f"sqlite:///{tmp_path / name}.db"
        if engine == "postgres":
            named = f"planpush_restored_{len(made)}_{worker_id}"
            url = own_database(os.environ["PLANPUSH_TEST_POSTGRES"], named)
        made.append(make_app(url, tmp_path, **config))
        return made[-1]

    yield make
    for one in made:
        with one.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def lively(app, plan, agent):
    """A database in which much has happened."""
    bob = Browser(app, "bob")
    said = {"body": "Why “rotate”? 日本語 \U0001f600 @alice", "anchor": "intro", "blocking": "1"}
    assert bob.send("POST", f"/p/{plan}/threads", said).status_code == 201
    assert bob.send("POST", f"/p/{plan}/threads", said | {"anchor": "data"}).status_code == 201
    page = '<section data-anchor="intro"><h2>Intro</h2><p>Two</p></section>'
    path = "/api/push?slug=other&title=Other"
    assert agent("alice", "POST", path, data=page, content_type="text/html").status_code == 201
    with app.app_context():
        ada = person("ada")
        Setting.change({"slack_webhook_url": "https://hooks.slack.com/services/T0/B0/x"}, by=ada)
        number = db.session.scalars(sa.select(Plan.id)).first()
        told = {"channel": "channel", "outlet": "slack", "lane": "l", "manner": "grow"}
        held = {"claimed_by": "worker-1", "claimed_until": now() + timedelta(seconds=20)}
        held |= {"unsure": True, "topics": "talk", "remote": {"ts": "1.5", "deep": [None, 1.25]}}
        db.session.add(Delivery(plan_id=number, **told, **held))
        SignInLink.issue(ada)
        commit()
    return app


def rows(app):
    """What is kept, as Python sees it: the same for both databases."""
    found = {}
    with app.app_context():
        for table in db.metadata.sorted_tables:
            if table.name not in LEFT_OUT:
                columns = [column for column in table.columns if column.name not in VOID]
                found[table.name] = sorted(map(repr, db.session.execute(sa.select(*columns))))
        db.session.remove()
    return found


def backed_up(app, path):
    with app.app_context():
        back_up(path, tell=quiet)
    return Reader(path)


def restored(app, backup):
    with app.app_context():
        return restore(backup, tell=quiet)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_restored_database_has_the_same_rows(lively, target, tmp_path, engine):
    before, copy = rows(lively), target(engine)
    assert restored(copy, backed_up(lively, tmp_path / "one")) == []
    assert rows(copy) == before and len(before["comments"]) == 2
    again = target(ENGINES[0])
    restored(again, backed_up(copy, tmp_path / "two"))
    assert rows(again) == before
    assert Reader(tmp_path / "one").head.tables == Reader(tmp_path / "two").head.tables


@pytest.mark.parametrize("engine", ENGINES)
def test_it_goes_on_after_a_restore(lively, target, tmp_path, engine):
    copy = target(engine)
    restored(copy, backed_up(lively, tmp_path / "one"))
    with copy.app_context():
        assert is_current() and settings().slack_webhook_url.endswith("/x")
        last = {kind: db.session.scalar(sa.select(sa.func.max(kind.id))) for kind in (User, Event)}
        token = Token.issue(User.add("new@example.com", name="New", roles=["qa"]), name="t")
        commit()
        assert db.session.scalar(sa.select(sa.func.max(User.id))) == last[User] + 1
        assert token
    bob = Browser(copy, "bob")
    said = {"body": "One more okapi.", "anchor": "intro"}
    assert bob.send("POST", "/p/auth/threads", said).status_code == 201
    for words in ("okapi", "日本", '"why rotate"', "uuid"):
        assert 'id="pp-plan-' in bob.get(f"/dashboard/plans?tab=all&q={words}").text, words


def test_what_lives_for_minutes_is_not_in_it(lively, target, tmp_path):
    copy = target()
    backup = backed_up(lively, tmp_path / "one")
    restored(copy, backup)
    assert not LEFT_OUT & backup.head.tables.keys()
    with copy.app_context():
        for kind in (BrowserSession, SignInLink):
            assert db.session.scalar(sa.select(sa.func.count()).select_from(kind)) == 0
        one = db.session.scalars(sa.select(Delivery).where(Delivery.lane == "l")).one()
        assert (one.claimed_by, one.claimed_until, one.unsure) == ("", None, True)


def test_nothing_that_is_kept_refers_to_what_is_not(app):
    kept = [table for table in db.metadata.sorted_tables if table.name not in LEFT_OUT]
    named = {key.column.table.name for table in kept for key in table.foreign_keys}
    assert not named & LEFT_OUT


def test_purged_words_are_not_in_it(lively, agent, tmp_path):
    page = '<section data-anchor="intro"><h2>Intro</h2><p>hunter2</p></section>'
    for base, text in enumerate((page, page.replace("hunter2", "nothing")), 1):
        path = f"/api/push?plan=other&base_version={base}"
        answer = agent("alice", "POST", path, data=text, content_type="text/html")
        assert answer.status_code == 201, answer.text
    with lively.app_context():
        other = db.session.scalars(sa.select(Plan).where(Plan.slug == "other")).one()
        purge(other, [2], by=person("ada"))
        commit()
    kept = [row for _, _, rows in backed_up(lively, tmp_path / "one").tables() for row in rows]
    assert "hunter2" not in repr(kept)


def altered(whole):
    """One flipped bit in each byte, then each byte cut out, and a cut at each place."""
    some = random.Random(1)
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << some.randrange(8)
        yield from (bytes(flipped), whole[:place], whole[:place] + whole[place + 1 :])
    yield from (whole + b"\0", whole + whole, whole[1:])


def test_every_byte_of_it_counts(app, tmp_path):
    path = tmp_path / "one"
    backed_up(app, path)
    check_whole(BytesIO(path.read_bytes()), path)
    for data in altered(path.read_bytes()):
        with pytest.raises(Problem):
            check_whole(BytesIO(data), path)


def test_what_is_not_whole_is_refused_before_the_database_is_opened(app, tmp_path):
    path, fresh = tmp_path / "one", tmp_path / "fresh"
    backed_up(app, path)
    path.write_bytes(path.read_bytes()[:-100])
    env = {"SECRET_KEY": "k" * 40, "DATA_DIR": str(fresh), "DATABASE_URL": ""}
    result = CliRunner().invoke(cli, ["restore", str(path)], env=env)
    assert isinstance(result.exception, Problem) and "is not whole" in str(result.exception)
    assert not fresh.exists()


def made(tmp_path, lines=(), **head):
    """A whole file that says what it is told to."""
    file = BytesIO()
    writer = Writer(
        file, Head(**{"revision": "0008", "engine": "sqlite", "planpush": "9.9"} | head)
    )
    for line in lines:
        writer.line(line)
    writer.seal()
    (tmp_path / "made").write_bytes(file.getvalue())
    return tmp_path / "made"


def test_another_format_and_a_newer_release_are_named(app, target, tmp_path, monkeypatch):
    newer = Reader(made(tmp_path, revision="9999", made_at="", tables={}))
    copy = target()
    with copy.app_context(), pytest.raises(Problem, match=r"9999.*planpush 9\.9 or newer"):
        restore(newer, tell=quiet)
    assert not (tmp_path / "restored-0.db").exists()
    monkeypatch.setattr("planpush.operations.backup.NUMBER", 2)
    path = made(tmp_path, made_at="", tables={})
    monkeypatch.undo()
    with pytest.raises(Problem, match=r"format 2, and this release reads format 1"):
        Reader(path)
    (tmp_path / "page").write_bytes(gzip.compress(b'{"some": "thing"}\n'))
    with pytest.raises(Problem, match="is not whole"):
        Reader(tmp_path / "page")
    (tmp_path / "page").write_text("no backup")
    with pytest.raises(Problem, match="is not a planpush backup"):
        Reader(tmp_path / "page")


def test_one_row_that_does_not_fit_leaves_nothing(lively, target, tmp_path):
    backup = backed_up(lively, tmp_path / "one")
    said = gzip.decompress((tmp_path / "one").read_bytes()).splitlines()
    lines = [json.loads(line) for line in said][1:-1]
    at = next(
        n for n, line in enumerate(lines) if isinstance(line, dict) and line["table"] == "plans"
    )
    lines[at + 1][list(lines[at]["columns"]).index("owner_id")] = 4711
    told = {name: getattr(backup.head, name) for name in ("made_at", "tables", "revision")}
    copy, wrong = target(), Reader(made(tmp_path, lines, **told))
    with copy.app_context(), pytest.raises(Problem, match="so nothing was"):
        restore(wrong, tell=quiet)
    assert not any(rows(copy).values())
    restored(copy, backup)
    assert rows(copy) == rows(lively)


def test_a_database_in_use_is_left_alone(lively, app, target, tmp_path):
    backup, before = backed_up(lively, tmp_path / "one"), rows(app)
    with app.app_context(), pytest.raises(Problem, match="there is something in this database"):
        restore(backup, tell=quiet)
    assert rows(app) == before


def test_other_peoples_tables_are_left_alone(lively, target, tmp_path):
    copy, backup = target(), backed_up(lively, tmp_path / "one")
    with copy.app_context():
        with db.engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE recipes (id integer)")
        with pytest.raises(Problem, match="other tables"):
            restore(backup, tell=quiet)
        db.engine.dispose()
        assert sa.inspect(db.engine).get_table_names() == ["recipes"]


def test_an_older_backup_is_brought_up(target, tmp_path):
    old, copy = target(), target()
    with old.app_context():
        upgrade(directory=str(MIGRATIONS), revision="0001")
        with db.engine.begin() as connection:
            connection.execute(sa.text(OLD))
    backup = backed_up(old, tmp_path / "old")
    assert backup.head.revision == "0001"
    restored(copy, backup)
    with copy.app_context():
        assert is_current()
        one = db.session.scalars(sa.select(User)).one()
        assert (one.id, one.roles, one.created_at.microsecond) == (7, ["qa"], 6)


def test_what_another_key_sealed_is_named(lively, target, tmp_path):
    other = target(secret_keys=("o" * 40,))
    assert restored(other, backed_up(lively, tmp_path / "one")) == ["settings"]
    both = target(secret_keys=("o" * 40, "k" * 40))
    assert restored(both, Reader(tmp_path / "one")) == []


def test_the_file_is_its_owners_alone_and_never_half_there(app, tmp_path, monkeypatch):
    path = tmp_path / "one"
    backed_up(app, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with app.app_context(), pytest.raises(Problem, match="--force"):
        back_up(path, tell=quiet)
    monkeypatch.setattr(Writer, "seal", lambda self: (_ for _ in ()).throw(OSError(28, "No space")))
    with app.app_context(), pytest.raises(Problem, match="No space"):
        back_up(path, force=True, tell=quiet)
    assert path.read_bytes() == before and not list(tmp_path.glob("*.part"))
    monkeypatch.undo()
    with app.app_context():
        back_up(path, force=True, tell=quiet)
        with pytest.raises(Problem, match="No such file"):
            back_up(tmp_path / "nowhere" / "one", tell=quiet)
    assert path.read_bytes() != before


@pytest.mark.long
def test_memory_stays_small_however_much_there_is(lively, target, tmp_path):
    with lively.app_context():
        one = dict(db.session.execute(sa.select(Comment.__table__)).first()._mapping)
        one.pop("id")
        body = random.Random(1).randbytes(10_000).hex()
        db.session.execute(sa.insert(Comment.__table__), [one | {"body": body}] * 2_000)
        commit()
    copy = target()
    tracemalloc.start()
    try:
        backup = backed_up(lively, tmp_path / "one")
        restored(copy, backup)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000  # of 40 MB
    finally:
        tracemalloc.stop()
