"""Sealing: one key for each use, and nothing but nothing from what was never sealed."""

import pytest

from planpush.accounts.sessions import hashed
from planpush.database.encryption import keyed, seal, unseal
from tests.conftest import make_app


def test_39_one_use_of_the_key_does_not_open_another(app):
    with app.app_context():
        assert unseal(seal("text", "sign-in flow")) is None
        assert unseal(seal("text"), "sign-in flow") is None
        assert unseal(seal("text")) == "text"


def test_39_it_is_never_the_same_twice_and_never_the_text(app):
    with app.app_context():
        sealed = {seal("hush-hush") for _ in range(3)}
    assert len(sealed) == 3 and not [one for one in sealed if "hush" in one]


def test_39_it_may_run_out(app):
    with app.app_context():
        assert unseal(seal("text", "flow"), "flow", seconds=60) == "text"
        assert unseal(seal("text", "flow"), "flow", seconds=-1) is None


@pytest.mark.parametrize("sealed", ["", "x", "é", "\udcff", "gAAAAAB" + "A" * 90, "x" * 10_000])
def test_39_what_was_never_sealed_is_nothing(app, sealed):
    with app.app_context():
        assert unseal(sealed) is None


def test_37_a_short_secret_is_hashed_with_the_key_and_outlives_its_rotation(app, tmp_path):
    with app.app_context():
        before = keyed("WDJBMJHT", "user code")
    newer = make_app("sqlite://", tmp_path, secret_keys=("n" * 40, "k" * 40))
    with newer.app_context():
        after = keyed("WDJBMJHT", "user code")
    assert len(before) == 1 and after[1] == before[0] != after[0]
    assert hashed("WDJBMJHT") not in before + after
