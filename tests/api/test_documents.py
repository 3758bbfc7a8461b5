"""Documents for programs: sanitised bytes, compressed as they are stored, confirmed by an ETag."""

import gzip

import pytest

from tests.conftest import piece


def document(agent, plan, query="", **headers):
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return agent("bob", "GET", f"/api/plans/{plan}/document{query}", headers=sent)


def test_gzip_and_identity_hold_the_same(agent, plan):
    plain = document(agent, plan, Accept_Encoding="identity")
    packed = document(agent, plan, Accept_Encoding="gzip")
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert b"Tokens rotate on every use." in plain.data and b'data-anchor="data"' in plain.data
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert plain.mimetype == "text/html" and plain.headers["Content-Type"].endswith("charset=utf-8")


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "identity", "gzip;q=0, identity"])
def test_who_does_not_take_gzip_gets_plain_bytes(agent, plan, accepted):
    answer = document(agent, plan, Accept_Encoding=accepted)
    assert "Content-Encoding" not in answer.headers
    assert b"Tokens rotate" in answer.data


def test_letters_beyond_ascii_survive(agent, push, plan):
    push("alice", [piece("a", "Grüße — 日本語 😀")], plan=plan, base_version=1)
    assert "Grüße — 日本語 😀" in document(agent, plan).text
    packed = document(agent, plan, Accept_Encoding="gzip")
    assert "Grüße — 日本語 😀" in gzip.decompress(packed.data).decode()


def test_a_kept_copy_is_confirmed_by_304(agent, plan):
    first = document(agent, plan)
    again = document(agent, plan, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Cache-Control"] == "private, no-cache"
    assert document(agent, plan, If_None_Match='"other"').status_code == 200


def test_a_comment_does_not_change_the_document(agent, plan, browser):
    first = document(agent, plan)
    browser("bob").send("POST", f"/p/{plan}/threads", {"body": "Hm.", "anchor": "intro"})
    assert document(agent, plan).data == first.data
    assert document(agent, plan).headers["ETag"] == first.headers["ETag"]


def test_each_version_has_its_own(agent, push, plan):
    push("alice", [piece("intro", "Second.")], plan=plan, base_version=1)
    old, new = document(agent, plan, "?v=1"), document(agent, plan, "?v=2")
    assert b"every use" in old.data and b"Second." in new.data
    assert old.headers["ETag"] != new.headers["ETag"]
    assert document(agent, plan).data == new.data


def test_it_is_sanitised(agent, push):
    html = '<p onclick="x()">Hi<script>alert(1)</script><a href="javascript:x">y</a></p>'
    answer = push("alice", [{"anchor": "a", "html": html}], title="T", visibility="published")
    text = document(agent, answer.json["plan"]).text
    assert "Hi" in text and "onclick" not in text and "script" not in text


@pytest.mark.parametrize("number", ["0", "9", "-1", "abc", "9" * 12])
def test_an_unknown_version_is_refused(agent, plan, number):
    assert document(agent, plan, f"?v={number}").status_code in (400, 404)
