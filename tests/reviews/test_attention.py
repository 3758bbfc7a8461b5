"""Whose turn it is: the table of rules as a table of stories, and what holds in every story."""

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planpush.accounts.user import User
from planpush.comments.thread import OPEN, RESOLVED
from planpush.database.session import commit, db
from planpush.document.anchoring.target import Place
from planpush.plans.plan import EDITOR, PRIVATE, PUBLISHED, Member, Plan
from planpush.reviews import reviewers
from planpush.reviews.attention import RULES, WORDS, Turn
from planpush.reviews.sign_offs import APPROVED, CHANGES, SignOff
from planpush.subscribers import CONSEQUENCES, turn
from planpush.versions.purge import purge
from planpush.versions.push import push_version
from planpush.versions.request import Push, SectionPush
from tests.people import CAST, person

PAGE = {"intro": "<p>Tokens rotate.</p>"}


class Story:
    """What people do on alice's published plan, which pam edits: "charlie opens; alice says"."""

    def __init__(self, pushed):
        db.session.execute(sa.update(User).values(active=True))  # who left in the story before
        self.plan = pushed(PAGE, visibility=PUBLISHED).plan
        db.session.add(Member(plan_id=self.plan.id, user_id=person("pam").id, kind=EDITOR))
        self.thread, self.said, self.pushes = None, None, 0
        commit()

    def tell(self, words):
        for sentence in filter(None, words.split("; ")):
            name, verb, *rest = sentence.split(" ", 2)
            getattr(self, verb)(person(name), *rest)
            commit()

    def opens(self, by, body="Why?"):
        self.thread = self.plan.open_thread(Place(), body, by=by, on=self.plan.newest)
        self.said = self.thread.comments[0]

    def says(self, by, body="Because."):
        self.said = self.thread.comment(body, by=by)

    def agent_says(self, by, body="Because."):
        self.said = self.thread.comment(body, by=by, via="agent")

    def edits(self, by, body="Better words."):
        self.said.edit(body, by=by)

    def deletes(self, by):
        self.said.delete(by=by)

    def restores(self, by):
        self.said.restore(by=by)

    def puts_back(self, by):
        self.thread.comments[0].restore(by=by)

    def answers(self, by, status="applied"):
        self.thread.answer(status, "Done.", by=by, unchanged=False)

    def resolves(self, by):
        self.thread.resolve(by=by)

    def reopens(self, by):
        self.thread.reopen(by=by)

    def pushes_on(self, by):
        self.pushes += 1
        part = SectionPush("intro", f"<p>Words {self.pushes}.</p>")
        push_version(self.plan, Push([part], base_version=self.plan.newest), by=by)

    def purges(self, by):
        purge(self.plan, [1], by=by)

    def asks(self, by, whom="bob"):
        reviewers.ask(self.plan, person(whom), by=by)

    def takes_back(self, by, whom="bob"):
        reviewers.take_back(self.plan, f"{whom}@example.com", by=by)

    def approves(self, by):
        SignOff.give(self.plan, APPROVED, by=by)

    def objects(self, by):
        SignOff.give(self.plan, CHANGES, "Longer.", by=by)

    def withdraws(self, by):
        SignOff.withdraw(self.plan, by=by)

    def hands(self, by, to="charlie"):
        self.plan.hand_over(person(to), by=by)

    def hides(self, by):
        self.plan.unpublish(by=by)

    def leaves(self, who):
        who.deactivate(by=person("ada"))

    def is_done(self, who):
        Turn.drop(who, self.plan.id)


def shown(plan):
    """Whose turn it is, as they see it: "alice:comment bob:review*", the star is plan-wide."""
    found = []
    for name in sorted(CAST):
        plans = set(db.session.scalars(Turn.plans_of(person(name)))) & {plan.id}
        for why in Turn.of(person(name), list(plans)).reasons.values():
            found += [f"{name}:{reason}{'' if thread else '*'}" for reason, thread, _ in why]
    return " ".join(sorted(found))


@pytest.fixture
def story(pushed):
    return Story(pushed)


