"""Migrations: up, down to nothing and up again; models and migrations agree."""

import sqlalchemy as sa
from flask_migrate import check, downgrade

from planpush.database.session import commit, db
from planpush.operations.migrations import is_current, migrate
from planpush.paths import MIGRATIONS
from planpush.plans.plan import PUBLISHED, Plan
from planpush.reviews import reviewers
from planpush.reviews.sign_offs import APPROVED, SignOff
from planpush.versions.push import push_new
from planpush.versions.request import Push, SectionPush
from tests.people import add_cast, person


def schema():
    """Tables with their columns and indexes."""
    db.engine.dispose()
    found = sa.inspect(db.engine)
    return {
        table: (
            sorted((column["name"], str(column["type"])) for column in found.get_columns(table)),
            sorted(index["name"] for index in found.get_indexes(table)),
            sorted(str(key["name"]) for key in found.get_foreign_keys(table)),
        )
        for table in found.get_table_names()
        if not table.startswith("passage_words")  # what FTS5 makes of its index
    }


def test_up_down_to_nothing_and_up_again(empty):
    migrate()
    first = schema()
    assert set(first) == {table.name for table in db.metadata.sorted_tables} | {"alembic_version"}
    downgrade(directory=str(MIGRATIONS), revision="base")
    assert set(schema()) == {"alembic_version"}
    migrate()
    assert schema() == first


def test_models_and_migrations_agree(empty):
    migrate()
    check(directory=str(MIGRATIONS))
    assert is_current()


def test_migrating_twice_changes_nothing(empty):
    migrate()
    before = schema()
    migrate()
    assert schema() == before


def test_an_empty_database_is_not_ready(empty):
    assert not is_current()
    client = empty.test_client()
    assert client.get("/readyz").status_code == 503
    migrate()
    assert client.get("/readyz").status_code == 200


def test_a_release_works_on_while_a_newer_one_has_migrated(empty):
    migrate()
    db.session.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    db.session.commit()
    assert is_current() and empty.test_client().get("/readyz").status_code == 200
    db.session.execute(sa.text("UPDATE alembic_version SET version_num = '0009'"))
    db.session.commit()
    assert not is_current()


def test_0008_a_plan_that_still_waits_for_somebody_is_approved_no_more(empty):
    migrate()
    add_cast()
    for others in ((), ("bob",)):
        push = Push([SectionPush("a", "<p>1</p>")], title="Plan", visibility=PUBLISHED)
        plan = push_new(push, by=person("alice")).plan
        reviewers.ask(plan, person("bob"), by=person("alice"))
        for name in ("pam", *others):
            SignOff.give(plan, APPROVED, by=person(name))
    db.session.execute(sa.update(Plan).values(verdict=APPROVED))
    commit()
    db.session.remove()
    downgrade(directory=str(MIGRATIONS), revision="0007")
    migrate()
    verdicts = db.session.scalars(sa.select(Plan.verdict).order_by(Plan.id)).all()
    assert verdicts == ["", APPROVED]
    assert db.session.scalars(sa.select(SignOff.given_on).distinct()).all() == [1]
