"""POST /api/push, the table of the contract: what makes a version, what is refused, and how."""

import hashlib

import pytest

from planpush.versions.push import prepare
from tests.conftest import code, fields, invite, piece

RANDOM = "k3Jd9fLq2Ws8Xz7Rv1Tb6Yn4Mc5Ph0GaUeIo7S"
SECRET = f"ghp_{RANDOM}"
DEEP = "<div>" * 300 + "x" + "</div>" * 300


@pytest.fixture
def unchanged(stored):
    """Check that nothing at all is stored between two readings, but for the token that asked."""
    before = stored("tokens", "events")

    def check():
        assert stored("tokens", "events") == before

    return check


@pytest.fixture
def newest(agent):
    """The newest version's outline: anchor to SHA-256, in order."""

    def read(plan, name="alice"):
        rows = agent(name, "GET", f"/api/plans/{plan}/outline").json["sections"]
        return {row["anchor"]: row["sha256"] for row in rows}

    return read


def test_a_new_plan(push):
    answer = push("alice", [piece("a"), piece("b")], title="Fresh", slug="fresh")
    assert answer.status_code == 201
    told = answer.json
    assert (told["plan"], told["version"], told["title"]) == ("fresh", 1, "Fresh")
    assert told["url"] == "http://localhost/p/fresh"
    assert told["visibility"] == "private"
    assert told["sections"] == {"sent": 2, "unchanged": 0, "added": 2, "changed": 0, "removed": 0}
    assert told["threads"] == dict.fromkeys(("exact", "moved", "edited", "outdated", "orphaned"), 0)
    assert (told["unanswered"], told["warnings"]) == ([], [])


def test_a_taken_name_gets_a_suffix_even_when_it_is_hidden(push, plan):
    for name in ("alice", "charlie"):
        answer = push(name, [piece("a")], title="T", slug=plan)
        assert answer.status_code == 201
        assert answer.json["plan"].startswith(f"{plan}-") and answer.json["plan"] != plan


def test_a_next_version_counts_what_changed(push, plan, newest):
    rows = [piece("intro", "Other."), {"anchor": "data", "html": None}, piece("risks")]
    answer = push("alice", rows, plan=plan, base_version=1)
    assert (answer.status_code, answer.json["version"]) == (201, 2)
    assert answer.json["sections"] == {
        "sent": 2, "unchanged": 1, "added": 1, "changed": 1, "removed": 0}  # fmt: skip
    assert list(newest(plan)) == ["intro", "data", "risks"]


def test_equal_content_is_200_whatever_the_base(push, plan, newest):
    rows = [{"anchor": anchor, "sha256": sha, "html": None} for anchor, sha in newest(plan).items()]
    for base in [None, 0, 1, 7]:
        answer = push("alice", rows, plan=plan, base_version=base, message="again")
        assert (answer.status_code, answer.json["version"]) == (200, 1), base
        assert answer.json["sections"]["unchanged"] == 2


def test_equal_content_still_takes_title_and_visibility(push, plan, browser):
    rows = [{"anchor": "intro", "html": None}, {"anchor": "data", "html": None}]
    answer = push("alice", rows, plan=plan, title="New", visibility="published")
    assert answer.status_code == 200
    assert (answer.json["title"], answer.json["visibility"]) == ("New", "published")
    assert browser("charlie").get(f"/p/{plan}").status_code == 200


def test_a_known_section_need_not_be_sent_again_even_from_an_older_version(push, plan, newest):
    old = newest(plan)["intro"]
    push("alice", [piece("intro", "Other.")], plan=plan, base_version=1)
    rows = [{"anchor": "intro", "sha256": old, "html": None}]
    answer = push("alice", rows, plan=plan, base_version=2)
    assert (answer.status_code, newest(plan)) == (201, {"intro": old})


def test_sections_that_the_plan_lacks_are_asked_for_by_anchor(push, plan, unchanged):
    rows = [
        {"anchor": "intro", "html": None},
        {"anchor": "risks", "sha256": "0" * 64, "html": None},
    ]
    rows += [{"anchor": "cost", "html": None}]
    answer = push("alice", rows, plan=plan, base_version=1)
    assert (answer.status_code, code(answer)) == (422, "missing_sections")
    told = answer.text
    assert "risks" in told and "cost" in told and "intro" not in str(answer.json["errors"])
    unchanged()


def test_a_section_of_another_plan_is_not_known(push, plan):
    push("charlie", [piece("secret", "Theirs.")], title="Other")
    rows = [{"anchor": "secret", "sha256": piece("secret", "Theirs.")["sha256"], "html": None}]
    assert code(push("alice", rows, plan=plan, base_version=1)) == "missing_sections"


def test_a_hash_that_does_not_fit_is_refused(push, plan, unchanged):
    answer = push("alice", [piece("a"), piece("b", sha256="0" * 64)], plan=plan, base_version=1)
    assert (answer.status_code, code(answer)) == (422, "hash_mismatch")
    assert fields(answer) == ["sections[1].sha256"]
    unchanged()


