"""Identities: who gets which account, by the provider's subject, never by an address alone."""

from dataclasses import replace

import pytest

from planpush.accounts.identity import Identity, Profile, Refused
from planpush.accounts.user import User, own
from planpush.database.session import commit
from planpush.errors import NotFound
from planpush.settings.store import Setting
from tests.people import person

OCTO = Profile("github", "https://github.com", "4", "octo", "Octo Dev", "octo@example.com", True)
OKTA = Profile("okta", "https://id.example.com", "00u1", "dan", "Dan", "dan@example.com", True, [])


def arrive(profile, **changes):
    found = Identity.arrive(replace(profile, **changes))
    commit()
    return found


def refused(profile, **changes):
    with pytest.raises(Refused) as caught:
        Identity.arrive(replace(profile, **changes))
    return caught.value.reason


def put_in_force(**given):
    Setting.change(given, by=person("ada"))
    commit()


def test_16_the_same_subject_at_another_issuer_is_somebody_else(database):
    first = arrive(OCTO)
    there = arrive(OCTO, issuer="https://ghe.example.com", email="there@example.com")
    assert there.id != first.id


def test_16_an_address_of_somebody_who_signed_in_before_is_no_way_in(database):
    dan = User.add("dan@example.com", name="Dan", roles=["developer"])
    Identity.connect(OCTO, to=dan)
    commit()
    assert refused(OKTA) == "address_taken"


def test_16_an_account_made_in_advance_is_for_whoever_proves_its_address(database):
    made = User.add("dan@example.com", name="Dan", roles=["qa"])
    assert arrive(OKTA).id == made.id
    assert made.roles == ["qa"] and not made.awaits_identity
    assert refused(OKTA, subject="00u2") == "address_taken"


def test_16_an_unverified_address_opens_no_account_made_in_advance(database):
    made = User.add("dan@example.com", name="Dan", roles=["qa"])
    commit()
    assert refused(OKTA, email_verified=False) == "address_taken"
    assert made.awaits_identity and Identity.of(made) == []


def test_16_an_address_that_only_looks_like_one_of_ours_is_another(database):
    User.add("kim@example.com", name="Kim", roles=["admin"])
    put_in_force(initial_admin_emails="mike@example.com")
    assert refused(OCTO, email="\u212aim@example.com") == "address_taken"
    assert arrive(OCTO, email="mi\u212ae@example.com").roles == ["developer"]


def test_somebody_deactivated_stays_out_and_is_not_linked(database):
    known = arrive(OCTO)
    waiting = User.add("dan@example.com", name="Dan", roles=["qa"])
    for user in (known, waiting):
        user.deactivate(by=None)
    commit()
    assert refused(OCTO) == refused(OKTA) == "deactivated"
    database.rollback()
    assert Identity.of(waiting) == []


def test_40_a_named_and_verified_address_starts_as_admin_an_unverified_one_does_not(database):
    put_in_force(initial_admin_emails="octo@example.com, DAN@example.com")
    assert arrive(OCTO, subject="5", email_verified=False).roles == ["developer"]
    assert refused(OKTA, email_verified=False) == "no_role"
    database.rollback()
    assert arrive(OKTA).roles == ["admin"]


def test_40_who_was_demoted_is_not_admin_again_by_signing_in(database):
    put_in_force(initial_admin_emails="octo@example.com")
    octo = arrive(OCTO)
    octo.grant("developer", by=person("ada"))
    commit()
    assert arrive(OCTO).roles == ["developer"]


def test_40_an_account_added_with_a_role_keeps_exactly_that(database):
    put_in_force(initial_admin_emails="dan@example.com")
    User.add("dan@example.com", name="Dan", roles=["developer"])
    assert arrive(OKTA).roles == ["developer"]


def test_40_an_account_that_a_directory_made_first_may_be_the_named_admins(database):
    put_in_force(initial_admin_emails="dan@example.com")
    User.add("dan@example.com", name="Dan", roles=[])
    assert arrive(OKTA).roles == ["admin"]


def test_16_connecting_takes_nobodys_account(database):
    arrive(OCTO)
    with pytest.raises(Refused) as caught:
        Identity.connect(OCTO, to=person("alice"))
    assert caught.value.reason == "taken"
    assert Identity.of(person("alice")) == []


def test_16_a_disconnected_account_does_not_come_back_by_its_address(database):
    alice = person("alice")
    Identity.connect(replace(OCTO, email=alice.email), to=alice).unlink(by=alice)
    commit()
    assert refused(OCTO, email=alice.email) == "address_taken"


def test_an_identity_is_found_by_its_owner_only(database):
    mine = Identity.connect(OCTO, to=person("alice"))
    database.flush()
    assert own(Identity, person("alice"), mine.id) is mine
    for user, number in ((person("bob"), mine.id), (person("alice"), mine.id + 1)):
        with pytest.raises(NotFound):
            own(Identity, user, number)
