"""Webhooks hear of published plans: signed, once each, in their order; and what trouble does."""

import base64
import hashlib
import hmac
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network

import pytest
import sqlalchemy as sa

from planpush.database.session import commit, db
from planpush.notifications.channels import Outlet
from planpush.notifications.leases import Arrived, Failed, claim, settle
from planpush.notifications.outbox import WEBHOOK, Delivery
from planpush.notifications.rendering import parcel
from planpush.notifications.webhooks import EVENTS, Wanted, Webhook
from planpush.server.dispatcher import SENDERS
from planpush.settings.store import settings
from tests.conftest import DOCUMENT
from tests.peers import hook as peer
from tests.people import person


@pytest.fixture
def open_app(app):
    """An app whose operator lets webhooks reach loopback."""
    config = app.extensions["planpush_config"]
    here = (ip_network("127.0.0.0/8"),)
    app.extensions["planpush_config"] = replace(config, webhook_networks=here)
    return app


@pytest.fixture
def hook(open_app):
    """A receiver that hears everything; `hook.secret` is what signs."""
    with peer.serving() as found, open_app.app_context():
        wanted = Wanted("Bot", found.url, list(EVENTS))
        made, found.secret = Webhook.add(wanted, found.host, by=person("ada"))
        found.id = made.id
        commit()
        db.session.remove()
        yield found


@pytest.fixture
def carry(open_app, hook):
    """Send what is due, as the courier does; return what came of each."""

    def work():
        outcomes = []
        while claims := claim("test", 8):
            commit()
            for one in claims:
                ready = parcel(one.id, "http://localhost", unsure=one.unsure)
                settings()
                db.session.remove()
                outcomes.append(SENDERS[WEBHOOK](ready) if ready else None)
                assert settle(one, outcomes[-1]) if ready else True
                commit()
        return outcomes

    return work


def publish(agent, slug="auth"):
    query = f"slug={slug}&title=Auth&visibility=published"
    sent = {"data": DOCUMENT, "content_type": "text/html"}
    answer = agent("alice", "POST", f"/api/push?{query}", **sent)
    assert answer.status_code == 201, answer.text


def comment(agent, body="Why?", slug="auth"):
    place = {"anchor": "intro", "quote": "rotate", "body": body}
    answer = agent("bob", "POST", f"/api/plans/{slug}/threads", json=place)
    assert answer.status_code == 201, answer.text
    return answer.json


def test_everything_on_a_published_plan_is_told_once_and_signed(agent, browser, hook, carry):
    publish(agent)
    thread = comment(agent, "Wie “oft”? <!channel> \u202e")
    browser("alice").send("POST", f"/p/auth/threads/{thread['id']}/resolution")
    assert {type(one) for one in carry()} == {Arrived}
    told = hook.read(hook.secret)
    kinds = [one["type"] for one in told]
    assert kinds == ["version.pushed", "comment.added", "thread.resolved"]
    said = told[1]["data"]
    assert said["comment"]["body"] == "Wie “oft”? <!channel> \u202e" and said["comment"]["opens"]
    assert said["actor"] == {"name": "Bob", "role": "QA", "via": "agent"}
    assert said["plan"]["slug"] == "auth" and said["plan"]["url"] == "http://localhost/p/auth"
    where = said["thread"]
    assert (where["anchor"], where["section"]) == ("intro", "Intro")
    assert where["quote"] == "rotate" and said["answer"] is None and said["version"] is None
    assert len(set(hook.ids())) == 3


