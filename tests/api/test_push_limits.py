"""Pushes that are too much, or nothing that a program should send: 4xx that names the field."""

import json

import pytest

from tests.conftest import code, fields, piece

MEBIBYTE = 1024 * 1024


def body(**changes):
    return json.dumps({"title": "T", "sections": [piece("a")]} | changes)


def sized(anchor, size):
    return {"anchor": anchor, "html": "<p>" + "x" * (size - 7) + "</p>"}


@pytest.mark.parametrize("form", ["application/json", "text/html"])
def test_the_largest_document_fits_and_one_byte_more_does_not(another, post, form):
    small = another(max_document_bytes=2048)
    answers = []
    for size in (2048, 2049):
        html = sized("a", size)["html"]
        data = html if form == "text/html" else body(sections=[sized("a", size)])
        answers.append(post(data, form, to=small, title="T"))
    assert [answer.status_code for answer in answers] == [201, 413]
    assert code(answers[1]) == "too_large"


def test_kept_sections_count_towards_the_largest_document(app, another, post):
    small = another(max_document_bytes=2048)
    first = post(body(sections=[sized("a", 1500)]), to=small).json["plan"]
    rows = [{"anchor": "a", "html": None}, sized("b", 549)]
    answer = post(body(plan=first, base_version=1, sections=rows), to=small)
    assert (answer.status_code, code(answer)) == (413, "too_large")


def test_five_mebibytes_go_through_and_one_byte_more_does_not(post, stored):
    rows = [sized(f"s{number}", MEBIBYTE) for number in range(5)]
    assert post(body(sections=rows)).status_code == 201
    assert code(post(body(sections=[*rows, sized("more", 8)]))) == "too_large"
    assert len(stored()["plans"]) == 1


def test_another_media_type_is_415(post):
    for kind in ["text/plain", "", "application/xml", "multipart/form-data", "x"]:
        answer = post(body(), kind)
        assert answer.status_code == 415, kind
        assert fields(answer) == ["Content-Type"]


NO_JSON = [
    "", " ", "{", "null", "[]", '"text"', "1", "nul", '{"title": "T"', "[" * 100_000,
    '{"a":' * 100_000, b"\xff\xfe", b'{"title": "\xff", "sections": []}', "\ufeff{}",
    '{"title": NaN}', '{"title": "T", "sections": [],}', "{'title': 'T'}", b"\x00",
]  # fmt: skip


def test_what_is_no_json_object_is_refused_by_field(post):
    for data in NO_JSON:
        answer = post(data)
        assert answer.status_code in (400, 422), data
        assert code(answer) and fields(answer)


WRONG = [
    ({"sections": []}, "sections"), ({"sections": None}, "sections"),
    ({"sections": {}}, "sections"),
    ({"sections": "x"}, "sections"), ({"sections": [1]}, "sections[0]"),
    ({"sections": [{}]}, "sections[0].anchor"),
    ({"sections": [piece("a", anchor="Bad One")]}, "sections[0].anchor"),
    ({"sections": [piece("a", anchor="a\n")]}, "sections[0].anchor"),
    ({"sections": [piece("a", anchor="")]}, "sections[0].anchor"),
    ({"sections": [piece("a", anchor="a" * 65)]}, "sections[0].anchor"),
    ({"sections": [piece("a", sha256="x")]}, "sections[0].sha256"),
    ({"sections": [piece("a", html=5)]}, "sections[0].html"),
    ({"sections": [piece("a", was="Bad One")]}, "sections[0].was"),
    ({"sections": [piece("a", more=1)]}, "sections[0].more"),
    ({"sections": [{"anchor": "a", "html": ""}]}, "sections[0].html"),
    ({"title": ""}, "title"), ({"title": " \t"}, "title"), ({"title": "x" * 201}, "title"),
    ({"title": 5}, "title"), ({"title": "a\0b"}, "title"), ({"title": "a\nb"}, "title"),
    ({"title": "a\x7fb"}, "title"), ({"title": "a\x9bb"}, "title"),
    ({"message": "a\x7fb"}, "message"),
    ({"direction": "a\x9bb"}, "direction"),
    ({"base_version": "1"}, "base_version"), ({"base_version": 1.5}, "base_version"),
    ({"base_version": -1}, "base_version"), ({"base_version": True}, "base_version"),
    ({"base_version": 10**30}, "base_version"),
    ({"visibility": "public"}, "visibility"), ({"visibility": ""}, "visibility"),
    ({"plan": "../x"}, "plan"), ({"plan": 1}, "plan"), ({"slug": "UPPER"}, "slug"),
    ({"message": "x" * 2001}, "message"), ({"message": "\0"}, "message"),
    ({"message": 1}, "message"),
    ({"direction": "\x1b[2J"}, "direction"), ({"allow_secrets": "yes"}, "allow_secrets"),
    ({"allow_secrets": 1}, "allow_secrets"), ({"source": "x"}, "source"),
    ({"source": {"agent": "a\0b"}}, "source.agent"),
    ({"source": {"session": "a\0b"}}, "source.session"),
    ({"source": {"agent": "x" * 101}}, "source.agent"), ({"source": {"who": 1}}, "source.who"),
    ({"responses": [{"thread": "x", "status": "applied"}]}, "responses[0].thread"),
    ({"responses": [{"thread": 1, "status": "applied"}]}, "responses[0].thread"),
    ({"responses": [{"thread": "1", "status": "done"}]}, "responses[0].status"),
    ({"responses": [{"thread": "1", "status": "applied", "note": "\0"}]}, "responses[0].note"),
    ({"responses": [{"thread": "1"}]}, "responses[0].status"), ({"nonsense": 1}, "nonsense"),
]  # fmt: skip


