"""A database as each earlier release left it: it upgrades, and all that was in it is there."""

import re

import pytest
import sqlalchemy as sa
from flask_migrate import check, downgrade, upgrade

from planpush.database.session import db
from planpush.operations import migrations
from planpush.paths import MIGRATIONS, ROOT
from planpush.web.auth import cookie_name
from tests.fixtures.databases import kept, load
from tests.fixtures.databases.rows import CLIENT_TOKEN, SESSION, TOKEN
from tests.operations.test_migrations import schema as tables

DEVICES = "0004"  # there are some from here on
PAGES = {
    "/dashboard": ["Token rotation"],
    "/p/rotation": ["One table of trout.", "Tokens rotate on every use.", "Why on every use?"],
    "/p/rotation?v=1": ["One table of salmon."],
    "/p/rotation/versions": ["First draft", "Trout it is"],
    "/p/rotation/threads": ["Why on every use?", "Because of replay: 100%."],
    "/p/rotation/compare?from=1&to=2": ["salmon", "trout"],
}
ours = migrations.known_revisions


def released():
    """The migrations that releases ended with, as the documentation tells."""
    told = (ROOT / "docs/upgrade.md").read_text()
    return re.findall(r"^\| \d+\.\d+\.\d+ \| (\d{4}\S*) \|", told, re.MULTILINE)


def test_of_every_release_a_database_is_kept():
    assert released() and set(released()) <= set(kept()) <= set(ours())


@pytest.fixture
def old(empty, request):
    """A server of this release on a database of that one."""
    load(request.param)
    assert migrations.is_current() == migrations.is_newest() == (request.param == ours()[-1])
    migrations.migrate()
    check(directory=str(MIGRATIONS))
    migrations.index(print)
    return empty.test_client()


def first_and_released():
    """Every database that is kept; those between the first and the releases take long."""
    soon = {kept()[0], *released()}
    return [one if one in soon else pytest.param(one, marks=pytest.mark.long) for one in kept()]


@pytest.mark.parametrize("old", first_and_released(), indirect=True)
def test_what_was_there_is_there(old, request):
    def asked(path, token=TOKEN):
        return old.get(f"/api/plans{path}", headers={"Authorization": f"Bearer {token}"}).json

    for word, count in (
        ("rotation", 1),
        ("trout", 1),
        ("replay", 1),
        ("herring", 1),
        ("salmon", 0),
    ):
        assert len(asked(f"?q={word}")["plans"]) == count, word
    threads = asked("/rotation/threads?state=all")["threads"]
    assert [one["state"] for one in threads] == ["open", "resolved"]
    if request.node.callspec.params["old"] >= DEVICES:
        assert len(asked("", CLIENT_TOKEN)["plans"]) == 1
    old.set_cookie(cookie_name(), SESSION)
    for path, words in PAGES.items():
        page = old.get(path)
        assert page.status_code == 200 and all(word in page.text for word in words), path


def contents():
    """All rows of all tables."""
    with db.engine.connect() as connection:
        found = sa.inspect(connection).get_table_names()
        names = [name for name in found if not name.startswith(("alembic", "passage_words"))]
        return {
            name: sorted(map(repr, connection.exec_driver_sql(f'SELECT * FROM "{name}"').all()))
            for name in names
        }


@pytest.mark.long
@pytest.mark.parametrize("revision", [one for one in kept() if one != ours()[-1]])
def test_up_down_and_up_again_keeps_what_both_know(empty, revision):
    load(revision)
    before = tables(), contents()
    for _ in range(2):
        upgrade(directory=str(MIGRATIONS), revision="+1")
        downgrade(directory=str(MIGRATIONS), revision=revision)
        assert (tables(), contents()) == before
