"""Webhooks: admins add, change, pause, test and remove them; address and secret stay hidden."""

import re
from dataclasses import replace
from ipaddress import ip_network

import pytest
import sqlalchemy as sa
from standardwebhooks.webhooks import Webhook as Theirs

from planpush.database.session import db
from planpush.events.event import Event
from planpush.notifications.webhooks import MOST, Webhook
from tests.peers import hook as peer
from tests.people import SAME_ORIGIN

PAGE = "/admin/integrations/webhooks"
ADDRESS = "http://127.0.0.1:9/in?token=hush-of-ours"
EVENTS = ["comment.added", "version.pushed"]


@pytest.fixture(autouse=True)
def loopback(app):
    """The operator lets webhooks reach this machine."""
    config = app.extensions["planpush_config"]
    here = (ip_network("127.0.0.0/8"),)
    app.extensions["planpush_config"] = replace(config, webhook_networks=here)


@pytest.fixture
def receiver():
    with peer.serving() as found:
        yield found


def form(**changes):
    told = {"name": "Release bot", "url": ADDRESS, "events": EVENTS}
    return told | changes


@pytest.fixture
def add(ada):
    def send(**changes):
        answer = ada.send("POST", PAGE, form(**changes), htmx=False)
        assert answer.status_code == 201, answer.text
        return re.search(r">(whsec_[A-Za-z0-9+/=]{44})<", answer.text)[1]

    return send


@pytest.fixture
def kept(app):
    """What is stored of the only webhook."""

    def read(what="sealed_url"):
        with app.app_context():
            return getattr(db.session.scalars(sa.select(Webhook)).one(), what)

    return read


def test_the_secret_is_shown_once_and_the_address_never(app, ada, add, kept, stored):
    secret = add()
    text = ada.get(PAGE).text + ada.get(f"{PAGE}/1").text + ada.get("/admin/integrations").text
    assert "Release bot" in text and "http://127.0.0.1:9" in text
    assert secret not in text and "hush-of-ours" not in text
    assert "hush-of-ours" not in repr(stored()) and secret not in repr(stored())
    assert kept("url") == ADDRESS and kept("secret") == secret


def test_every_change_is_in_the_audit_log_without_secret_or_address(app, ada, add, logged):
    add()
    ada.send("PATCH", f"{PAGE}/1", form(url="", name="Bot"), htmx=False)
    ada.send("POST", f"{PAGE}/1/secret", htmx=False)
    ada.send("POST", f"{PAGE}/1/pause", htmx=False)
    ada.send("DELETE", f"{PAGE}/1/pause", htmx=False)
    ada.send("POST", f"{PAGE}/1/test", htmx=False)
    ada.send("DELETE", f"{PAGE}/1", htmx=False)
    who = ("Ada", "Bot (http://127.0.0.1:9)")
    assert logged("webhook.added") == [("Ada", "Release bot (http://127.0.0.1:9)")]
    assert logged("webhook.changed") == [who, who]
    for kind in ("paused", "resumed", "tested", "removed"):
        assert logged(f"webhook.{kind}") == [who]
    with app.app_context():
        rows = db.session.execute(sa.select(Event.data, Event.target)).all()
    assert "hush-of-ours" not in repr(rows) and "whsec" not in repr(rows)
    assert "Added a webhook" in ada.get("/admin/audit").text


def test_an_empty_address_keeps_the_one_that_is_there(ada, add, kept):
    add()
    answer = ada.send("PATCH", f"{PAGE}/1", form(url="", events=["plan.published"]), htmx=False)
    assert (answer.status_code, answer.location) == (303, f"{PAGE}#pp-hook-1")
    assert kept("url") == ADDRESS
    assert kept("events") == ["plan.published"]
    ada.send("PATCH", f"{PAGE}/1", form(url="http://127.0.0.2:7/new"), htmx=False)
    assert (kept("url"), kept("host")) == ("http://127.0.0.2:7/new", "http://127.0.0.2:7")


