"""Plans for programs: what one may see, with versions, a cursor at a time."""

import pytest

from planpush.dashboard.search_index import index_missing
from planpush.database.session import commit, db
from planpush.plans.plan import PUBLISHED, Plan
from tests.conftest import code, piece
from tests.people import person


@pytest.fixture
def shelf(app):
    """Put that many published plans of pam's on the shelf."""

    def put(count):
        with app.app_context():
            owner = person("pam").id
            rows = [
                Plan(
                    slug=f"plan-{n}",
                    title=f"Plan {n}",
                    owner_id=owner,
                    newest=1,
                    visibility=PUBLISHED,
                )
                for n in range(count)
            ]
            db.session.add_all(rows)
            db.session.flush()
            while index_missing():
                pass
            commit()

    return put


def walk(agent, name, **query):
    """Every plan that following the cursors brings, in order."""
    found, cursor, steps = [], "", 0
    while cursor is not None and steps < 100:
        answer = agent(name, "GET", "/api/plans", query_string=query | {"cursor": cursor}).json
        found += [plan["plan"] for plan in answer["plans"]]
        cursor, steps = answer["cursor"], steps + 1
    return found


def test_the_list_holds_what_one_may_see(agent, plan):
    lists = {name: walk(agent, name) for name in ("alice", "bob", "charlie", "ada", "pam")}
    assert lists.pop("charlie") == []
    assert set(map(tuple, lists.values())) == {(plan,)}


def test_a_plan_tells_of_itself(agent, plan, thread):
    found = agent("bob", "GET", "/api/plans").json["plans"][0]
    assert found["plan"] == plan and found["title"] == "Auth"
    assert found["url"] == f"http://localhost/p/{plan}"
    assert (found["visibility"], found["owner"], found["version"]) == ("private", "Alice", 1)
    assert (found["open_threads"], found["comments"]) == (1, 1)
    assert found["updated_at"].endswith("Z")


def test_cursors_lead_beyond_the_pages_of_the_dashboard(agent, shelf):
    shelf(530)
    assert len(set(walk(agent, "alice"))) == 530


def test_the_query_is_the_dashboards(agent, shelf, plan):
    shelf(3)
    assert walk(agent, "alice", q="author:me") == [plan]
    assert walk(agent, "alice", q="is:published plan") == ["plan-2", "plan-1", "plan-0"]
    refused = agent("alice", "GET", "/api/plans?q=autor:me")
    assert refused.status_code == 422 and "author:" in refused.json["detail"]


def test_a_strange_cursor_is_refused(agent):
    for cursor in ["x", "!", "cDA", "cC0x", "\0", "ü", "c" * 5000, "cDk5OTk5OTk5OTk"]:
        answer = agent("alice", "GET", "/api/plans", query_string={"cursor": cursor})
        assert answer.status_code == 400, cursor
        assert answer.json["errors"][0]["field"] == "cursor"


def test_a_plan_lists_its_versions_newest_first(agent, push, plan):
    push("alice", [piece("a")], plan=plan, base_version=1, message="Less")
    versions = agent("bob", "GET", f"/api/plans/{plan}").json["versions"]
    assert [version["version"] for version in versions] == [2, 1]
    assert versions[0]["message"] == "Less" and versions[0]["pushed_by"] == "Alice"
    assert versions[0]["pushed_at"].endswith("Z")
    assert len({version["digest"] for version in versions}) == 2


def test_an_unknown_route_is_a_problem_too(agent):
    for path in ("/api/nope", "/api/plans/auth/nope"):
        answer = agent("alice", "GET", path)
        assert answer.status_code == 404 and code(answer)
    wrong = agent("alice", "DELETE", "/api/push")
    assert wrong.status_code == 405 and code(wrong) and "POST" in wrong.headers["Allow"]
