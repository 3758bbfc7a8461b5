"""Every page asks the database a fixed number of questions, however much it shows."""

from __future__ import annotations

import pytest

from tests.conftest import piece


@pytest.mark.parametrize(
    "path",
    ["/p/auth", "/p/auth/threads?show=all", "/p/auth/document", "/activity", "/notices",
     "/p/auth/history"],
)  # fmt: skip
def test_more_threads_are_not_more_questions(browser, plan, count, path):
    alice, bob = browser("alice"), browser("bob")
    form = {"body": "@Alice and @Bob", "anchor": "intro"}
    alice.send("POST", f"/p/{plan}/threads", form)
    bob.send("POST", f"/p/{plan}/threads", form)
    alice.get(path)  # notes the visit
    few = count(lambda: alice.get(path))
    for number in range(8):
        form = {"body": f"More {number} for @Bob and @Ada", "anchor": "data"}
        (alice, bob)[number % 2].send("POST", f"/p/{plan}/threads", form)
    bob.send("POST", f"/p/{plan}/threads/3/resolution")
    alice.get(path)
    assert count(lambda: alice.get(path)) == few <= 10


def test_more_answers_in_a_push_are_not_more_questions(browser, push, plan, count):
    alice = browser("alice")
    for number in range(9):
        alice.send("POST", f"/p/{plan}/threads", {"body": f"No. {number}", "anchor": "intro"})

    def answer(base, *threads):
        said = [{"thread": str(one), "status": "applied"} for one in threads]
        sections = [{"anchor": "intro", "html": None}, piece(f"more-{base}")]
        pushed = push("alice", sections, plan=plan, base_version=base, responses=said)
        assert pushed.status_code == 201, pushed.text

    few = count(lambda: answer(1, *range(1, 10)))
    assert count(lambda: answer(2, *range(1, 10), *[9] * 90)) <= few + 2
