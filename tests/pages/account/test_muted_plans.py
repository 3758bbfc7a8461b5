"""Mutes: from the plan's menu, from a notice, from the settings; by whoever sees the plan."""


def muted(browser, name):
    page = browser(name).get("/settings/notifications").text
    return "/mute?_method=DELETE" in page


PLACES = {"": "/p/auth", "notices": "/notices", "settings": "/settings/notifications#pp-muted"}


def test_every_place_mutes_and_unmutes(browser, plan, thread):
    bob, path = browser("bob"), f"/p/{plan}/mute"
    for page, place in PLACES.items():
        for method, status, stays in (("POST", 201, True), ("DELETE", 200, False)):
            answer = bob.send(method, path, {"from": page})
            assert answer.status_code == status and "<html" not in answer.text
            assert 'hx-target="#announce"' in answer.text
            assert muted(browser, "bob") == stays, page
            plain = path if method == "POST" else f"{path}?_method=DELETE"
            answer = bob.send("POST", plain, {"from": page}, htmx=False)
            assert (answer.status_code, answer.location) == (303, place)
            assert muted(browser, "bob") == stays, page