def test_the_signature_is_the_one_of_the_specification(agent, hook, carry):
    publish(agent)
    carry()
    headers, body = hook.posts[0]
    key = base64.b64decode(hook.secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    assert len(key) == 32
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"] == "planpush"
    assert body == json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", json.loads(body)["timestamp"])


def test_a_private_plan_is_told_nobody(agent, hook, carry, plan):
    comment(agent, slug=plan)
    assert carry() == [] and hook.posts == []


def test_a_plan_that_was_unpublished_meanwhile_is_not_told(agent, browser, hook, carry):
    publish(agent)
    comment(agent)
    browser("alice").send("DELETE", "/p/auth/publication")
    assert set(carry()) <= {None} and hook.posts == []


def test_the_id_stays_and_the_signature_is_new_at_every_attempt(agent, hook, carry):
    publish(agent)
    hook.answers = [(400, {}, b"not\x00 now"), (400, {}, b"")]
    assert [type(one) for one in carry()] == [Failed]
    row = db.session.scalars(sa.select(Delivery)).one()
    assert (row.state, row.attempts, row.reason) == ("waiting", 1, "It answered 400: not now")
    for _ in range(2):
        hurry()
        carry()
    assert len(hook.posts) == 3 and len(set(hook.ids())) == 1
    assert len(hook.read(hook.secret)) == 3
    assert db.session.scalars(sa.select(Delivery.state)).one() == "sent"


def hurry():
    """Let what waits be due now."""
    db.session.execute(sa.update(Delivery).values(due_at=Delivery.created_at))
    db.session.execute(sa.update(Outlet).values(held_until=None))
    db.session.commit()


def test_what_is_refused_for_good_dies_and_the_next_one_leaves(agent, hook, carry):
    publish(agent)
    comment(agent)
    hook.answers = [(422, {}, b"no such plan")] * 8
    for _ in range(8):
        carry()
        hurry()
    carry()
    rows = db.session.execute(sa.select(Delivery.state, Delivery.reason).order_by(Delivery.id))
    assert rows.all() == [("dead", "It answered 422: no such plan"), ("sent", "")]
    assert not db.session.scalar(sa.select(Outlet.failures))


def test_nothing_is_given_up_while_an_address_answers_for_somebody_else(agent, hook, carry):
    publish(agent)
    for status in (401, 403, 404, 405):
        hook.answers = [(status, {}, b"not here")]
        (failed,) = carry()
        assert failed.whole and not failed.final and not failed.unsure
        hurry()


def test_redirects_are_not_followed(agent, hook, carry):
    publish(agent)
    for number, status in enumerate((301, 302, 307, 308), 1):
        hook.answers = [(status, {"Location": hook.url}, b"")]
        (failed,) = carry()
        assert len(hook.posts) == number and failed.whole and "redirects" in failed.reason
        hurry()


LATER = format_datetime(datetime.now(UTC) + timedelta(hours=5), usegmt=True)


WAITS = [
        (429, {"Retry-After": "90"}, 90), (503, {"Retry-After": "7"}, 7),
        (429, {"Retry-After": LATER}, 3600), (429, {"Retry-After": "99999999999"}, 3600),
        (429, {"Retry-After": "soon"}, None), (503, {}, None), (429, {"Retry-After": "-5"}, None),
]  # fmt: skip


def test_who_asks_to_wait_is_left_alone_so_long(agent, hook, carry):
    publish(agent)
    comment(agent)
    for number, (status, headers, after) in enumerate(WAITS, 1):
        hook.standing = (status, headers, b"")
        (failed,) = carry()
        assert failed.whole and failed.retry_after == after
        assert carry() == [] and len(hook.posts) == number
        hurry()


def test_a_server_in_trouble_makes_all_wait_and_gets_it_later(agent, hook, carry):
    publish(agent)
    comment(agent)
    hook.answers = [(500, {}, b"")]
    (failed,) = carry()
    assert failed.whole and failed.unsure and carry() == []
    hurry()
    carry()
    assert [one["type"] for one in hook.told()[1:]] == ["version.pushed", "comment.added"]


def test_a_name_that_leads_inside_by_now_is_not_called(agent, open_app, hook, carry):
    publish(agent)
    config = open_app.extensions["planpush_config"]
    open_app.extensions["planpush_config"] = replace(config, webhook_networks=())
    (failed,) = carry()
    assert "inside a private network" in failed.reason and hook.posts == []
