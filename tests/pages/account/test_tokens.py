"""API tokens: shown once, listed by prefix and last use, limited in time, revoked at once."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa

from planpush.accounts.tokens import Token
from planpush.database.session import commit, db, now
from planpush.events.event import Event
from tests.people import SAME_ORIGIN, Browser, person

PATH = "/settings/tokens"
FORM = re.compile(r"\bppt_[0-9A-Za-z]{46}\b")
GOOD = {"name": "build server", "scope": ["plans:read"], "expires": "30"}


@pytest.fixture
def made(browser):
    """A token that alice just made."""
    return FORM.search(browser("alice").send("POST", PATH, GOOD).text)[0]


def rows(app):
    with app.app_context():
        return list(db.session.scalars(sa.select(Token).order_by(Token.id)))


def bearer(app, token, method="GET", path="/api/plans"):
    headers = {"Authorization": f"Bearer {token}"}
    return app.test_client().open(path, method=method, headers=headers, json={})


@pytest.mark.parametrize("htmx", [True, False])
def test_3_38_a_token_is_shown_once_and_may_do_what_was_ticked(app, browser, stored, htmx):
    alice = browser("alice")
    answer = alice.send("POST", PATH, GOOD, htmx=htmx)
    assert answer.status_code == 201 and answer.headers["Cache-Control"] == "no-store"
    token = FORM.search(answer.text)[0]
    assert answer.text.count(token) == 1
    assert "Never" in alice.get(PATH).text
    assert bearer(app, token).status_code == 200
    again = alice.get(PATH)
    assert "Never" not in again.text and token not in again.text and f"{token[:8]}…" in again.text
    assert token not in repr(stored()) and token[8:] not in repr(stored())
    assert bearer(app, token, "POST", "/api/push").status_code == 403  # it was not ticked


def test_38_sending_the_form_again_makes_and_shows_nothing(app, browser):
    alice = browser("alice")
    form = GOOD | {"key": "once-and-no-more"}
    assert alice.send("POST", PATH, form, htmx=False).status_code == 201
    again = alice.send("POST", PATH, form, htmx=False)
    assert (again.status_code, again.location) == (303, PATH)
    assert len(rows(app)) == 1


def test_38_a_token_lasts_so_many_days_or_through_the_day_that_was_chosen(app, browser, sql):
    until = (now() + timedelta(10)).date()
    alice = browser("alice")
    for days in (30, 90, 365):
        alice.send("POST", PATH, GOOD | {"expires": str(days)})
        assert timedelta(days - 1) < rows(app)[-1].expires_at - now() <= timedelta(days)
    answer = alice.send("POST", PATH, GOOD | {"expires": "date", "until": str(until)})
    assert rows(app)[-1].expires_at.date() == until
    sql("UPDATE tokens SET expires_at = :at", at=f"{now() - timedelta(1)}")
    assert bearer(app, FORM.search(answer.text)[0]).status_code == 401
    assert "Expired" in alice.get(PATH).text


def in_days(days):
    return str(date.fromordinal(now().date().toordinal() + days))


WRONG = [
    ({"name": ""}, "name"), ({"name": "   "}, "name"), ({"name": "\u200b"}, "name"),
    ({"name": "x" * 101}, "name"),
    ({"name": "two\nlines"}, "name"), ({"name": "nul\x00"}, "name"),
    ({"scope": []}, "scope"), ({"scope": ["admin"]}, "scope"),
    ({"scope": ["plans:read", "all"]}, "scope"),
    ({"expires": "never"}, "until"), ({"expires": ""}, "until"), ({"expires": "0"}, "until"),
    ({"expires": "date", "until": "soon"}, "until"),
    ({"expires": "date", "until": "2026-02-31"}, "until"),
    ({"expires": "date", "until": "today"}, "until"),
    ({"expires": "date", "until": in_days(0)}, "until"),
    ({"expires": "date", "until": in_days(367)}, "until"),
    ({"expires": "date", "until": "9999-12-31"}, "until"),
]  # fmt: skip


@pytest.mark.parametrize("htmx", [True, False])
def test_what_is_wrong_is_named_and_what_was_typed_stays(app, browser, htmx):
    alice = browser("alice")
    kept = {"name": "<kept> & whole", "scope": ["comments:write"], "expires": "365"}
    for wrong, field in WRONG[:: 1 if htmx else 5]:
        answer = alice.send("POST", PATH, kept | wrong, htmx=htmx)
        assert answer.status_code == 422 and f'id="pp-{field}-err"' in answer.text, wrong
        assert rows(app) == [] and not FORM.search(answer.text)
        if "name" not in wrong:
            assert 'value="&lt;kept&gt; &amp; whole"' in answer.text
        if "scope" not in wrong:
            assert re.findall(r'value="([a-z:]+)" checked', answer.text) == ["comments:write"]


@pytest.mark.parametrize("htmx", [True, False])
def test_38_a_revoked_token_is_dead_on_its_next_use(app, browser, made, htmx):
    path = f"{PATH}/{rows(app)[0].id}"
    assert browser("bob").send("DELETE", path).status_code == 404
    assert bearer(app, made).status_code == 200
    answer = browser("alice").send("DELETE", path, htmx=htmx)
    assert "No tokens." in answer.text if htmx else answer.location == PATH
    assert bearer(app, made).status_code == 401


def test_39_making_and_revoking_leave_one_row_each_without_the_token(app, browser, made):
    alice = browser("alice")
    for _ in range(2):
        alice.send("DELETE", f"{PATH}/{rows(app)[0].id}")
    with app.app_context():
        asked = sa.select(Event).where(Event.kind.like("token.%")).order_by(Event.id)
        found = db.session.scalars(asked).all()
        told = [(row.kind, row.actor_id) for row in found]
        actor = person("alice").id
        assert made not in repr([row.data for row in found])
    assert told == [("token.issued", actor), ("token.revoked", actor)]


def test_39_making_tokens_is_limited(another):
    limited = another(rate_limits=True)
    alice = Browser(limited, "alice")
    answers = [alice.send("POST", PATH, GOOD).status_code for _ in range(22)]
    assert answers == [201] * 20 + [429] * 2


def test_a_person_sees_their_own_tokens_only(browser, made):
    assert made[:8] not in browser("bob").get(PATH).text
    assert made[:8] not in browser("ada").get(PATH).text


class Slowly(BytesIO):
    """A body that is on its way while something happens."""

    def __init__(self, body, happens):
        super().__init__(body)
        self.happens = happens

    def readinto(self, buffer):
        self.happens()
        return super().readinto(buffer)


def shut_out(app, name):
    def happens():
        with ThreadPoolExecutor(1) as other:
            other.submit(run).result()

    def run():
        with app.app_context():
            person(name).sign_out_everywhere(by=None)
            commit()

    return happens


def test_30_what_is_revoked_while_the_body_comes_does_nothing(app, browser):
    form = GOOD | {"scope": ["plans:write"]}
    made = FORM.search(browser("alice").send("POST", PATH, form).text)[0]
    sent = {"Authorization": f"Bearer {made}", "Content-Length": "9"}
    body = Slowly(b"<p>hi</p>", shut_out(app, "alice"))
    answer = app.test_client().post("/api/push", input_stream=body, headers=sent)
    assert answer.status_code == 401


def test_30_a_browser_signed_out_while_its_form_comes_makes_no_token(app, browser):
    alice, form = browser("alice"), b"name=x&scope=plans:read&expires=30"
    kind = "application/x-www-form-urlencoded"
    sent = SAME_ORIGIN | {"Content-Length": str(len(form)), "Content-Type": kind}
    body = Slowly(form, shut_out(app, "alice"))
    answer = alice.client.post(PATH, input_stream=body, headers=sent)
    assert (answer.status_code, answer.location) == (302, "/sign-in")
    assert rows(app) == []
