"""Identities: who gets which account, by the provider's subject, never by an address alone."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from planpush.accounts.groups import GroupRole
from planpush.accounts.identity import Identity, Profile, Refused
from planpush.accounts.user import User, own
from planpush.database.session import commit
from planpush.errors import NotFound
from planpush.events.event import Event
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


def kinds(database):
    return list(database.scalars(sa.select(Event.kind).order_by(Event.id)))


def test_16_the_subject_decides_whatever_else_changes(database):
    first = arrive(OCTO)
    again = arrive(OCTO, login="renamed", name="Other", email="new@example.com")
    assert again.id == first.id and again.email == "octo@example.com"
    assert Identity.of(first)[0].login == "renamed"


@pytest.mark.parametrize("verified", [True, False])
def test_16_a_recycled_login_or_the_same_address_opens_no_account(database, verified):
    first = arrive(OCTO)
    assert refused(OCTO, subject="9", email_verified=verified) == "address_taken"
    assert refused(OCTO, subject="9", email="OCTO@Example.com") == "address_taken"
    other = arrive(OCTO, subject="9", email="nine@example.com")
    assert other.id != first.id


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


def test_an_account_without_an_address_is_refused(database):
    assert refused(OCTO, email="") == "no_email"


def test_somebody_deactivated_stays_out_and_is_not_linked(database):
    known = arrive(OCTO)
    waiting = User.add("dan@example.com", name="Dan", roles=["qa"])
    for user in (known, waiting):
        user.deactivate(by=None)
    commit()
    assert refused(OCTO) == refused(OKTA) == "deactivated"
    database.rollback()
    assert Identity.of(waiting) == []


def test_github_newcomers_are_developers(database):
    assert arrive(OCTO).roles == ["developer"]


def test_20_without_a_mapped_group_nobody_comes_in_and_no_account_is_made(database):
    assert refused(OKTA) == "no_role"
    database.rollback()
    assert User.by_email("dan@example.com") is None


def test_20_the_default_role_lets_them_in(database):
    put_in_force(default_role="qa")
    assert arrive(OKTA).roles == ["qa"]


def test_20_groups_bring_roles_at_every_sign_in(database):
    for group, role in (("devs", "developer"), ("pms", "project_manager"), ("testers", "qa")):
        GroupRole.put(group, role, by=person("ada"))
    commit()
    assert arrive(OKTA, groups=["devs", "unknown"]).roles == ["developer"]
    assert arrive(OKTA, groups=["PMs", "testers"]).roles == ["project_manager", "qa"]
    assert refused(OKTA, groups=[]) == "no_role"


@pytest.mark.parametrize("profile", [OCTO, OKTA])
def test_40_a_named_and_verified_address_starts_as_admin(database, profile):
    put_in_force(initial_admin_emails="octo@example.com, DAN@example.com")
    assert arrive(profile).roles == ["admin"]


def test_40_a_named_but_unverified_address_does_not(database):
    put_in_force(initial_admin_emails="octo@example.com, dan@example.com")
    assert arrive(OCTO, email_verified=False).roles == ["developer"]
    assert refused(OKTA, email_verified=False) == "no_role"


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


def test_connecting_links_to_whoever_is_signed_in(database):
    alice = person("alice")
    Identity.connect(OCTO, to=alice)
    commit()
    assert arrive(OCTO).id == alice.id
    assert Identity.connect(OCTO, to=alice).user_id == alice.id  # again: nothing new
    assert kinds(database).count("identity.linked") == 1


def test_16_connecting_takes_nobodys_account(database):
    arrive(OCTO)
    with pytest.raises(Refused) as caught:
        Identity.connect(OCTO, to=person("alice"))
    assert caught.value.reason == "taken"
    assert Identity.of(person("alice")) == []


def test_disconnecting_needs_another_way_in(app, database):
    alice = person("alice")
    github, okta = (Identity.connect(one, to=alice) for one in (OCTO, OKTA))
    put_in_force(
        auth_providers="github", github_client_id="i", github_client_secret="s", github_org="acme"
    )
    okta.unlink(by=alice)  # Okta is switched off: it was no way in
    with pytest.raises(Refused) as caught:
        github.unlink(by=alice)
    assert (caught.value.status, caught.value.reason) == (409, "last_identity")
    put_in_force(auth_providers="local")
    github.unlink(by=alice)
    commit()
    assert Identity.of(alice) == [] and kinds(database).count("identity.unlinked") == 2


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


def test_17_the_providers_token_is_kept_sealed(database, dump):
    octo = arrive(OCTO, token="gho_very_secret")
    assert Identity.of(octo)[0].token == "gho_very_secret"
    assert "gho_very_secret" not in dump()
    arrive(OCTO)  # a provider that tells no token takes none away
    assert Identity.of(octo)[0].token == "gho_very_secret"
