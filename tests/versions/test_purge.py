"""Purges: an admin empties a version for good, and what people said about it stays."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from planpush.comments.version_view import Reading
from planpush.dashboard.search_index import forget_words
from planpush.database.session import commit, db
from planpush.document.anchoring.target import Place
from planpush.errors import Conflict, Forbidden, Invalid
from planpush.events.event import Event
from planpush.plans.section import Section, expand
from planpush.plans.version import Version
from planpush.versions.purge import purge, shrink_log
from planpush.versions.push import prepare
from planpush.versions.request import Push, SectionPush
from tests.conftest import ON_POSTGRES
from tests.people import person

SECRET = "hunter2-zebra-quartz"
CLEAN = "<h2>Config</h2><p>The service reads its key from the vault when it starts.</p>"
DIRTY = f"<h2>Config</h2><p>The service reads its key {SECRET} from the vault when it starts.</p>"
INTRO = "<h2>Intro</h2><p>Tokens rotate on every use.</p>"
HTML = sa.select(Section.html)
NEWER = "<h2>Intro</h2><p>Tokens rotate daily.</p>"


@pytest.fixture
def leaked(pushed):
    """A plan whose version 2 of 3 holds a secret in text, message and direction."""
    plan = pushed({"intro": INTRO, "config": CLEAN}).plan
    told = {"message": SECRET, "direction": SECRET, "agent": SECRET, "session": SECRET}
    pushed({"intro": INTRO, "config": DIRTY, SECRET: "<h2>Other</h2><p>Else.</p>"}, plan, **told)
    pushed({"intro": NEWER, "config": CLEAN}, plan)
    return plan


def comment(plan, on, anchor="config", quote=SECRET):
    place = Place(anchor=anchor, quote=quote)
    made = plan.open_thread(place, "Take it out!", by=person("bob"), on=on)
    commit()
    return made


def purged(plan, *numbers):
    found = purge(plan, numbers, by=person("ada"))
    commit()
    db.session.expire_all()
    return found


def card(plan, thread, number=None):
    return Reading(plan, number).card(thread.id)


def test_the_secret_is_nowhere_in_the_database(leaked, dump):
    comment(leaked, 2)
    comment(leaked, 2, anchor=SECRET, quote="")
    purged(leaked, 2)
    assert SECRET not in dump()


def test_a_secret_in_a_shared_section_goes_with_the_last_version_that_holds_it(pushed, database):
    plan = pushed({"config": DIRTY, "a": INTRO}).plan
    pushed({"config": DIRTY, "a": NEWER}, plan)
    pushed({"config": CLEAN}, plan)
    thread = comment(plan, 2)
    purged(plan, 2)
    assert card(plan, thread).then == SECRET
    assert thread.origins[-1].version == 1
    purged(plan, 1)
    assert card(plan, thread).purged
    assert SECRET not in repr(thread.origins[-1].selector)
    assert SECRET not in "".join(expand(html).decode() for html in database.scalars(HTML))


def test_a_thread_stays_without_the_words_that_it_quoted(leaked):
    thread = comment(leaked, 2)
    before = card(leaked, thread).placement.state
    purged(leaked, 2)
    found = card(leaked, thread)
    assert (found.purged, found.then, found.differs) == (True, "", False)
    assert found.placement.state == before
    assert [one.body for one in found.thread.comments] == ["Take it out!"]
    assert thread.opened_on == 2


def test_a_purged_base_is_stale(leaked, pushed):
    purged(leaked, 3)
    with pytest.raises(Conflict) as refused:
        pushed({"intro": "<h2>I</h2><p>More.</p>"}, leaked, base_version=3)
    assert refused.value.code == "stale_base" and "purged version 3" in str(refused.value)
    assert refused.value.extra["current"]["version"] == 2
    purged(leaked, 1)
    with pytest.raises(Conflict):
        pushed({"intro": "<h2>I</h2><p>More.</p>"}, leaked, base_version=1)


def test_nothing_brings_a_purged_section_back_by_its_hash(leaked, pushed):
    sha256 = next(row.sha256 for row in Version.of(leaked, 2).manifest() if row.anchor == "config")
    purged(leaked, 2)
    with pytest.raises(Invalid) as refused:
        leaked.push(parts(leaked, SectionPush("config", None, sha256)), by=person("alice"))
    assert refused.value.code == "missing_sections"


def test_a_push_that_was_ready_before_the_purge_does_not_bring_it_back(leaked, dump):
    sha256 = next(row.sha256 for row in Version.of(leaked, 2).manifest() if row.anchor == "config")
    push = parts(leaked, SectionPush("config", None, sha256))
    ready = prepare(push, leaked, by=person("alice"))
    purged(leaked, 2)
    with pytest.raises(Invalid) as refused:
        leaked.push(ready, by=person("alice"))
    assert refused.value.code == "missing_sections"
    assert SECRET not in dump()


def parts(plan, *sections):
    return Push(sections, base_version=plan.newest)


def test_the_only_version_stays(leaked):
    with pytest.raises(Conflict) as refused:
        purge(leaked, [1, 2, 3], by=person("ada"))
    assert refused.value.code == "only_version"
    assert Version.of(leaked, 2).message == SECRET


@pytest.mark.parametrize("name", ["alice", "bob", "pam"])
def test_only_an_admin_may(leaked, name):
    with pytest.raises(Forbidden):
        purge(leaked, [2], by=person(name))


def test_it_is_in_the_audit_log_without_its_words(leaked, database):
    purged(leaked, 2)
    query = sa.select(Event).where(Event.kind == "version.purged")
    (event,) = database.scalars(query)
    assert (event.actor_id, event.plan_id) == (person("ada").id, leaked.id)
    assert event.data == {"version": 2, "still_in": [1]}


def test_its_bytes_are_overwritten_in_the_file_and_its_log(leaked, database_url):
    comment(leaked, 2)
    packed = [html for html in db.session.scalars(HTML) if SECRET.encode() in expand(html)]
    secrets = [SECRET.encode(), b"quartz", *packed]  # and how the index of words holds it
    assert ON_POSTGRES or all(secret in database_bytes(database_url) for secret in secrets)
    purged(leaked, 2)
    db.session.remove()
    forget_words()
    shrink_log()
    assert ON_POSTGRES or not any(secret in database_bytes(database_url) for secret in secrets)


def database_bytes(url):
    file = Path(url.removeprefix("sqlite:///"))
    return b"".join(path.read_bytes() for path in sorted(file.parent.glob(f"{file.name}*")))
