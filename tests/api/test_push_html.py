"""POST /api/push in its HTML form: a whole document, cut on the server."""

import pytest

from tests.conftest import DOCUMENT, code, fields


@pytest.fixture
def send(agent):
    """Push a document: send("alice", html, title="T")."""

    def push(name, html, headers=None, **query):
        data = html if isinstance(html, bytes) else html.encode()
        return agent(name, "POST", "/api/push", data=data, content_type="text/html",
                     query_string=query, headers=headers or {})  # fmt: skip

    return push


def anchors(agent, plan):
    rows = agent("alice", "GET", f"/api/plans/{plan}/outline").json["sections"]
    return [row["anchor"] for row in rows]


def test_a_document_is_cut_at_its_anchors(send, agent):
    answer = send("alice", f"<html><body><main>{DOCUMENT}</main></body></html>", title="T")
    assert answer.status_code == 201 and answer.json["warnings"] == []
    assert answer.json["sections"]["sent"] == 2
    assert anchors(agent, answer.json["plan"]) == ["intro", "data"]


def test_a_document_without_anchors_is_cut_at_headings_with_a_warning(send, agent):
    html = "<h1>Big plan</h1><p>Before.</p><h2>First part</h2><p>a</p><h2>Second</h2><p>b</p>"
    answer = send("alice", html)
    assert answer.status_code == 201 and answer.json["title"] == "Big plan"
    assert answer.json["warnings"]
    assert anchors(agent, answer.json["plan"])[-2:] == ["first-part", "second"]
    document = agent("alice", "GET", f"/api/plans/{answer.json['plan']}/document").text
    assert "Before." in document


def test_the_title_defaults_to_the_documents(send):
    html = f"<html><head><title>From the head</title></head><body>{DOCUMENT}</body></html>"
    assert send("alice", html).json["title"] == "From the head"
    assert send("alice", html, title="Given").json["title"] == "Given"


def test_the_rules_of_the_json_form_hold(send, plan):
    other = "<section data-anchor='a'><p>Other</p></section>"
    assert code(send("alice", other, plan=plan, base_version="7")) == "stale_base"
    assert code(send("alice", other, plan=plan)) == "stale_base"
    assert send("charlie", other, plan=plan, base_version="1").status_code == 404
    assert send("bob", other, plan=plan, base_version="1").status_code == 403
    assert send("alice", other, title="T", slug=plan).json["plan"].startswith("auth-")
    assert fields(send("alice", other)) == ["title"]


QUERIES = [
    ({"plan": "Not A Slug"}, "plan"), ({"slug": "-x"}, "slug"),
    ({"visibility": "public"}, "visibility"),
    ({"base_version": "one"}, "base_version"), ({"base_version": "-1"}, "base_version"),
    ({"base_version": "9" * 20}, "base_version"), ({"title": "x" * 201}, "title"),
    ({"title": "a\nb"}, "title"), ({"title": "\0"}, "title"), ({"nonsense": "1"}, "nonsense"),
    ({"message": "x" * 2001}, "message"), ({"direction": "\x1b"}, "direction"),
    ({"title": "   "}, "title"), ({"message": "\0"}, "message"),
]  # fmt: skip


def test_a_malformed_query_names_its_field(send):
    for query, field in QUERIES:
        answer = send("alice", DOCUMENT, **({"title": "T"} | query))
        assert answer.status_code in (400, 422), (query, field)
        assert fields(answer) == [field]


def test_a_document_without_text_is_refused(send, stored):
    for html in ["", "   ", "<p></p>", "<!-- nothing -->", "<html></html>"]:
        answer = send("alice", html, title="T")
        assert answer.status_code in (400, 422) and fields(answer), html
        assert stored()["plans"] == []


def test_bytes_that_are_no_text_are_refused(send):
    answer = send("alice", b"<p>a</p>\xff\xfe\xed\xa0\x80", title="T")
    assert (answer.status_code, fields(answer)) == (400, ["body"])


STRANGE = [
    '<section data-anchor="a"><p>1</p></section><section data-anchor="a"><p>2</p></section>',
    '<section data-anchor="Not Good!"><p>x</p></section>', "<p>\0</p>", "<div>" * 5_000,
    "<p>" + "&" * 5_000, "<b>" * 2_000 + "x", "<svg><script>x</script></svg>", "<table>" * 300,
    '<section data-anchor=""><p>x</p></section>', "<p " + "a=1 " * 500 + ">x</p>",
    "\ufeff<p>x</p>",
    f'<section data-anchor="{"a" * 500}"><p>x</p></section>', "<plaintext>x", "</p></div>x",
]  # fmt: skip


def test_a_strange_document_never_breaks(send):
    for html in STRANGE:
        answer = send("alice", html, title="T")
        assert answer.status_code in (201, 400, 422), html
        if answer.status_code != 201:
            assert answer.json["errors"] and code(answer)
