"""Notifications: the choice of what one is told, and by which way."""

import re

import pytest

PAGE = "/settings/notifications"
KINDS = ("mention", "turn", "comment", "version", "resolution")
STANDARD = {f"{kind}.app" for kind in KINDS} | {"mention.slack", "turn.slack"}


def ticked(page):
    return set(re.findall(r'name="(\w+\.\w+)" value="now"[^>]* checked', page.text))


def save(alice, boxes, htmx=True, **more):
    data = dict.fromkeys(boxes, "now") | more
    path = PAGE if htmx else f"{PAGE}?_method=PATCH"
    return alice.send("PATCH" if htmx else "POST", path, data, htmx=htmx)


def test_it_is_a_tab_of_the_settings(browser):
    page = browser("alice").get("/settings/profile").text
    assert f'href="{PAGE}"' in page
    found = browser("alice").get(PAGE)
    assert re.search(rf'href="{PAGE}" aria-current="page"', found.text)
    assert ticked(found) == STANDARD


@pytest.mark.parametrize("htmx", [True, False])
def test_what_is_ticked_is_kept_and_the_rest_is_off(browser, htmx):
    alice, wanted = browser("alice"), {"mention.app", "version.slack"}
    answer = save(alice, wanted, htmx)
    if htmx:
        assert "Saved." in answer.text and "<html" not in answer.text and ticked(answer) == wanted
    else:
        assert (answer.status_code, answer.location) == (303, f"{PAGE}?saved=1")
        assert "Saved." in alice.get(answer.location).text
    assert ticked(alice.get(PAGE)) == wanted
    assert ticked(browser("bob").get(PAGE)) == STANDARD


def test_a_preset_sets_all(browser):
    for preset, kinds in [("mentions", 1), ("mine", 3), ("everything", 5)]:
        alice = browser("alice")
        answer = save(alice, (), preset=preset)
        wanted = {f"{kind}.{way}" for kind in KINDS[:kinds] for way in ("app", "slack")}
        assert ticked(answer) == wanted == ticked(alice.get(PAGE)), (preset, kinds)
        current = re.findall(r'value="(\w+)" aria-current="true"', answer.text)
        assert current == [preset]


def test_it_says_whether_slack_writes_and_to_whom(browser, another):
    page = browser("alice").get(PAGE).text
    assert "Nobody gets direct messages in Slack here" in page
    from tests.people import Browser

    page = Browser(another(slack_bot_token="xoxb-1"), "alice").get(PAGE).text
    assert "the address <b>alice@example.com</b>" in page and "xoxb" not in page
