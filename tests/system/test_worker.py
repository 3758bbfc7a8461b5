"""The worker: people who left the organisation are out; it lives and ends with its server."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
import sqlalchemy as sa
from gunicorn.arbiter import Arbiter

from planpush.accounts.identity import Identity
from planpush.accounts.membership import EVERY
from planpush.accounts.sessions import BrowserSession
from planpush.config import Config
from planpush.database.encryption import seal
from planpush.database.session import commit, db, now
from planpush.server.gunicorn import Master
from planpush.server.worker import ASK_EVERY, OUTAGE, Worker
from tests.conftest import make_app
from tests.peers.github import OWN_MEMBERSHIP, serving
from tests.people import person
from tests.system.serving import Server


@pytest.fixture
def hub():
    with serving() as made:
        for number, name in enumerate(("alice", "bob", "charlie"), 1):
            made.tokens[f"gho_{name}"] = made.add(number, name)
        yield made


@pytest.fixture
def worker(app, hub, database_url, tmp_path):
    made = make_app(database_url, tmp_path, **hub.settings)
    with made.app_context():
        cookies = {name: arrive(hub, name) for name in ("alice", "bob", "charlie")}
        db.session.remove()
    yield Worker(made), cookies
    with made.app_context():
        db.engine.dispose()


def arrive(hub, name):
    """Sign somebody in who was last asked about a while ago; return the cookie."""
    account = hub.accounts[name]
    told = {"provider": "github", "issuer": hub.base, "sealed_token": seal(f"gho_{name}")}
    told |= {"subject": str(account.id), "login": name, "checked_at": now() - 2 * EVERY}
    db.session.add(Identity(user_id=person(name).id, **told))
    cookie = BrowserSession.start(person(name), provider="github")
    commit()
    return cookie


def ask(worker):
    with worker.app.app_context():
        return worker.ask()


def who_is_in(worker, cookies):
    with worker.app.app_context():
        return [name for name, cookie in cookies.items() if BrowserSession.find(cookie)]


def overdue(worker):
    with worker.app.app_context():
        db.session.execute(sa.update(Identity).values(checked_at=now() - EVERY - timedelta(1)))
        commit()


@pytest.mark.parametrize("state", ["", "pending"])
def test_who_is_no_active_member_any_more_is_out(hub, worker, state):
    worker, cookies = worker
    hub.accounts["bob"].state = state
    assert ask(worker) == ASK_EVERY
    assert who_is_in(worker, cookies) == ["alice", "charlie"]


@pytest.mark.parametrize("trouble", ["500", "403", "429", "redirect", b"<html>"])
def test_an_outage_or_an_error_ends_nothing(hub, worker, trouble):
    worker, cookies = worker
    hub.trouble[OWN_MEMBERSHIP] = trouble
    assert ask(worker) == OUTAGE
    assert who_is_in(worker, cookies) == ["alice", "bob", "charlie"]


def test_a_revoked_grant_is_no_definite_answer(hub, worker):
    worker, cookies = worker
    hub.tokens.clear()
    assert ask(worker) == OUTAGE
    assert len(who_is_in(worker, cookies)) == 3


def test_a_server_that_is_gone_ends_nothing(hub, worker):
    worker, cookies = worker
    hub.http.socket.close()
    assert ask(worker) == OUTAGE
    assert len(who_is_in(worker, cookies)) == 3


def test_nobody_is_asked_about_twice_within_the_while(hub, worker):
    worker, _ = worker
    ask(worker)
    ask(worker)
    assert hub.asked[OWN_MEMBERSHIP] == 3


def test_who_was_signed_out_is_not_asked_about_again(hub, worker):
    worker, cookies = worker
    hub.accounts["bob"].state = ""
    ask(worker)
    overdue(worker)
    hub.asked.clear()
    with worker.app.app_context():
        cookies["bob"] = BrowserSession.start(person("bob"), provider="okta")
        commit()
    ask(worker)
    assert hub.asked[OWN_MEMBERSHIP] == 2
    assert who_is_in(worker, cookies) == ["alice", "bob", "charlie"]


def test_no_transaction_is_open_while_github_is_asked(hub, worker):
    worker, _ = worker
    hub.trouble[OWN_MEMBERSHIP] = "slow"
    asking = threading.Thread(target=ask, args=(worker,))
    asking.start()
    until(lambda: hub.asked[OWN_MEMBERSHIP] == 3)
    with worker.app.app_context():
        person("bob").name = "Robert"  # would wait for a lock that is held
        commit()
        assert person("bob").name == "Robert"
    assert asking.is_alive()
    hub.over.set()
    asking.join()


def test_without_github_nobody_is_asked(app, hub):
    with app.app_context():
        arrive(hub, "bob")
        assert Worker(app).ask() == ASK_EVERY
        db.session.remove()
    assert not hub.asked


def test_a_job_that_fails_does_not_end_the_worker(app, caplog):
    worker = Worker(app)
    turns = []

    def broken():
        turns.append(1)
        worker.stop.set()
        raise OSError("no such luck")

    worker.due = {broken: 0.0}
    worker.run()
    assert turns == [1] and "the job broken failed" in caplog.text


def until(true, seconds=60):
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.05)


def children(pid):
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return {int(one) for one in found.read_text().split()} if found.exists() else set()


def alive(pid):
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.fixture
def serve(tmp_path, hub):
    made = []

    def start(**env):
        told = {name.upper(): value for name, value in hub.settings.items()}
        made.append(Server(tmp_path, **(told | env)))
        return made[-1]

    yield start
    for one in made:
        if "process" in vars(one):
            one.kill()
        one.http.close()
        with one.app.app_context():
            db.engine.dispose()


def left_and_stayed(hub, server):
    """Sign bob in, who left the organisation, and alice, who did not; return their cookies."""
    hub.accounts["bob"].state = ""
    with server.app.app_context():
        return {name: arrive(hub, name) for name in ("alice", "bob")}


def test_serve_runs_one_that_signs_out_who_left(hub, serve):
    server = serve()
    cookies = left_and_stayed(hub, server)
    server.start()

    def status(name):
        jar, page = {"planpush": cookies[name]}, f"{server.base}/dashboard"
        return requests.get(page, cookies=jar, allow_redirects=False, timeout=60).status_code

    until(lambda: status("bob") == 302)
    assert status("alice") == 200


@pytest.mark.long
def test_it_is_replaced_when_it_dies_and_ends_with_its_server(serve):
    master = serve().start().process
    until(lambda: len(children(master.pid)) == 3)
    before = children(master.pid)
    os.kill(max(before), signal.SIGKILL)  # it is forked after those that serve
    until(lambda: children(master.pid) - before)
    (worker,) = children(master.pid) - before
    master.kill()
    master.wait(60)
    until(lambda: not alive(worker))


@pytest.mark.parametrize(("switch", "forks"), [("on", 1), ("off", 0), ("", 1)])
def test_worker_off_means_none(monkeypatch, switch, forks):
    made = []
    monkeypatch.setattr(Arbiter, "manage_workers", lambda _self: None)
    monkeypatch.setattr(os, "fork", lambda: made.append(1) or 2**30)
    master = Master.__new__(Master)
    config = Config.from_env({"SECRET_KEY": "k" * 40, "WORKER": switch})
    master.app = SimpleNamespace(planpush_config=config)
    master.manage_workers()
    assert len(made) == forks


@pytest.mark.long
def test_alone_it_does_the_same_and_stops_when_told(hub, serve):
    server = serve()
    cookies = left_and_stayed(hub, server)
    command = [sys.executable, "-m", "planpush", "worker"]
    with subprocess.Popen(command, env=server.env, stderr=subprocess.DEVNULL) as process:
        worker = Worker(server.app)
        until(lambda: who_is_in(worker, cookies) == ["alice"])
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
