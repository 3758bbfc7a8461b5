"""Preferences: which kinds of things are told by which way, and what a mute leaves of them."""

import pytest

from planpush.accounts.user import User
from planpush.notifications.preferences import (
    APP,
    KINDS,
    MENTION,
    NOW,
    OFF,
    PRESETS,
    SLACK,
    TURN,
    WAYS,
    choose,
    chosen,
    of_preset,
    ways_for,
)


def everything(notify):
    return {(kind, way) for kind in KINDS for way in WAYS if chosen(notify, kind, way) == NOW}


STANDARD = {(kind, APP) for kind in KINDS} | {(MENTION, SLACK), (TURN, SLACK)}


def test_everybody_starts_with_all_in_the_app_and_the_urgent_in_slack():
    assert everything({}) == STANDARD


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("value", [NOW, OFF])
def test_each_kind_is_chosen_for_each_way_alone(kind, way, value):
    one = {(kind, way)}
    assert everything({kind: {way: value}}) == (STANDARD | one if value == NOW else STANDARD - one)


def test_only_what_differs_is_kept():
    user = User(email="x@example.com", name="X")
    choose(user, STANDARD)
    assert user.notify == {}
    choose(user, STANDARD - {("comment", APP)} | {("version", SLACK)})
    assert user.notify == {"comment": {"app": "off"}, "version": {"slack": "now"}}


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("mentions", ["mention"]),
        ("mine", ["mention", "turn", "comment"]),
        ("everything", ["mention", "turn", "comment", "version", "resolution"]),
    ],
)
def test_a_preset_is_for_all_ways(name, kinds):
    user = User(email="x@example.com", name="X")
    choose(user, of_preset(name))
    assert everything(user.notify) == {(kind, way) for kind in kinds for way in (APP, SLACK)}


def test_there_are_no_other_presets():
    assert [one.name for one in PRESETS] == ["mentions", "mine", "everything"]
    assert of_preset("nonsense") is None


@pytest.mark.parametrize(
    ("notify", "kind", "muted", "ways"),
    [
        ({}, "mention", False, {"app", "slack"}),
        ({}, "mention", True, {"app"}),
        ({}, "turn", True, set()),
        ({}, "comment", False, {"app"}),
        ({}, "version", True, set()),
        ({"mention": {"app": "off"}}, "mention", False, {"slack"}),
        ({"mention": {"app": "off"}}, "mention", True, set()),
        ({"version": {"slack": "now", "app": "off"}}, "version", False, {"slack"}),
        ({"version": {"app": "daily"}}, "version", False, set()),
    ],
)
def test_a_mute_leaves_mentions_in_the_app(notify, kind, muted, ways):
    assert ways_for(notify, kind, muted=muted) == ways
