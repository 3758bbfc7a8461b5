"""Whom an event concerns, why, and how each of them is told."""

import pytest
import sqlalchemy as sa

from planpush.accounts.user import User
from planpush.database.session import commit, db, now
from planpush.document.anchoring.target import Place
from planpush.events.event import Event
from planpush.notifications import audience
from planpush.notifications.notices import Mute, Notice
from planpush.notifications.outbox import PERSON, Delivery, DeliveryEvent
from planpush.plans.plan import EDITOR, PUBLISHED, REVIEWER, Member
from planpush.settings.store import forget as settings_anew
from tests.people import person

PAGE = {"intro": "<p>Tokens rotate.</p>"}


@pytest.fixture
def plan(pushed):
    """A published plan of alice's; bob was asked to review it, pam edits it."""
    found = pushed(PAGE, visibility=PUBLISHED).plan
    for name, kind in (("bob", REVIEWER), ("pam", EDITOR)):
        db.session.add(Member(plan_id=found.id, user_id=person(name).id, kind=kind))
    commit()
    return found


@pytest.fixture
def opened(plan):
    """A thread that charlie opened on it."""
    thread = plan.open_thread(Place(), "Why?", by=person("charlie"), on=1)
    commit()
    forget()
    return thread


def forget():
    db.session.execute(sa.delete(Notice))
    commit()


def told():
    """Who has a notice, and why: {"bob": ["mention"]}."""
    found = sa.select(User.name, Notice.kind).join(Notice, Notice.user_id == User.id)
    names = {}
    for name, kind in db.session.execute(found.order_by(Notice.id)):
        names.setdefault(name.lower(), []).append(kind)
    return names


def wishes(name, **notify):
    person(name).notify = notify
    commit()


def say(thread, by, body="Because.", **told):
    added = thread.comment(body, by=person(by), **told)
    commit()
    return added


def test_a_new_thread_is_told_once_to_those_who_own_and_edit(plan):
    plan.open_thread(Place(), "Why?", by=person("bob"), on=1)
    commit()
    assert told() == {"alice": ["comment"], "pam": ["comment"]}


def test_the_strongest_reason_is_the_only_one(opened):
    say(opened, "alice")
    forget()
    say(opened, "bob", "@charlie and @alice: see above")
    assert told() == {"charlie": ["mention"], "alice": ["mention"], "pam": ["comment"]}


def test_a_reply_is_the_turn_of_all_who_wrote_before(opened):
    say(opened, "bob")
    forget()
    say(opened, "alice")
    assert told() == {"charlie": ["turn"], "bob": ["turn"], "pam": ["comment"]}


def test_who_took_their_words_back_is_in_the_thread_no_more(opened):
    say(opened, "bob").delete(by=person("bob"))
    commit()
    forget()
    say(opened, "alice")
    assert told() == {"charlie": ["turn"], "pam": ["comment"]}


def test_an_answer_is_the_turn_of_those_in_the_thread(opened):
    opened.answer("applied", "Done.", by=person("alice"), unchanged=False)
    commit()
    assert told() == {"charlie": ["turn"]}


@pytest.mark.parametrize("verb", ["resolve", "reopen"])
def test_resolving_and_reopening_concern_the_thread_and_the_plan(opened, verb):
    if verb == "reopen":
        opened.resolve(by=person("ada"))
        commit()
        forget()
    getattr(opened, verb)(by=person("ada"))
    commit()
    everybody = ("charlie", "alice", "pam")
    assert told() == {name: ["resolution"] for name in everybody}


def test_a_version_concerns_all_who_have_to_do_with_the_plan(pushed, plan, opened):
    pushed({"intro": "<p>Other words.</p>"}, plan)
    assert told() == {"bob": ["version"], "charlie": ["version"], "pam": ["version"]}


def test_who_gets_a_plan_is_told_and_nobody_else(plan):
    plan.hand_over(person("charlie"), by=person("ada"))
    commit()
    assert told() == {"charlie": ["turn"]}


def test_who_takes_a_plan_themselves_is_not_told(plan):
    plan.hand_over(person("ada"), by=person("ada"))
    commit()
    assert told() == {}


def test_an_agent_acts_for_its_user_who_is_not_told(opened):
    say(opened, "charlie", "@charlie, says my agent", via="agent")
    assert told() == {"alice": ["comment"], "pam": ["comment"]}


def test_the_deactivated_and_the_deleted_are_not_told(plan):
    person("pam").active = False
    person("alice").deleted_at = now()
    commit()
    plan.open_thread(Place(), "@bob?", by=person("charlie"), on=1)
    commit()
    assert told() == {"bob": ["mention"]}


def test_who_may_not_see_the_plan_any_more_hears_nothing(plan, opened):
    plan.unpublish(by=person("alice"))
    commit()
    say(opened, "bob", "@charlie?")
    opened.resolve(by=person("alice"))
    commit()
    both = ["comment", "resolution"]
    assert told() == {"alice": ["comment"], "pam": both, "bob": ["resolution"]}


