"""Preferences: which kinds of things are told by which way, and what a mute leaves of them."""

from itertools import product

import pytest

from planpush.notifications.preferences import (
    APP,
    KINDS,
    MENTION,
    NOW,
    OFF,
    SLACK,
    TURN,
    WAYS,
    chosen,
    ways_for,
)


def everything(notify):
    return {(kind, way) for kind in KINDS for way in WAYS if chosen(notify, kind, way) == NOW}


STANDARD = {(kind, APP) for kind in KINDS} | {(MENTION, SLACK), (TURN, SLACK)}


def test_each_kind_is_chosen_for_each_way_alone():
    for one in product(KINDS, WAYS):
        kind, way = one
        assert everything({kind: {way: NOW}}) == STANDARD | {one}
        assert everything({kind: {way: OFF}}) == STANDARD - {one}


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
