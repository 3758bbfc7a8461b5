"""Tokens: their form, their checksum, their end, and what noise costs."""

import re
import string
import zlib
from datetime import timedelta

import pytest
import sqlalchemy as sa

from planpush.accounts.tokens import ACCESS, KINDS, PERSONAL, Token, mint, well_formed
from planpush.database.session import commit, db, now
from planpush.errors import Invalid
from tests.people import person

FORM = re.compile(r"\bpp[arts]_[0-9A-Za-z]{46}\b")
DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase


@pytest.fixture
def token(database):
    """A personal token of alice's."""
    made = Token.issue(person("alice"), name="laptop")
    commit()
    return made


@pytest.fixture
def row(database, token):
    """Its row."""
    return database.scalars(sa.select(Token)).one()


def test_38_every_kind_has_the_form_and_a_checksum():
    for kind in KINDS:
        tokens = {mint(kind) for _ in range(200)}
        assert len(tokens) == 200
        assert all(FORM.fullmatch(token) and well_formed(token) for token in tokens)
        for token in tokens:
            number = 0
            for digit in token[44:]:
                number = number * 62 + DIGITS.index(digit)
            assert number == zlib.crc32(token[4:44].encode())


def test_38_one_wrong_character_is_noticed(token):
    for at in range(4, 50):
        other = "a" if token[at] != "a" else "b"
        assert not well_formed(token[:at] + other + token[at + 1 :])


NOISE = ["", "ppt_", "x", "ppx_" + "a" * 46, "ppt-" + "a" * 46, "ppt_" + "٣" * 46,
         "ppt_" + "a" * 45, "ppt_" + "a" * 47, "\0" * 50, "ppt_" + "é" * 46]  # fmt: skip


def test_38_noise_costs_no_query(database, token):
    statements = []
    listener = (db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    sa.event.listen(*listener)
    for noise in (*NOISE, token + "x"):
        assert Token.find(noise, PERSONAL, ACCESS) is None
    assert Token.find(token, ACCESS) is None  # another kind
    sa.event.remove(*listener)
    assert statements == []


def test_only_the_hash_is_stored(row, token, dump):
    assert token not in dump()
    assert token[4:44] not in dump()
    assert token.startswith(row.prefix) and len(row.prefix) <= 12


@pytest.mark.parametrize("column", ["expires_at", "revoked_at"])
def test_it_ends(row, token, column):
    setattr(row, column, now() - timedelta(seconds=1))
    commit()
    assert Token.find(token, PERSONAL) is None


def test_it_expires_in_a_year_unless_told_otherwise(database, row):
    assert timedelta(364) < row.expires_at - now() <= timedelta(365)
    Token.issue(person("alice"), name="week", days=7)
    short = database.scalars(sa.select(Token).where(Token.name == "week")).one()
    assert short.expires_at - now() <= timedelta(7)


@pytest.mark.parametrize("scopes", [[], ["nonsense"], ["plans:read", "admin"]])
def test_unknown_scopes_are_refused(database, scopes):
    with pytest.raises(Invalid):
        Token.issue(person("alice"), name="x", scopes=scopes)
