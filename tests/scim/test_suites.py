"""Suites that nobody here wrote, over our tables: scim2-tester, and scim2-server's for storages."""

from __future__ import annotations

import shutil

import pytest
import sqlalchemy as sa
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_server.testing import ScimStorageContract
from scim2_tester import Status, check_server
from scim2_tester.utils import ResourceManager

from planpush.database.session import db
from planpush.scim.schemas import PROVIDER
from planpush.scim.storage import SqlStorage
from tests.conftest import ON_POSTGRES, make_app


@pytest.fixture(autouse=True)
def tidy(monkeypatch):
    """The tester deletes all that it ever made after each of its checks: once is enough."""
    clean = ResourceManager.cleanup

    def once(manager):
        clean(manager)
        manager.resources.clear()

    monkeypatch.setattr(ResourceManager, "cleanup", once)


def checked(directory):
    client = WSGISCIMClient(
        directory.app,
        base_url="http://localhost/scim/v2",
        environ={"HTTP_AUTHORIZATION": f"Bearer {directory.token}"},
    )
    return check_server(client)


def errors(directory):
    found = checked(directory)
    assert sum(one.status is Status.SUCCESS for one in found) > 100
    bad = (Status.ERROR, Status.CRITICAL)
    return [f"{one.title}: {one.reason} {one.data}" for one in found if one.status in bad]


@pytest.mark.long
def test_27_scim2_tester_finds_no_error_on_a_fresh_store(directory):
    assert errors(directory) == []


@pytest.mark.long
def test_27_scim2_tester_finds_no_error_on_a_populated_store(directory):
    people = [directory.user(f"p{number}@example.com")["id"] for number in range(3)]
    directory.group("Developers", *people)
    assert errors(directory) == []


@pytest.fixture(scope="module")
def empty(migrated, tmp_path_factory):
    """An app for tests that never commit."""
    folder = tmp_path_factory.mktemp("contract")
    if not ON_POSTGRES:
        shutil.copy(migrated.removeprefix("sqlite:///"), folder / "planpush.db")
        migrated = f"sqlite:///{folder / 'planpush.db'}"
    app = make_app(migrated, folder)
    yield app
    with app.app_context():
        db.engine.dispose()


class TestStorage(ScimStorageContract):
    @pytest.fixture
    def provider(self):
        return PROVIDER

    @pytest.fixture
    def storage(self, empty):
        with empty.app_context():
            if ON_POSTGRES:
                names = ", ".join(table.name for table in db.metadata.sorted_tables)
                db.session.execute(sa.text(f"TRUNCATE {names} CASCADE"))
            yield SqlStorage()
            db.session.rollback()


for name in dir(TestStorage):
    if name.startswith("test_cursor"):  # we page by index, and say so
        setattr(TestStorage, name, None)
