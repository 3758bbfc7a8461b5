"""POST /api/lint: what a push would be told; nothing is stored."""

import pytest

from tests.conftest import DOCUMENT, code, fields, piece

SECRET = "ghp_" + "k3Jd9fLq2Ws8Xz7Rv1Tb6Yn4Mc5Ph0GaUeIo7S"


@pytest.fixture
def lint(agent):
    """Lint as somebody's agent: lint("alice", [piece("intro")]), or a page as text."""

    def send(name, document, scopes=("plans:read", "plans:write"), **given):
        if isinstance(document, str | bytes):
            told = {"data": document, "content_type": "text/html", "query_string": given}
        else:
            told = {"json": {"sections": document} | given}
        return agent(name, "POST", "/api/lint", scopes=list(scopes), **told)

    return send


def codes(answer):
    assert answer.status_code == 200, answer.text
    assert answer.json.keys() == {"errors", "warnings"}
    return tuple([found["code"] for found in answer.json[kind]] for kind in ("errors", "warnings"))


def test_a_clean_document_has_nothing_to_mend(lint):
    assert lint("alice", [piece("a"), piece("b")]).json == {"errors": [], "warnings": []}
    assert lint("alice", DOCUMENT).json == {"errors": [], "warnings": []}


def test_findings_have_place_code_message_and_fix(lint):
    bad = piece("a", "x\n<b class='pp-calout'>y</b><i data-anchor='No'>z</i>")
    answer = lint("alice", [piece("b"), bad | {"sha256": None}])
    (warning,), (error,) = answer.json["warnings"], answer.json["errors"]
    assert (warning["code"], warning["field"]) == ("unknown_class", "sections[1].html")
    assert (warning["line"], warning["column"]) == (2, 1)
    assert "pp-callout" in warning["fix"] and warning["message"]
    assert (error["code"], error["line"], error["column"]) == ("anchor_malformed", 2, 27)


def test_a_page_is_told_of_in_its_own_lines(lint):
    html = DOCUMENT + "\n\n<section data-anchor='c'><h2>C</h2>\n <p class=nope>x</p></section>"
    (warning,) = lint("alice", html).json["warnings"]
    assert (warning["field"], warning["line"], warning["column"]) == ("body", 4, 2)


REFUSED = [
    ("<b " + "a=1 " * 500 + ">x</b>", "too_many_attributes"), ("<div>" * 300, "too_deep"),
    (SECRET, "secret_found"), ("<p title='x", "unclosed_tag"),
    ("&" * 5_000, "too_many_ampersands"),
    ('<pre class="pp-diagram" data-kind="mermaid">nonsense\na</pre>', "diagram_kind"),
]  # fmt: skip


def test_what_refuses_a_push_is_an_error_in_the_answer(lint, push):
    for words, kind in REFUSED:
        section = piece("a", words)
        assert codes(lint("alice", [section]))[0] == [kind], (words, kind)
        assert codes(lint("alice", section["html"]))[0] == [kind]
        refused = push("alice", [section], title="T")
        assert refused.status_code == 422 and refused.json["errors"][0]["code"] == kind


def test_secrets_may_be_allowed(lint):
    assert codes(lint("alice", [piece("a", SECRET)], allow_secrets=True)) == ([], [])
    assert codes(lint("alice", piece("a", SECRET)["html"], allow_secrets="true")) == ([], [])
    assert SECRET not in lint("alice", [piece("a", SECRET)]).text


def test_removed_anchors_with_open_threads_are_named(lint, push, plan, thread):
    for answer in (
        lint("alice", [piece("data")], plan=plan),
        lint("alice", piece("data")["html"], plan=plan),
        push("alice", [piece("data")], plan=plan, base_version=1),
    ):
        (warning,) = answer.json["warnings"]
        assert warning["code"] == "anchor_with_threads"
        assert "“intro”" in warning["message"] and thread in warning["message"]


def test_nothing_is_stored(lint, plan, stored):
    for name in ["alice", "bob", "charlie"]:
        apart = ("tokens", "events", "rate_limits")  # of the token that asks
        before = stored(*apart)
        lint(name, [piece("intro", "Other."), piece("new", SECRET)], title="T")
        lint(name, DOCUMENT + "<section data-anchor=z>z</section>", title="T")
        lint(name, [piece("intro", "Other.")], plan=plan)
        assert stored(*apart) == before, name


def test_who_may_ask(lint, plan, app):
    assert code(lint("alice", [piece("a")], scopes=["plans:read"])) == "insufficient_scope"
    assert app.test_client().post("/api/lint", json={}).status_code == 401
    assert lint("charlie", [piece("a")], plan=plan).status_code == 404
    assert lint("charlie", DOCUMENT, plan=plan).status_code == 404
    assert lint("bob", [piece("intro"), piece("data")], plan=plan).status_code == 200


MALFORMED = [
    ({"sections": []}, "sections"), ({}, "sections"), ({"sections": [{"anchor": "A b"}]},
    "sections[0].anchor"), ({"sections": [piece("a")], "nonsense": 1}, "nonsense"),
    ({"sections": [piece("a"), piece("a")]}, "sections"),
]  # fmt: skip


def test_a_malformed_body_is_refused_as_a_push_is(agent):
    for body, field in MALFORMED:
        for path in ("/api/lint", "/api/push"):
            answer = agent("alice", "POST", path, json=body)
            assert 400 <= answer.status_code < 500 and fields(answer) == [field], (body, field)


def test_types_sizes_and_bytes(agent, lint):
    plain = agent("alice", "POST", "/api/lint", data="x", content_type="text/plain")
    assert plain.status_code == 415
    assert lint("alice", b"\xff").status_code == 400
    assert lint("alice", b"<p>" + b"x" * 5 * 1024 * 1024).status_code == 413
    large = [{"anchor": f"a{n}", "html": "x" * 1024 * 1024} for n in range(6)]
    assert lint("alice", large).status_code == 413
