"""Idempotency keys: claimed once, answered alike, forgotten after a day."""

from datetime import timedelta

import pytest

from planpush.accounts.idempotency import IdempotencyKey
from planpush.database.session import commit, now
from planpush.errors import Invalid, Malformed
from tests.people import person


def claim(key="k", body="b", name="alice"):
    return IdempotencyKey.claim(key, body, by=person(name))


def test_the_first_claims_and_the_second_gets_its_answer(database):
    row, first = claim()
    row.remember(201, {"plan": "x"})
    commit()
    again, second = claim()
    assert (first, second) == (True, False)
    assert (again.status, again.answer) == (201, {"plan": "x"})


def test_another_body_is_refused(database):
    claim()
    with pytest.raises(Invalid) as refused:
        claim(body="other")
    assert refused.value.errors[0].field == "Idempotency-Key"


def test_a_key_is_forgotten_after_a_day(database):
    row, _ = claim()
    row.created_at = now() - timedelta(hours=24, minutes=1)
    commit()
    database.expunge_all()
    assert claim(body="other")[1]


@pytest.mark.parametrize("key", ["", "k" * 201, "ü", "a\0", "a\n"])
def test_a_strange_key_is_malformed(database, key):
    with pytest.raises(Malformed):
        claim(key)
