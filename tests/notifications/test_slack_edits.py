"""What stands at Slack is rewritten when its words are taken back or purged, private or not."""

import pytest
import sqlalchemy as sa

from planpush.comments.comment import Comment
from planpush.database.session import commit, db
from planpush.document.anchoring.target import Place
from planpush.notifications.channels import Outlet
from planpush.notifications.leases import Arrived, Dropped, claim, settle
from planpush.notifications.outbox import CHANNEL, SENT, Delivery
from planpush.notifications.rendering import parcel
from planpush.setting_specs import Settings
from planpush.versions.purge import purge
from tests.people import person

BOT = Settings(slack_bot_token="xoxb-hush", slack_channel="plans")
SECRET = "hunter2-zebra"


@pytest.fixture
def plan(monkeypatch, pushed):
    """A published plan with a comment on words of its version 1; all of it is told."""
    for where in ("outbox", "direct_messages", "rendering"):
        monkeypatch.setattr(f"planpush.notifications.{where}.settings", lambda: BOT)
    html = f"<h2>Keys</h2><p>The key is {SECRET} and no other.</p>"
    made = pushed({"a": html}, visibility="published", message=SECRET).plan
    place = Place(anchor="a", quote=f"key is {SECRET}")
    made.open_thread(place, "Take it out!", by=person("bob"), on=1)
    commit()
    deliver()
    return made


def deliver():
    """Send what is due to the channel; return what it says: title, words and quotes."""
    said = []
    for _ in range(9):
        db.session.execute(sa.update(Delivery).values(due_at=Delivery.created_at))
        db.session.execute(sa.delete(Outlet))
        for one in claim("w", 32):
            told = parcel(one.id, "http://localhost", unsure=False)
            assert settle(one, Arrived({"ts": "1"}) if told else Dropped("private"))
            if told and one.channel == CHANNEL:
                said += [f"{item.words} {item.quote}" for item in told.message.items]
        commit()
    return said


def states():
    query = sa.select(Delivery.state).where(Delivery.channel == CHANNEL).order_by(Delivery.id)
    return list(db.session.scalars(query))


def test_a_purge_takes_its_words_out_of_what_stands_there(plan, pushed):
    pushed({"a": "<h2>Keys</h2><p>The key is in the vault.</p>"}, plan)
    deliver()
    purge(plan, [1], by=person("ada"))
    commit()
    said = deliver()
    assert any("Take it out!" in one for one in said) and SECRET not in str(said)
    assert set(states()) == {SENT}


def take_back():
    db.session.scalars(sa.select(Comment)).one().delete(by=person("bob"))
    commit()


def test_what_is_taken_back_on_a_private_plan_is_gone_once_it_is_published_again(plan):
    plan.unpublish(by=person("alice"))
    take_back()
    assert deliver() == []
    plan.publish(by=person("alice"))
    commit()
    said = deliver()
    assert said and "Take it out!" not in str(said) and set(states()) == {SENT}
