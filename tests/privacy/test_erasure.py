"""Erasures: nothing of a person is left anywhere, what others need stays, and reads on."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from planpush.accounts.device_codes import DeviceCode
from planpush.accounts.grants import Grant
from planpush.accounts.identity import Identity, Profile
from planpush.accounts.sessions import BrowserSession
from planpush.accounts.tokens import Token
from planpush.accounts.user import User
from planpush.comments.comment import Comment, History
from planpush.comments.drafts import Draft, Unsent
from planpush.comments.thread import Thread
from planpush.dashboard.search_index import forget_words
from planpush.database.session import commit, db
from planpush.document.anchoring.target import Place
from planpush.errors import Conflict, Forbidden, Invalid
from planpush.events.event import Event, came_from
from planpush.notifications.notices import Notice
from planpush.notifications.outbox import Delivery
from planpush.notifications.slack_names import Met
from planpush.plans import editors
from planpush.plans.plan import PUBLISHED, Plan
from planpush.plans.version import Version
from planpush.plans.visits import Visit
from planpush.privacy.erasure import Erasure, erase, go_on
from planpush.reviews import reviewers
from planpush.reviews.sign_offs import CHANGES, SignOff
from planpush.versions.purge import shrink_log
from tests.conftest import ON_POSTGRES
from tests.people import person
from tests.stored import everything

MARK = "Zqx"  # nothing else here contains it, in any case
EMAIL, LOGIN = "marla.zqx@example.com", "zqx-octo"


@pytest.fixture
def plan(pushed):
    """A published plan of alice's, which marla reviews and edits."""
    return pushed({"intro": "<h2>Intro</h2><p>Words.</p>"}, visibility=PUBLISHED).plan


@pytest.fixture
def marla(database, plan):
    """Somebody whose every text carries a mark, and who did all there is to do."""
    marla = User.add(EMAIL, name=f"Marla {MARK}", roles=["developer"], by=person("ada"))
    editors.add(plan, marla, by=person("alice"))
    reviewers.ask(plan, marla, by=person("alice"))
    marla.external_id, marla.scim = f"{MARK}-external", {"name": {"familyName": MARK}}
    others_speak_of(marla)
    came_from("10.9.8.7", "request1")
    signs_in(marla)
    talks(plan, marla)
    commit()
    came_from("", "")
    others_answer(plan, marla)
    commit()
    return marla


def signs_in(marla):
    there = {"issuer": "https://id.example.com", "sid": f"{MARK}-sid"}
    BrowserSession.start(marla, provider="okta", address="10.9.8.7", agent=f"{MARK} fox", **there)
    profile = Profile("github", "https://github.com", f"{MARK}-subject", LOGIN, MARK, EMAIL)
    Identity.connect(profile, to=marla)
    Token.issue(marla, name=f"{MARK} laptop")
    device = {"device": f"{MARK}-host", "address": "10.9.8.7"}
    grant = Grant.start(
        marla, client_id="cli", client_name="Client", scopes=["plans:read"], **device
    )
    grant.hold("ppa_1", "ppr_1", ["plans:read"])
    Met(marla.id, EMAIL, f"U{MARK}").keep()
    code = {"client_id": "cli", "client_name": "Client", "address": "10.9.8.7", "scopes": []}
    db.session.add(
        DeviceCode(user_code_hash="1", code_hash="2", device=f"{MARK}-host", agent=MARK,
                   user_id=marla.id, expires_at=sa.func.now(), **code)
    )  # fmt: skip
    Event.record("sign_in.failed", by=None, target=LOGIN, data={"reason": "rate_limited"})


def others_speak_of(marla):
    Event.record("scim.user.changed", by=None, target=EMAIL, data={"was": "old.zqx@example.com"})
    Event.record("user.added", by=person("ada"), target="old.zqx@example.com")
    told = {"value": f"ada@example.com, {EMAIL}"}
    Event.record("setting.changed", by=person("ada"), target="initial_admin_emails", data=told)


def talks(plan, marla):
    thread = Thread.open(
        plan, Place(), f"First {MARK} words", by=marla, on=1, shown=1, blocking=False, via=""
    )
    thread.comments[0].edit(f"Then {MARK} words, signed {EMAIL}", by=marla)
    thread.comment(f"{MARK} taken back", by=marla).delete(by=marla)
    SignOff.give(plan, CHANGES, f"{MARK} wants more", by=marla)
    Draft.save(plan, "new", Unsent(f"{MARK} unsent", "key1"), by=marla)
    version = Version.of(plan)
    version.pushed_by, version.message, version.direction = marla, MARK, MARK
    version.agent, version.session = MARK, MARK


def others_answer(plan, marla):
    thread = db.session.scalars(sa.select(Thread)).one()
    thread.comment(f"@Marla {MARK} and @marla.zqx, or mail {EMAIL}: why?", by=person("bob"))
    thread.comment(f"Ask @marla {MARK.lower()}.", by=person("alice"))
    thread.comments[-1].edit("Ask nobody.", by=person("alice"))
    thread.answer("question", f"{MARK} note", by=marla, unchanged=False)
    editors.remove(plan, EMAIL, by=person("alice"))
    editors.add(plan, marla, by=person("alice"))
    Visit.note(marla.id, plan.id, plan.active_at)


def finish():
    """Do the rest of all erasures, as a worker does."""
    rounds = 0
    while go_on() is not False:
        commit()
        rounds += 1
    commit()
    forget_words()
    return rounds


