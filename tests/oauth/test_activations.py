"""/activate: a person types a terminal's code, sees who asks, and says yes or no."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa

from planpush.accounts.device_codes import DeviceCode
from planpush.accounts.grants import Grant
from planpush.accounts.sessions import BrowserSession
from planpush.database.session import commit, db, now
from planpush.errors import NotFound
from planpush.events.event import Event
from tests.conftest import at_once, make_app
from tests.people import Browser, person
from tests.terminal import Terminal

PAGE = "/activate"


@pytest.fixture
def terminal(app):
    made = Terminal(app)
    made.ask(device_name="laptop", scope="plans:read comments:write")
    return made


def type_in(who, code, **form):
    return who.send("POST", PAGE, {"user_code": code} | form, htmx=False)


def decisions(app):
    with app.app_context():
        query = sa.select(Event).where(Event.kind.like("device.%"))
        return [(row.kind, row.target, row.data) for row in db.session.scalars(query)]


def test_37_the_form_takes_letters_as_people_type_them(app, browser, terminal):
    page = browser("alice").get(PAGE).text
    for attribute in ('inputmode="text"', 'autocapitalize="characters"', 'autocomplete="off"'):
        assert attribute in page
    code = terminal.asked["user_code"]
    for typed in (code, code.lower(), code.replace("-", ""), f" {code.replace('-', ' ')} "):
        assert "Let this device act for you?" in type_in(browser("alice"), typed).text
    assert decisions(app) == []


def test_37_the_second_step_names_who_asks_and_for_what(browser, terminal):
    page = unescape(type_in(browser("alice"), terminal.asked["user_code"]).text)
    for fact in ("planpush", "laptop", "127.0.0.1", ", asked ", terminal.asked["user_code"],
                 "Read plans", "Comment and answer", "Only if you started this just now",
                 "Alice"):  # fmt: skip
        assert fact in page, fact
    assert "Push plans" not in page


def test_37_an_address_fills_the_code_in_and_allows_nothing(app, browser, terminal):
    alice, code = browser("alice"), terminal.asked["user_code"]
    for path in (f"{PAGE}?user_code={code}", f"{PAGE}?user_code={code}&decision=allow"):
        assert f'value="{code}"' in alice.get(path).text
        assert alice.get(path).status_code == 200
    assert terminal.poll().json["error"] == "authorization_pending"
    hostile = alice.get(f'{PAGE}?user_code="><script>{"x" * 9000}').text
    assert "<script>x" not in hostile and len(hostile) < 20_000


def test_37_who_is_signed_out_signs_in_and_comes_back_with_the_code(app, terminal):
    code = terminal.asked["user_code"]
    answer = app.test_client().get(f"{PAGE}?user_code={code}")
    assert (answer.status_code, answer.location) == (
        302, f"/sign-in?next=%2Factivate%3Fuser_code%3D{code}",
    )  # fmt: skip
    form = {"user_code": code, "decision": "allow"}
    assert app.test_client().post(PAGE, data=form).status_code == 302
    assert terminal.poll().json["error"] == "authorization_pending"


def test_37_from_another_site_nothing_is_allowed(app, browser, terminal):
    alice, form = browser("alice"), {"user_code": terminal.asked["user_code"], "decision": "allow"}
    assert alice.client.post(PAGE, data=form).status_code == 403
    evil = {"Origin": "https://evil.example"}
    assert alice.client.post(PAGE, data=form, headers=evil).status_code == 403
    assert terminal.poll().json["error"] == "authorization_pending"


@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_37_a_decision_is_made_once_and_noted(app, browser, terminal, decision):
    code = terminal.asked["user_code"]
    for _ in range(2):  # a double click
        assert type_in(browser("alice"), code, decision=decision).status_code == 200
    other = "deny" if decision == "allow" else "allow"
    for who, answer in (("alice", other), ("alice", ""), ("bob", decision)):
        assert type_in(browser(who), code, decision=answer).status_code == 422
    told = {"client": "planpush-cli", "from": "127.0.0.1", "scopes": ["plans:read",
            "comments:write"]}  # fmt: skip
    kind = "device.allowed" if decision == "allow" else "device.denied"
    assert decisions(app) == [(kind, "planpush on laptop", told)]
    assert terminal.poll().status_code == (200 if decision == "allow" else 400)


def test_37_of_many_answers_at_once_one_counts(app, browser, terminal):
    people = [browser(name) for name in ("alice", "bob", "pam", "ada")]
    code = terminal.asked["user_code"]
    answers = at_once(4, lambda n: type_in(people[n], code, decision=("allow", "deny")[n % 2]))
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422]
    assert len(decisions(app)) == 1


def test_37_wrong_used_unknown_and_expired_codes_answer_alike(app, browser, terminal):
    alice = browser("alice")
    used, late = terminal.asked["user_code"], Terminal(app).ask().json["user_code"]
    terminal.allow(alice)
    with app.app_context():
        db.session.execute(sa.update(DeviceCode).values(expires_at=now() - timedelta(seconds=1))
                           .where(DeviceCode.decision.is_(None)))  # fmt: skip
        commit()
    seen = set()
    for typed in (used, late, "BCDF-GHJK", "no code", "", "\0ß\u202e" * 900):
        answer = type_in(alice, typed)
        assert answer.status_code == 422
        seen.add(answer.text.partition('class="err"')[2].partition("</p>")[0])
    assert len(seen) == 1 and "No terminal waits for this code" in seen.pop()


def test_37_too_many_wrong_codes_have_to_wait(database_url, tmp_path, app):
    limited = make_app(database_url, tmp_path / "limited", rate_limits=True)
    terminal, alice, bob = Terminal(limited), Browser(limited, "alice"), Browser(limited, "bob")
    terminal.ask()
    for _ in range(3):  # right ones do not count
        assert type_in(alice, terminal.asked["user_code"]).status_code == 200
    tries = [type_in(alice, "BCDF-GHJK").status_code for _ in range(10)]
    assert tries == [422] * 10
    stopped = type_in(alice, terminal.asked["user_code"], decision="allow")
    assert stopped.status_code == 429 and 0 < int(stopped.headers["Retry-After"]) <= 600
    assert "try again in 10 minutes" in stopped.text
    assert type_in(bob, terminal.asked["user_code"]).status_code == 200
    for name in ("bob", "charlie", "ada"):
        who = Browser(limited, name)
        assert [type_in(who, "BCDF-GHJK").status_code for _ in range(10)] == [422] * 10
    pam = Browser(limited, "pam")  # an address has five times as many, whoever they are
    assert [type_in(pam, "BCDF-GHJK").status_code for _ in range(10)] == [422] * 9 + [429]
    with limited.app_context():
        db.engine.dispose()


def test_4_a_session_that_just_ended_allows_nothing(app, browser, terminal):
    with app.app_context():
        alice = person("alice")
        session = BrowserSession.find(BrowserSession.start(alice, provider="local"))
        commit()
        found, session_id = DeviceCode.waiting(terminal.asked["user_code"]), session.id
        alice.sign_out_everywhere(by=alice)
        with pytest.raises(NotFound):
            found.decide("allow", by=alice, session_id=session_id)
        assert Grant.of(alice) == []