def test_an_edit_tells_those_whom_it_names_anew(plan):
    said = plan.open_thread(Place(), "@bob?", by=person("charlie"), on=1).comments[0]
    commit()
    forget()
    for body in ("@bob and @ada?", "Nobody?", "@ada, @bob, @alice?"):
        said.edit(body, by=person("charlie"))
        commit()
    # Alice was told of it as a comment on her plan.
    assert told() == {"ada": ["mention"]}


def test_an_edit_tells_by_each_way_that_was_not_used_before(app, plan, slack):
    wishes("alice", comment={"app": "off"})
    wishes("pam", comment={"slack": "now"})
    said = plan.open_thread(Place(), "Who?", by=person("charlie"), on=1).comments[0]
    commit()
    forget()
    said.edit("@alice, @pam, @bob?", by=person("charlie"))
    commit()
    assert told() == {"alice": ["mention"], "bob": ["mention"]}
    assert slack() == {"pam": "talk", "alice": "talk", "bob": "talk"}


def test_a_comment_that_is_put_back_is_not_told_again(opened):
    said = say(opened, "bob", "@ada?")
    said.delete(by=person("bob"))
    commit()
    forget()
    said.restore(by=person("bob"))
    commit()
    assert told() == {}


def test_a_muted_plan_tells_mentions_only_and_not_by_slack(plan, opened, slack):
    for name in ("alice", "bob"):
        Mute.add(person(name), plan)
    say(opened, "bob", "@alice, @pam")
    opened.resolve(by=person("charlie"))
    commit()
    assert told() == {
        "alice": ["mention"], "pam": ["mention", "resolution"], "charlie": ["turn"],
    }  # fmt: skip
    assert slack() == {"pam": "talk", "charlie": "talk"}


@pytest.fixture
def slack(app, plan):
    """Whom Slack writes to, and about which topics; a bot is set up."""
    app.extensions["planpush_config"].fixed["slack_bot_token"] = "xoxb-test"
    settings_anew()

    def read():
        found = sa.select(User.name, Delivery.topics).join(Delivery, Delivery.user_id == User.id)
        return {name.lower(): topics for name, topics in db.session.execute(found)}

    return read


def test_slack_writes_to_people_about_published_plans_only(plan, opened, slack):
    say(opened, "alice", "@bob?")
    assert slack() == {"charlie": "talk", "bob": "talk"}
    db.session.execute(sa.delete(Delivery))
    plan.unpublish(by=person("alice"))
    commit()
    say(opened, "alice", "@bob?")
    assert slack() == {}


def test_without_a_bot_slack_writes_to_nobody(plan, opened):
    say(opened, "alice", "@bob?")
    assert db.session.scalars(sa.select(Delivery)).all() == []


def test_an_answer_and_a_hand_over_have_topics_of_their_own(plan, opened, slack):
    opened.answer("applied", "", by=person("alice"), unchanged=False)
    plan.hand_over(person("bob"), by=person("ada"))
    commit()
    assert slack() == {"charlie": "talk", "bob": "version"}


def test_why_is_known_when_a_message_is_written(plan, opened):
    say(opened, "bob", "@alice?")
    added = db.session.scalars(sa.select(Event).order_by(Event.id.desc())).first()
    reasons = {name: audience.why(added, person(name).id) for name in ("alice", "bob", "charlie")}
    assert reasons == {"alice": "mention", "bob": "", "charlie": "turn"}


def test_an_edit_stays_the_reason_when_another_follows(plan):
    said = plan.open_thread(Place(), "Nobody?", by=person("charlie"), on=1).comments[0]
    commit()
    for body in ("@bob?", "@bob, and @ada?"):
        said.edit(body, by=person("charlie"))
        commit()
    kind = sa.select(Event).where(Event.kind == "comment.edited").order_by(Event.id)
    first, second = db.session.scalars(kind)
    assert audience.why(first, person("bob").id) == "mention"
    assert audience.why(second, person("bob").id) == ""
    assert audience.why(second, person("ada").id) == "mention"


def test_many_are_written_to_in_few_statements_and_bursts_are_gathered(plan, slack, pushed):
    for name in ("bob", "pam"):
        wishes(name, version={"slack": "now"})
    for text in ("Two", "Three"):
        pushed({"intro": f"<p>{text}.</p>"}, plan)
    assert slack() == {"bob": "version", "pam": "version"}
    told = sa.select(DeliveryEvent.event_id, sa.func.count()).group_by(DeliveryEvent.event_id)
    assert [count for _, count in db.session.execute(told)] == [2, 2]
    assert db.session.scalars(sa.select(Delivery.channel)).all() == [PERSON] * 2