STORIES = [
    # a thread: a reader's word waits for the owner, the owner's for who opened it
    ("charlie opens", "alice:comment"),
    ("alice opens", ""),
    ("pam opens", ""),
    ("charlie opens; alice says", "charlie:reply"),
    ("charlie opens; alice agent_says", "charlie:reply"),
    ("charlie opens; pam says", "charlie:reply"),
    ("charlie opens; alice says; charlie says", "alice:comment"),
    ("charlie opens; charlie says", "alice:comment"),
    ("charlie opens; bob says", "alice:comment"),
    ("charlie opens; bob says; alice says", "bob:reply charlie:reply"),
    ("charlie opens; bob says; alice says; bob says", "alice:comment charlie:reply"),
    ("charlie opens; pam says; charlie says", "alice:comment pam:reply"),
    ("pam opens; alice says", "pam:reply"),
    ("alice opens; charlie says; alice says", "charlie:reply"),
    # mentions
    ("charlie opens @bob look", "alice:comment bob:mention"),
    ("charlie opens @bob look; bob says", "alice:comment"),
    ("charlie opens @alice and @charlie", "alice:mention"),
    ("charlie opens @bob look; alice says", "bob:mention charlie:reply"),
    ("charlie opens @pam look; alice says", "charlie:reply pam:mention"),
    ("alice opens; alice edits @bob look", "bob:mention"),
    ("alice opens @bob look; bob says; alice says; alice edits @bob now", "bob:mention"),
    ("alice hides; alice opens @charlie look", ""),
    # answers, resolving, reopening
    ("charlie opens; alice answers", "charlie:answered"),
    ("charlie opens; alice answers question", "charlie:question"),
    ("charlie opens; pam answers", "charlie:answered"),
    ("charlie opens; alice answers; alice pushes_on", "charlie:answered"),
    ("charlie opens @bob look; alice answers; charlie resolves", ""),
    ("charlie opens; ada resolves; ada reopens", "alice:reopened"),
    ("charlie opens; ada resolves; alice reopens", "charlie:reopened"),
    ("charlie opens; charlie resolves; charlie reopens", "alice:reopened"),
    # words taken back
    ("charlie opens; charlie deletes", ""),
    ("charlie opens; charlie deletes; charlie restores", "alice:comment"),
    ("charlie opens; charlie deletes; alice says; charlie puts_back", "charlie:reply"),
    ("charlie opens; charlie says; charlie deletes", "alice:comment"),
    ("charlie opens; alice says @bob look; alice deletes", ""),
    # reviews
    ("alice asks", "bob:review*"),
    ("alice asks; bob opens", "alice:comment bob:review*"),
    ("alice asks; alice takes_back", ""),
    ("alice asks; bob approves", "alice:approved*"),
    ("alice asks; bob objects", "alice:changes*"),
    ("alice asks; bob objects; charlie approves", "alice:changes*"),
    ("alice asks; bob objects; bob approves", "alice:approved*"),
    ("alice asks; bob objects; bob withdraws", ""),
    ("alice asks; bob approves; alice is_done; alice asks", "bob:review*"),
    ("alice asks; bob is_done", ""),
    ("alice asks; charlie approves; ada objects; ada withdraws", "bob:review*"),
    ("alice asks; charlie approves; ada approves; ada withdraws", "alice:approved* bob:review*"),
    # versions
    ("alice pushes_on", ""),
    ("alice asks; alice pushes_on", "bob:review*"),
    ("alice asks; bob approves; alice pushes_on", "bob:version*"),
    ("charlie objects; alice pushes_on", "charlie:version*"),
    ("charlie approves; alice pushes_on; charlie is_done; alice pushes_on", ""),
    ("alice asks; bob is_done; alice pushes_on", "bob:version*"),
    ("alice asks; bob is_done; alice hands bob; bob is_done; alice pushes_on", ""),
    ("charlie approves; alice pushes_on; alice pushes_on", "charlie:version*"),
    ("charlie approves; alice pushes_on; charlie is_done; ada purges", "charlie:version*"),
    ("alice asks pam; pam pushes_on", ""),
    ("alice asks pam; pam pushes_on; alice pushes_on", "pam:version*"),
    # whose plan it is
    ("charlie opens; alice hands bob", "bob:comment bob:handed*"),
    ("charlie objects; alice hands bob", "bob:handed*"),
    ("bob opens @alice look; ada hands bob", "alice:mention bob:handed*"),
    ("alice opens @alice look; bob says @alice look; alice hands bob", "alice:mention bob:handed*"),
    ("ada hands ada", ""),
    ("alice leaves; charlie opens", "pam:comment"),
    ("alice asks charlie; alice hides; charlie opens; alice takes_back charlie", "alice:comment"),
    ("charlie opens; alice says; alice hides", ""),
]


