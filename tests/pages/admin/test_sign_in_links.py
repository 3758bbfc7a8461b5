"""Single-use links that an admin makes: the way in when a provider fails."""

import re

import pytest

from tests.people import SAME_ORIGIN, Browser


@pytest.mark.parametrize("htmx", [True, False])
def test_39_a_link_is_shown_once_works_once_and_is_audited(app, ada, member, logged, stored, htmx):
    answer = ada.send("POST", member("bob", "/sign-in-link"), htmx=htmx)
    assert answer.status_code == 201
    link = re.search(r"http://localhost(/sign-in/local\?token=[\w-]+)", answer.text)[1]
    assert "token=" not in ada.get("/admin/members").text
    assert [app.test_client().get(link).status_code for _ in range(2)] == [302, 403]
    assert logged("sign_in_link.issued") == [("Ada", "bob@example.com")]
    assert link.partition("=")[2] not in repr(stored())


def test_40_no_link_where_local_sign_in_is_switched_off(app, another, member):
    other = another(auth_providers=("github",))
    ada = Browser(app, "ada")
    client = other.test_client()
    client.set_cookie("planpush", ada.client.get_cookie("planpush").value)
    path = member("bob", "/sign-in-link")
    answer = client.post(path, headers=SAME_ORIGIN)
    assert answer.status_code == 409
    assert "/sign-in-link" not in client.get("/admin/members").text
