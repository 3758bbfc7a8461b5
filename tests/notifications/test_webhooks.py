"""Webhooks as rows: who hears of what, what it costs, and that a key may be retired."""

import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa

from planpush.database.session import commit, db
from planpush.errors import Forbidden
from planpush.notifications.outbox import Delivery
from planpush.notifications.webhooks import EVENTS, Wanted, Webhook
from planpush.operations.retention import sweep
from tests.people import person


@pytest.fixture
def add(database):
    def make(*events):
        wanted = Wanted("Bot", "https://x.example/in?token=hush", events or list(EVENTS))
        made, _ = Webhook.add(wanted, "https://x.example", by=person("ada"))
        commit()
        return made

    return make


@pytest.fixture
def published(pushed):
    plan = pushed({"a": "<p>One</p>"}, visibility="published").plan
    db.session.execute(sa.delete(Delivery))
    commit()
    return plan


def queued():
    query = sa.select(Delivery.outlet, Delivery.lane, Delivery.topics).order_by(Delivery.id)
    return [tuple(row) for row in db.session.execute(query)]


def test_nothing_of_a_private_plan_is_queued(database, add, pushed):
    add()
    pushed({"a": "<p>One</p>"})
    assert queued() == []


def test_one_that_is_removed_meanwhile_fails_nobodys_request(
    app, database, published, add, pushed, monkeypatch
):
    hook_id, queue = add().id, Delivery.queue

    def remove():
        with app.app_context():
            Webhook.find(hook_id).remove(by=person("ada"))
            commit()

    removing = threading.Thread(target=remove)

    def slowly(*told):
        removing.start()
        removing.join(0.3)  # it waits for who is about to tell it something
        queue(*told)

    monkeypatch.setattr(Delivery, "queue", slowly)
    pushed({"a": "<p>Two</p>"}, plan=published)
    removing.join()
    assert published.newest == 2 and Webhook.every() == [] and queued() == []


def test_a_key_may_be_retired_after_a_sweep(app, database, add):
    hook_id, secret = (made := add()).id, made.secret
    config = app.extensions["planpush_config"]
    keys = config.secret_keys
    app.extensions["planpush_config"] = replace(config, secret_keys=("n" * 40, *keys))
    sweep()
    commit()
    app.extensions["planpush_config"] = replace(config, secret_keys=("n" * 40,))
    found = Webhook.find(hook_id)
    assert (found.url, found.secret) == ("https://x.example/in?token=hush", secret)
    app.extensions["planpush_config"] = replace(config, secret_keys=("o" * 40,))
    assert (found.url, found.secret) == (None, None)


def test_only_who_may_change_settings_touches_them(database, add):
    made, wanted = add(), Wanted("Bot", "https://x.example/", ["comment.added"])
    for act in (
        lambda: Webhook.add(wanted, "x", by=person("pam")),
        lambda: made.change(wanted, "x", by=person("alice")),
        lambda: made.renew(by=person("bob")),
        lambda: made.hold(paused=True, by=person("bob")),
        lambda: made.remove(by=person("pam")),
    ):
        with pytest.raises(Forbidden):
            act()


def test_each_hears_of_what_it_asked_for_by_itself(database, published, add, pushed):
    first, second = add("version.pushed"), add("version.pushed", "plan.published")
    add("comment.added")
    pushed({"a": "<p>Two</p>"}, plan=published)
    pushed({"a": "<p>Three</p>"}, plan=published)
    told = [(f"hook:{one.id}", f"hook/{one.id}/{published.id}") for one in (first, second)]
    assert queued() == [(*one, "version.pushed") for one in (*told, *told)]