def test_whose_turn_it_is(pushed):
    for words, after in STORIES:
        story = Story(pushed)
        story.tell(words)
        assert shown(story.plan) == after, words


def test_the_table_is_the_whole_table():
    assert set(RULES) == {kind for kind, told in CONSEQUENCES.items() if turn in told}
    moved = {after.split(":")[1].rstrip("*") for _, after in STORIES for after in after.split()}
    assert moved == set(WORDS)  # every reason has its story


ACTS = (
    "opens", "opens @bob look", "opens @alice and @pam", "says", "says @charlie look",
    "agent_says", "answers", "answers question", "resolves", "reopens", "approves", "objects",
)  # fmt: skip
DEEDS = st.lists(
    st.tuples(st.sampled_from(("alice", "bob", "charlie", "pam", "ada")), st.sampled_from(ACTS)),
    min_size=1, max_size=7,
)  # fmt: skip
FEW = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def possible(story, name, act):
    """Whether somebody may do this now: the story goes on without what they may not."""
    verb = act.split()[0]
    if verb in ("approves", "objects"):
        return name != "alice"
    if verb == "answers" and name not in ("alice", "pam"):  # the owner and an editor
        return False
    if verb == "opens" or story.thread is None:
        return verb == "opens"
    if verb == "resolves":
        mine = story.thread.opened_by_id == person(name).id
        return story.thread.state == OPEN and (mine or name in ("alice", "ada", "pam"))
    return verb != "reopens" or story.thread.state == RESOLVED


@FEW
@given(deeds=DEEDS)
def test_who_acts_never_has_the_turn_right_after(story, deeds):
    story.thread = None
    for name, act in deeds:
        if possible(story, name, act):
            story.tell(f"{name} {act}")
            whole = act in ("approves", "objects")
            where = 0 if whole else story.thread.id
            key = (person(name).id, story.plan.id, where)
            assert db.session.get(Turn, key, populate_existing=True) is None


@FEW
@given(deeds=DEEDS, hidden=st.booleans(), gone=st.sampled_from(("bob", "charlie", "pam")))
def test_only_who_may_see_the_plan_has_a_turn(story, deeds, hidden, gone):
    story.thread = None
    db.session.execute(sa.delete(Turn))
    db.session.execute(sa.update(User).values(active=True))
    story.plan.visibility = PRIVATE if hidden else PUBLISHED
    person(gone).active = False
    commit()
    for name, act in deeds:
        if possible(story, name, act):
            story.tell(f"{name} {act}")
    given = set(db.session.scalars(sa.select(Turn.user_id).where(Turn.plan_id == story.plan.id)))
    assert given <= {user.id for user in db.session.scalars(story.plan.readers())}
    for user in db.session.scalars(sa.select(User)):
        seen = set(db.session.scalars(Turn.plans_of(user)))
        assert seen <= {plan.id for plan in db.session.scalars(Plan.visible_to(user))}
        assert set(Turn.of(user, [story.plan.id]).reasons) <= seen


def test_a_plan_that_is_hidden_shows_no_turn_and_shows_it_again(story):
    story.tell("charlie opens; alice says; alice hides")
    assert shown(story.plan) == ""
    story.plan.publish(by=person("alice"))
    commit()
    assert shown(story.plan) == "charlie:reply"
