"""What a message says is read when it is sent, for whom it concerns then; Slack's names stay."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from planpush.channels.slack.sentences import deed
from planpush.comments.comment import Comment
from planpush.database.session import commit, db
from planpush.notifications.leases import Arrived, Dropped, claim, settle
from planpush.notifications.notices import Mute
from planpush.notifications.outbox import CHANNEL, PERSON, Delivery
from planpush.notifications.rendering import parcel
from planpush.notifications.slack_names import Begun, Met, SlackPerson, names_in, names_of
from planpush.plans.plan import Plan
from planpush.reviews.reviewers import ask
from planpush.reviews.sign_offs import SignOff
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


def test_a_person_is_told_why(told):
    (mine,) = parcels(PERSON)
    assert (mine.message.why, mine.user_id) == ("mention", person("alice").id)
    assert mine.names.email == "alice@example.com" and mine.names.slack_id is None
    (item,) = mine.message.items
    assert (item.words, item.where, item.opens) == ("@Alice why?", "Data model", True)


def test_a_version_names_the_sections_that_it_removed(told, agent):
    section = '<section data-anchor="b"><h2>Costs</h2><p>None.</p></section>'
    pushed = {"sections": [{"anchor": "b", "html": section}], "title": "Auth"}
    pushed |= {"plan": told.slug, "base_version": 1}
    commit()
    answer = agent("alice", "POST", "/api/push", json=pushed)
    assert answer.status_code == 201, answer.text
    (item,) = [item for one in parcels(CHANNEL) for item in one.message.items if item.version == 2]
    assert (item.added, item.removed) == (["Costs"], ["Data model"])


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


def test_a_channel_is_told_that_words_were_taken_back(told):
    take_back(told)
    commit()
    assert [item.deleted for one in parcels(CHANNEL) for item in one.message.items] == [False, True]


def test_a_handed_over_plan_has_no_words_of_its_push(told):
    told.hand_over(person("bob"), by=person("alice"))
    commit()
    (found,) = [one for one in parcels(PERSON) if one.user_id == person("bob").id]
    (item,) = found.message.items
    assert (found.message.why, item.words, item.url) == ("turn", "", f"{BASE}/p/{told.slug}")


def test_a_review_is_told_to_who_is_asked_and_its_word_to_the_owner(told):
    ask(told, person("bob"), by=person("alice"))
    SignOff.give(told, "changes", "Longer.", by=person("bob"))
    commit()
    parts = {one.user_id: one.message for one in parcels(PERSON) if one is not None}
    (asked,) = parts[person("bob").id].items
    word = parts[person("alice").id].items[-1]
    assert deed(asked) == "asks for your review"
    assert (deed(word), word.words) == ("asked for changes", "")


@pytest.mark.parametrize("outcome", [Arrived, lambda remote, learnt: Dropped("no", learnt)])
def test_what_slack_told_is_kept_with_what_came_of_the_message(told, outcome):
    ada = person("ada")
    for ts, who in (("1.1", "UOLD"), ("2.2", "UADA")):
        db.session.execute(Delivery.__table__.update().values(state="waiting", claimed_by=""))
        db.session.execute(db.text("DELETE FROM outlets"))
        first = next(one for one in claim("w", 8, []) if one.channel == CHANNEL)
        learnt = [Begun(told.id, "plans", "C1", ts), Met(ada.id, ada.email, who)]
        assert settle(first, outcome({"ts": ts}, learnt))
        db.session.execute(Delivery.__table__.update().values(claimed_until=None))
    commit()
    known = names_in("plans", told.id)
    assert (known.channel_id, known.root, names_in("plans", 99).root) == ("C1", "2.2", "")
    assert names_of(ada).slack_id == "UADA" and names_in("other", told.id).channel_id == ""


@pytest.mark.parametrize(("days", "email"), [(2, ""), (0, "x@example.com")])
def test_slack_is_asked_again_after_a_day_and_about_a_new_address(app, days, email):
    with app.app_context():
        ada = person("ada")
        Met(ada.id, ada.email, "UADA").keep()
        assert names_of(ada).slack_id == "UADA"
        known = db.session.get_one(SlackPerson, ada.id)
        known.asked_at -= timedelta(days=days)
        ada.email = email or ada.email
        assert names_of(ada).slack_id is None
