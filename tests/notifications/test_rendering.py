"""What a message says is read when it is sent, for whom it concerns then; Slack's names stay."""

import pytest
from sqlalchemy import select

from planpush.comments.comment import Comment
from planpush.database.session import commit, db
from planpush.notifications.notices import Mute
from planpush.notifications.outbox import PERSON, Delivery
from planpush.notifications.rendering import parcel
from planpush.plans.plan import Plan
from planpush.setting_specs import Settings
from tests.people import person

BASE = "http://localhost"
BOT = Settings(slack_bot_token="xoxb-hush", slack_channel="plans")


@pytest.fixture
def told(app, agent, monkeypatch):
    """A published plan of alice's, on which bob named her; the app's context is open."""
    for where in ("outbox", "direct_messages", "rendering"):
        monkeypatch.setattr(f"planpush.notifications.{where}.settings", lambda: BOT)
    section = '<section data-anchor="a"><h2>Data model</h2><p>Tokens rotate.</p></section>'
    pushed = {"sections": [{"anchor": "a", "html": section}], "title": "Auth"}
    sent = agent("alice", "POST", "/api/push", json=pushed | {"visibility": "published"})
    where = {"anchor": "a", "quote": "Tokens rotate", "body": "@Alice why?"}
    agent("bob", "POST", f"/api/plans/{sent.json['plan']}/threads", json=where)
    with app.app_context():
        yield db.session.scalars(select(Plan)).one()


def parcels(channel):
    wanted = select(Delivery.id).where(Delivery.channel == channel).order_by(Delivery.id)
    ids = db.session.scalars(wanted)
    return [parcel(one, BASE, unsure=False) for one in ids.all()]


def mute(plan):
    db.session.add(Mute(user_id=person("alice").id, plan_id=plan.id))


def unpublish(plan):
    plan.visibility = "private"


def take_back(plan):
    db.session.scalars(select(Comment)).one().delete(by=person("bob"))


def name_nobody(plan):
    db.session.scalars(select(Comment)).one().edit("Why?", by=person("bob"))


@pytest.mark.parametrize("change", [mute, unpublish, take_back, name_nobody])
def test_whom_it_concerns_no_more_is_told_nothing(told, change):
    change(told)
    commit()
    assert parcels(PERSON) == [None]
