"""A webhook, from the form to the receiver: a real server, its worker, a receiver that fails."""

import re
import time

import pytest

from tests.peers import hook as peer
from tests.system.serving import Server, Visitor
from tests.system.test_notifying import comment, eventually, push

PAGE = "/admin/integrations/webhooks"
KINDS = ("comment.added", "version.pushed", "thread.resolved")


@pytest.fixture
def receiver():
    with peer.serving() as made:
        yield made


@pytest.fixture
def server(tmp_path):
    made = Server(tmp_path, WEBHOOK_NETWORKS="127.0.0.0/8").start()
    yield made
    made.close()


def add(server, receiver):
    ada = Visitor(server, "ada")
    answer = ada.post(PAGE, name="Bot", url=receiver.url, events=KINDS)
    assert answer.status_code == 201, answer.text
    ada.http.close()
    return re.search(r">(whsec_[A-Za-z0-9+/=]{44})<", answer.text)[1]


@pytest.mark.long
def test_what_happened_in_an_outage_arrives_once_and_in_order(server, receiver):
    secret = add(server, receiver)
    push(server, "bob", "Hush", title="Hidden")
    plan = push(server, "alice", "One", title="Auth", visibility="published")["plan"]
    eventually(lambda: receiver.posts)
    receiver.standing = (500, {}, b"down")
    for number in range(4):
        comment(server, "bob", plan, f"Word {number}")
    eventually(lambda: len(receiver.posts) > 1)
    server.kill()
    server.start()
    receiver.standing = (200, {}, b"")
    eventually(lambda: len(set(receiver.ids())) == 5, seconds=90)
    time.sleep(1)  # whatever comes twice would be here by now
    told = dict(zip(receiver.ids(), receiver.read(secret), strict=True)).values()
    words = [one["data"]["comment"]["body"] for one in told if one["type"] == "comment.added"]
    assert words == [f"Word {number}" for number in range(4)]
    assert {one["data"]["plan"]["slug"] for one in told} == {plan}
