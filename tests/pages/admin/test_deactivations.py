"""Shutting somebody out, and letting them in again."""


def test_30_a_deactivated_person_is_out_on_the_next_request(ada, browser, agent, member, logged):
    bobs = [browser("bob"), browser("bob")]
    answer = ada.send("POST", member("bob", "/deactivation"))
    assert answer.status_code == 200 and "Deactivated" in answer.text
    assert [one.get("/dashboard").status_code for one in bobs] == [302, 302]
    assert agent("bob", "GET", "/api/plans").status_code == 401
    assert logged("user.deactivated") == [("Ada", "bob@example.com")]


def test_30_who_is_reactivated_may_sign_in_but_old_sessions_stay_dead(ada, browser, member, logged):
    bob = browser("bob")
    ada.send("POST", member("bob", "/deactivation"))
    assert ada.send("DELETE", member("bob", "/deactivation")).status_code == 200
    assert bob.get("/dashboard").status_code == 302
    assert browser("bob").get("/dashboard").status_code == 200
    assert logged("user.reactivated") == [("Ada", "bob@example.com")]


def test_32_the_last_active_admin_cannot_be_deactivated(ada, member, logged):
    for htmx in (True, False):
        answer = ada.send("POST", member("ada", "/deactivation"), htmx=htmx)
        assert answer.status_code == 409 and "There must be one active admin" in answer.text
    assert ada.get("/admin/members").status_code == 200
    assert logged("user.deactivation_failed") == [("Ada", "ada@example.com")] * 2
