"""Ending everything that somebody has open."""

from planpush.accounts.tokens import Token
from planpush.database.session import commit
from tests.people import person


def test_4_ended_sessions_and_tokens_are_dead_on_the_next_request(
    app, ada, browser, member, logged
):
    bobs = [browser("bob"), browser("bob")]
    with app.app_context():
        headers = {"Authorization": f"Bearer {Token.issue(person('bob'), name='ci')}"}
        commit()
    assert app.test_client().get("/api/plans", headers=headers).status_code == 200
    answer = ada.send("DELETE", member("bob", "/sessions"))
    assert answer.status_code == 200 and "0 sessions, 0 tokens" in answer.text
    assert [one.get("/dashboard").status_code for one in bobs] == [302, 302]
    assert app.test_client().get("/api/plans", headers=headers).status_code == 401
    assert logged("sessions.revoked") == [("Ada", "bob@example.com")]
