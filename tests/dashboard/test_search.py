"""Full text: every word of a title, a document and a comment, as it is now, for who may see it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from planpush.dashboard import filters
from planpush.dashboard import search_terms as module
from planpush.dashboard.listing import list_on, list_plans
from planpush.dashboard.search_hits import hits
from planpush.dashboard.search_index import Passage
from planpush.database import cached_count
from planpush.database.session import commit, db
from planpush.document.anchoring.target import Place
from planpush.plans.plan import EDITOR, PRIVATE, PUBLISHED, Member, Plan
from planpush.versions.purge import purge
from planpush.versions.push import push_new
from planpush.versions.request import Push, SectionPush
from tests.people import person

TEXT = "Sessions expire after thirty days of silence."


@pytest.fixture(autouse=True)
def within(app):
    with app.test_request_context():
        yield


def section(html, anchor="body"):
    from hashlib import sha256

    told = f'<section data-anchor="{anchor}">{html}</section>'
    return SectionPush(anchor=anchor, sha256=sha256(told.encode()).hexdigest(), html=told)


def push(title, *sections, by="alice", visibility=PUBLISHED):
    made = push_new(
        Push(sections=list(sections), title=title, visibility=visibility), by=person(by)
    )
    commit()
    return made.plan


def found(q, name="alice", **more):
    return [row.title for row in list_plans(person(name), q=q, **more).plans]


def hit(q, name="alice"):
    listing = list_plans(person(name), q=q)
    return hits(listing.search, {row.id: listing.places[row.id] for row in listing.plans})


def say(plan, body, by="bob"):
    thread = plan.open_thread(Place(anchor="body"), body, by=person(by), on=plan.newest)
    commit()
    return thread


@pytest.mark.parametrize(
    "q",
    ["redesign", "REDES", "sessions", "thirty days", '"thirty days"', "silence login", "log",
     "müssten", "mussten", "-absent login", "expire müss"],
)  # fmt: skip
def test_words_are_found_wherever_they_stand(q):
    plan = push("Login redesign", section(f"<h2>Body</h2><p>{TEXT}</p>"))
    say(plan, "Das müssten wir prüfen")
    push("Another", section("<p>Nothing of it.</p>"))
    assert found(q) == ["Login redesign"]


@pytest.mark.parametrize(
    ("q", "titles"),
    [
        ("https://example.com/a-b", ["Linked"]),
        ("HTTP://10.0.0.1", ["Linked"]),
        ("https://example.com/other", []),
        ("-https://example.com/a-b", ["Another"]),
        ("linked http://10.0.0.1 is:private", []),
    ],
)
def test_an_address_is_no_condition(q, titles):
    push("Linked", section("<p>See https://example.com/a-b or http://10.0.0.1/x</p>"))
    push("Another", section("<p>See example.com</p>"))
    assert found(q) == titles


@pytest.mark.parametrize(
    "q", ["absent", '"days thirty"', "sessions -login", "ilence", '"thirty day"']
)
def test_what_does_not_stand_there_is_not_found(q):
    push("Login redesign", section(f"<p>{TEXT}</p>"))
    assert found(q) == []


def test_a_push_replaces_what_is_found():
    plan = push("Plan", section("<p>Herring</p>"), section("<p>Kept</p>", "kept"))
    later = Push(
        sections=[section("<p>Mackerel</p>"), section("<p>Kept</p>", "kept")],
        title="Renamed",
        base_version=1,
    )
    plan.push(later, by=person("alice"))
    commit()
    assert (found("herring"), found("mackerel"), found("kept")) == ([], ["Renamed"], ["Renamed"])
    assert (found("plan"), found("renamed")) == ([], ["Renamed"])


def test_a_comment_is_found_as_it_reads_now():
    thread = say(push("Plan", section("<p>Text</p>")), "First herring")
    comment = thread.comments[0]
    comment.edit("Then mackerel", by=person("bob"))
    commit()
    assert (found("herring"), found("mackerel")) == ([], ["Plan"])
    comment.delete(by=person("bob"))
    commit()
    assert found("mackerel") == []
    comment.restore(by=person("bob"))
    commit()
    assert found("mackerel") == ["Plan"]


def test_what_was_purged_is_not_found():
    plan = push("Plan", section("<p>hunter2 secret</p>"))
    plan.push(Push(sections=[section("<p>Clean</p>")], base_version=1), by=person("alice"))
    commit()
    plan.push(Push(sections=[section("<p>hunter2 secret</p>")], base_version=2), by=person("alice"))
    commit()
    assert found("hunter2") == ["Plan"]
    purge(plan, [1, 3], by=person("ada"))
    commit()
    assert found("hunter2") == []
    assert not db.session.scalar(select(func.count()).where(Passage.body.contains("hunter2")))


def test_a_hit_leads_to_the_section_or_to_the_thread():
    plan = push("Plan", section(f"<h2>Body</h2><p>{TEXT}</p>"))
    thread = say(plan, "Rather a fortnight")
    there = hit("thirty")[plan.id]
    assert (there.anchor, there.thread_id) == ("body", None)
    assert [piece.text for piece in there.pieces if piece.hit] == ["thirty"]
    said = hit("fortnight")[plan.id]
    assert (said.anchor, said.thread_id) == ("", thread.id)
    assert hit("plan") == {}


def test_titles_come_first_then_where_it_stands_most_often():
    once = section("<p>herring</p>")
    push("Once", once)
    often = push("Often", once)
    say(often, "herring, too")
    push("Herring", section("<p>nothing</p>"))
    push("Newest", section("<p>nothing</p>"))
    assert found("herring") == ["Herring", "Often", "Once"]
    assert found("herring", sort="updated-asc") == ["Once", "Often", "Herring"]


def test_a_word_that_many_passages_have_is_found_all_the_same(monkeypatch):
    monkeypatch.setattr(module, "FEW", 2)
    monkeypatch.setattr(module, "RARE", 1)
    for number in range(5):
        push(f"Plan {number}", section(f"<p>Everybody says consideration {number}</p>"))
    newest = [f"Plan {number}" for number in (4, 3, 2, 1, 0)]
    for q in ("consideration", "con", "conside", '"everybody says"', "says consideration",
              "con eve", "con eve say plan", "says everybody consideration"):  # fmt: skip
        assert found(q) == newest, q
        assert len(hit(q)) == 5, q
    assert found("consideration 3") == ["Plan 3"]
    assert found("-consideration") == [] == found("-conside")
    assert found("consideration", sort="title") == newest[::-1]


SIGNS = ['"', '""', '"*"', "*", "^a", "a NEAR b", "{a}", "a'b", "\\", "-", "- -", "AND", "OR"]


def test_no_sign_is_syntax():
    push("Plan", section("<p>Text</p>"))
    for q in [*SIGNS, "NOT x", "(", "\u200b", "é\u0301", "ﬀ", "a:", '"a b*"']:
        assert found(q) in ([], ["Plan"]), q


@given(q=st.text(max_size=30))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_text_breaks_a_search(q):
    from planpush.errors import Problem

    try:
        list_plans(person("alice"), q=q)
    except Problem as problem:
        assert problem.status == 422


names = st.sampled_from(["alice", "bob", "charlie", "ada", "pam"])


@given(
    shelf=st.lists(
        st.tuples(names, st.sampled_from([PRIVATE, PUBLISHED]), st.sets(names)), max_size=6
    ),
    many=st.booleans(),
    few=st.booleans(),
    busy=st.booleans(),
    q=st.sampled_from(["herring", '"red herring"', "herr", "comment", "", "is:private herring",
                       "-absent", "h", "has:open-threads", "involves:me", "mentions:me", "turn:me",
                       "author:alice", "-author:me", "updated:>2020-01-01 herring"]),
)  # fmt: skip
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_nobody_finds_counts_or_reads_what_they_may_not_see(shelf, many, few, busy, q):
    db.session.execute(update(Plan).values(deleted_at=Plan.active_at))
    cached_count._known.clear()  # or what the example before told would count
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "FEW", 1 if many else 10_000)
        patch.setattr(module, "RARE", 0 if few or many else 2_000)
        patch.setattr(filters, "_OWN", 0 if busy else 2_000)
        made = [stocked(f"Herring {number}", *told) for number, told in enumerate(shelf)]
        for name in ("alice", "bob", "charlie", "ada", "pam"):
            check(name, q, [plan.id for plan in made])


def stocked(title, owner, visibility, editors):
    plan = push(title, section("<p>A red herring</p>"), by=owner, visibility=visibility)
    for name in editors:
        db.session.add(Member(plan_id=plan.id, user_id=person(name).id, kind=EDITOR))
    say(plan, "My comment names @bob @charlie", by=owner)
    return plan


def check(name, q, made):
    user = person(name)
    may = set(db.session.scalars(Plan.visible_to(user).with_only_columns(Plan.id)))
    listing = list_plans(user, q=q)
    ids = {row.id for row in listing.plans}
    assert ids <= may
    assert listing.total == len(ids)
    assert (
        set(hits(listing.search, {row.id: listing.places[row.id] for row in listing.plans})) <= may
    )
    assert {row.id for row in list_on(user, q=q).plans} == ids
    if q in ("herring", '"red herring"', "herr", "comment"):
        assert ids == may & set(made)