def test_the_hash_is_of_the_bytes_as_sent(push, plan, newest):
    html = "<p>Grüße — 日本語 😀</p>\r\n"
    row = {"anchor": "a", "html": html, "sha256": hashlib.sha256(html.encode()).hexdigest()}
    assert push("alice", [row], plan=plan, base_version=1).status_code == 201
    assert newest(plan) == {"a": row["sha256"]}


@pytest.mark.parametrize("base", [None, 0, 1, 9, 10**9])
def test_a_stale_base_is_told_what_happened_since(push, plan, unchanged, base, newest):
    push("alice", [piece("intro", "Second.")], plan=plan, base_version=1, message="Mine first")
    answer = push("alice", [piece("intro", "Third.")], plan=plan, base_version=base)
    assert (answer.status_code, code(answer)) == (409, "stale_base")
    assert set(answer.json["current"]) == {"version", "pushed_by", "pushed_at", "message"}
    assert answer.json["current"]["version"] == 2
    assert answer.json["current"]["pushed_by"] == "Alice"
    numbers = [version["version"] for version in answer.json["since"]]
    assert numbers == {None: [2, 1], 0: [2, 1], 1: [2]}.get(base, [])
    assert [row["anchor"] for row in answer.json["outline"]] == list(newest(plan))


def test_a_new_plan_needs_a_title_and_no_base(push, unchanged):
    assert fields(push("alice", [piece("a")])) == ["title"]
    assert fields(push("alice", [piece("a")], title="T", base_version=3)) == ["base_version"]
    unchanged()


def test_an_invisible_plan_is_as_absent_as_none(push, plan, unchanged):
    hidden = push("charlie", [piece("a")], plan=plan, base_version=1)
    absent = push("charlie", [piece("a")], plan="nope", base_version=1)
    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert hidden.text.replace(plan, "nope") == absent.text
    unchanged()


def test_who_sees_but_may_not_push_gets_403(push, plan):
    for name in ["bob", "ada", "pam"]:
        answer = push(name, [piece("a")], plan=plan, base_version=1)
        assert (answer.status_code, code(answer)) == (403, "forbidden"), name
        assert "Alice" not in answer.text, "a name is what its bearer wrote: agents read this"


def test_editors_push_but_do_not_change_visibility(app, push, plan, stored):
    invite(app, plan, "charlie")
    refused = push("charlie", [piece("a")], plan=plan, base_version=1, visibility="published")
    assert refused.status_code == 403
    assert len(stored()["versions"]) == 1
    same = push("charlie", [piece("a")], plan=plan, base_version=1, visibility="private")
    assert (same.status_code, same.json["version"]) == (201, 2)


def test_what_looks_like_a_secret_is_refused_and_not_repeated(push, plan, unchanged):
    answer = push("alice", [piece("a"), piece("b", SECRET)], plan=plan, base_version=1)
    assert (answer.status_code, code(answer)) == (422, "secret_found")
    assert fields(answer) == ["sections[1].html"] and answer.json["errors"][0]["line"] == 1
    assert SECRET not in answer.text and RANDOM not in answer.text
    unchanged()


def test_allow_secrets_overrides_and_is_audited(push, stored):
    answer = push("alice", [piece("b", SECRET)], title="T", allow_secrets=True)
    assert answer.status_code == 201
    audit = [row for row in stored()["events"] if "secret.allowed" in row]
    assert len(audit) == 1 and RANDOM not in audit[0]


def test_a_failing_section_stores_nothing_at_all(push, plan, unchanged):
    rows = [piece("a"), piece("b"), {"anchor": "c", "html": DEEP}]
    answer = push("alice", rows, plan=plan, base_version=1, title="Never", visibility="published",
                  headers={"Idempotency-Key": "k"})  # fmt: skip
    assert (answer.status_code, code(answer)) == (422, "invalid_document")
    error = answer.json["errors"][0]
    assert (
        error["field"] == "sections[2].html" and error["line"] and error["column"] and error["fix"]
    )
    unchanged()


@pytest.mark.parametrize(
    "shut_out",
    ["UPDATE users SET active = :no", "UPDATE tokens SET expires_at = created_at WHERE :no = :no"],
)
def test_who_is_shut_out_while_their_push_is_prepared_stores_nothing(
    push, plan, sql, stored, monkeypatch, shut_out
):
    def prepared(*told, **more):
        done = prepare(*told, **more)
        sql(shut_out, no=False)
        return done

    before = stored("users", "tokens", "events")
    monkeypatch.setattr("planpush.api.pushes.prepare", prepared)
    answer = push("alice", [piece("intro", "Too late.")], plan=plan, base_version=1)
    assert (answer.status_code, code(answer)) == (401, "unauthenticated")
    assert stored("users", "tokens", "events") == before