def test_a_wrong_field_is_named(post, stored):
    for changes, field in WRONG:
        answer = post(body(**changes))
        assert answer.status_code in (400, 422), answer.text
        assert code(answer) and field in fields(answer), (changes, field)
        assert stored()["plans"] == []


SURROGATES = [
    ("title", r'"\ud800"'), ("title", r'"a\udfffb"'), ("message", r'"\ud800"'),
    ("sections", r'[{"anchor": "a", "html": "<p>\ud800</p>"}]'),
    ("sections", r'[{"anchor": "a", "html": "<p>x</p>", "was": "\udc00"}]'),
    ("source", r'{"agent": "\ud800"}'), ("slug", r'"\ud800"'),
]  # fmt: skip


def test_a_lone_surrogate_is_refused(post, stored):
    for name, raw in SURROGATES:
        good = '{"title": "T", "sections": [{"anchor": "a", "html": "<p>x</p>"}], '
        answer = post(f'{good} "{name}": {raw}}}')
        assert answer.status_code in (400, 422), (name, raw)
        assert fields(answer)
        assert stored()["plans"] == []


def test_a_strange_number_never_breaks(post):
    for number in ["1e400", "-0", "1e2", "9" * 5000, "NaN", "Infinity"]:
        answer = post(
            f'{{"title": "T", "base_version": {number}, "sections": [{{"anchor": "a"}}]}}'
        )
        assert answer.status_code in (400, 422), number


def test_controls_in_html_never_break_nor_get_through(post, agent):
    for html in ["<p>\0</p>", "<p>\x1b[0m</p>", "\u202e<p>x</p>", "<p>\ufffe</p>"]:
        answer = post(body(sections=[{"anchor": "a", "html": html}]))
        assert answer.status_code in (201, 400, 422), html
        if answer.status_code == 201:
            shown = agent("alice", "GET", f"/api/plans/{answer.json['plan']}/document").text
            assert "\0" not in shown and "\x1b" not in shown


def test_too_many_sections_are_refused(post):
    rows = [{"anchor": f"s{number}", "html": "<p>x</p>"} for number in range(2001)]
    assert post(body(sections=rows)).status_code in (400, 413, 422)


def test_240_pushes_a_minute_then_wait(app, another, post):
    limited = another(rate_limits=True)
    statuses = [post("", to=limited).status_code for _ in range(242)]
    assert statuses == [400] * 240 + [429] * 2
    answer = post("", to=limited)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert code(answer) == "rate_limited"


def test_more_errors_than_anybody_reads_are_one(post):
    answer = post(body(**{f"f{number}": number for number in range(10_001)}))
    assert (answer.status_code, fields(answer)) == (400, ["body"])
    assert answer.json["errors"][0]["code"] == "too_many_errors"