def erased(marla, **how):
    erase(marla, by=person("ada"), **how)
    commit()
    finish()
    db.session.expire_all()
    return marla


def marked():
    return sorted({(table, column) for table, column, text in everything()
                   if MARK.lower() in text.lower() or "10.9.8.7" in text})  # fmt: skip


def test_the_mark_is_in_every_place_where_it_can_be(marla):
    tables = {table for table, _ in marked()}
    assert tables >= {
        "users", "browser_sessions", "identities", "tokens", "grants", "device_codes", "comments",
        "wordings", "sign_offs", "threads", "versions", "drafts", "mentions", "events", "passages",
        "slack_people",
    }  # fmt: skip


def test_after_an_erasure_with_their_words_nothing_is_left_anywhere(marla, database, tmp_path):
    erased(marla, words=True)
    assert marked() == [], [one for one in everything() if "zqx" in one[2].lower()]
    if not ON_POSTGRES:  # not in what SQLite deleted either
        database.remove()
        shrink_log()
        files = b"".join(path.read_bytes() for path in tmp_path.glob("planpush.db*"))
        assert MARK.lower().encode() not in files.lower()


def test_without_their_words_what_they_wrote_stays_without_a_name(marla, plan):
    erased(marla)
    first, taken_back, bobs, alices = db.session.scalars(sa.select(Comment).order_by(Comment.id))
    who = f"Deleted person {marla.id}"
    assert first.author.name == who and first.body == f"Then {MARK} words, signed {who}"
    assert bobs.body == f"@{who} and @{who}, or mail {who}: why?" and bobs.mentions == []
    assert alices.body == "Ask nobody." and taken_back.body == ""
    history = History.of(alices.id, alices.body)
    assert history.edits and MARK not in str(history)
    left = {table for table, _ in marked() if not table.startswith("passage_words")}
    assert left == {"comments", "passages", "wordings", "threads", "sign_offs", "versions"}


def test_they_are_out_at_once_and_their_address_is_free(marla):
    erase(marla, by=None)
    commit()
    assert not marla.active and marla.deleted_at and marla.roles == []
    for kind in (BrowserSession, Token, Identity, Draft, Notice, Delivery, Visit):
        left = sa.select(sa.func.count()).select_from(kind).where(kind.user_id == marla.id)
        assert db.session.scalar(left) == 0
    again = User.add(EMAIL, name="Another", roles=["qa"])
    commit()
    finish()
    assert again.id != marla.id and User.by_email(EMAIL).name == "Another"


def test_the_log_keeps_what_happened_without_a_name(marla, database):
    count = database.scalar(sa.select(sa.func.count()).select_from(Event))
    erased(marla, words=True)
    query = sa.select(Event).where(Event.kind == "user.erased")
    found = database.scalars(query).one()
    assert (found.target, found.actor_id) == (f"deleted+{marla.id}@invalid", person("ada").id)
    assert database.scalar(sa.select(sa.func.count()).select_from(Event)) > count
    asked = database.scalars(sa.select(Event.target).where(Event.kind == "review.asked")).all()
    assert asked == [f"deleted+{marla.id}@invalid"]


def test_plans_are_handed_over_first(marla, plan):
    alice = person("alice")
    with pytest.raises(Conflict, match="owns 1 plan, deleted ones included"):
        erase(alice, by=person("ada"))
    with pytest.raises(Invalid, match="another owner"):
        erase(alice, by=person("ada"), to=alice)
    erase(alice, by=person("ada"), to=person("bob"))
    commit()
    finish()
    assert db.session.get(Plan, plan.id).owner.name == "Bob"
    assert "alice@example.com" not in str(everything())


def test_who_may_not(marla):
    with pytest.raises(Forbidden):
        erase(marla, by=person("pam"))
    with pytest.raises(Conflict, match="ask another admin"):
        erase(person("ada"), by=person("ada"))
    with pytest.raises(Conflict, match="one active admin"):
        erase(person("ada"), by=None)
    erase(marla, by=None)
    with pytest.raises(Conflict, match="erased already"):
        erase(marla, by=None)


def test_a_worker_that_stops_in_the_middle_goes_on_where_it_was(marla, database):
    erase(marla, by=None, words=True)
    commit()
    while go_on() is not False:
        commit()
        database.remove()  # each piece in a session of its own, as if begun anew
    found = database.scalars(sa.select(Erasure)).one()
    assert found.done_at is not None and found.sealed == ""
    finish()
    assert marked() == []


def test_what_is_called_like_them_keeps_its_name_in_the_log(marla, database, plan):
    marla.name = "slack_channel"  # as they called themselves at GitHub
    Event.record("setting.changed", by=person("ada"), target="slack_channel")
    plan.record("plan.deleted", by=person("ada"), target="marla.zqx")
    plan.record("plan.renamed", by=person("alice"), data={"from": "slack_channel"})
    Event.record("sign_in.failed", by=None, target="slack_channel")
    erased(marla)
    query = sa.select(Event.kind, Event.target, Event.data).order_by(Event.id)
    told = {kind: (target, data) for kind, target, data in database.execute(query)}
    assert told["setting.changed"][0] == "slack_channel"
    assert told["plan.deleted"][0] == "marla.zqx"
    assert told["plan.renamed"][1] == {"from": "slack_channel"}
    assert told["sign_in.failed"][0] == f"Deleted person {marla.id}"