WRONG = [
    ("name", " ", "Give a name"), ("name", "a\nb", "Give a name"), ("url", "", "Give the add"),
    ("name", "x" * 201, "Give a name"), ("events", [], "at least one event"),
    ("events", ["plan.eaten"], "at least one event"), ("url", "ftp://x", "begins with https"),
    ("url", "http://10.0.0.1/", "inside a private network"), ("url", "http://[::1]/", "inside"),
    ("url", "https://ada:hush-of-ours@127.0.0.1/", "name and password"),
    ("url", "http://169.254.169.254/latest/meta-data", "WEBHOOK_NETWORKS"),
    ("url", "http://127.0.0.1/" + "x" * 2000, "2,000 characters"),
]  # fmt: skip


def test_what_is_wrong_is_said_and_what_was_typed_is_kept(ada, stored):
    for field, value, said in WRONG:
        before = stored("sessions")
        typed = form(name="Bot <b>", events=["plan.published"]) | {field: value}
        answer = ada.send("POST", PAGE, typed, htmx=False)
        assert answer.status_code == 422 and said in answer.text, (field, value)
        assert f'id="pp-hook-{field}-err"' in answer.text
        main = answer.text.partition("<main")[2]
        if field != "name":
            assert 'value="Bot &lt;b&gt;"' in main and "autofocus" in main
        if field != "events":
            assert re.findall(r'value="([\w.]+)" checked', main) == ["plan.published"]
        assert stored("sessions") == before


def test_a_test_is_signed_and_says_what_came_back(ada, add, receiver):
    secret = add(url=receiver.url)
    receiver.answers = [(200, {}, b"<b>thanks</b>\x1b[31m")]
    answer = ada.send("POST", f"{PAGE}/1/test")
    assert answer.status_code == 200 and answer.text.lstrip().startswith("<section")
    assert "It answered 200: &lt;b&gt;thanks&lt;/b&gt; [31m" in answer.text
    assert ">Works<" in answer.text and re.search(r"[\d,]+ ms:", answer.text)
    headers, body = receiver.posts[0]
    assert Theirs(secret).verify(body, headers)["type"] == "test"


def test_a_failing_test_is_a_result_not_an_error(ada, add, receiver):
    add(url=receiver.url)
    receiver.standing = (500, {}, b"boom")
    answer = ada.send("POST", f"{PAGE}/1/test", htmx=False)
    assert (answer.status_code, answer.location) == (303, f"{PAGE}#pp-hook-1")
    text = ada.get(PAGE).text
    assert "Test failed" in text and "It answered 500: boom" in text


def test_a_test_is_limited(app, another, ada, add):
    add()
    client = another(rate_limits=True).test_client()
    client.set_cookie("planpush", ada.client.get_cookie("planpush").value)
    sent = {"headers": SAME_ORIGIN}
    answers = [client.post(f"{PAGE}/1/test", **sent).status_code for _ in range(31)]
    assert answers == [303] * 30 + [429]


def test_who_was_removed_is_gone_with_all_that_waits(ada, add, agent, stored):
    add()
    query = "slug=auth&title=Auth&visibility=published"
    agent("alice", "POST", f"/api/push?{query}", data="<p>Hi</p>", content_type="text/html")
    assert len(stored()["deliveries"]) == 1
    assert ada.send("DELETE", f"{PAGE}/1", htmx=False).status_code == 303
    after = stored()
    names = ("webhooks", "deliveries", "delivery_events", "outlets", "checks")
    assert [after[name] for name in names] == [[]] * 5
    for method, path in (("GET", ""), ("PATCH", ""), ("POST", "/test"), ("POST", "/secret")):
        assert ada.send(method, f"{PAGE}/1{path}", form(), htmx=False).status_code == 404


def test_there_is_an_end_to_how_many(app, ada, add, sql):
    add()
    columns = "name, host, sealed_url, sealed_secret, events, created_at"
    for _ in range(MOST - 1):
        sql(f"INSERT INTO webhooks ({columns}) SELECT {columns} FROM webhooks WHERE id = 1")
    answer = ada.send("POST", PAGE, form(), htmx=False)
    assert answer.status_code == 409 and f"{MOST} webhooks already" in answer.text
