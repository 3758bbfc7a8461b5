"""What every answer carries: the policy of contents, no sniffing, no copies in caches."""

import gzip
import re
from functools import cache
from itertools import chain

import pytest

from planpush.web import assets
from tests.conftest import address, for_browsers, routes
from tests.people import HTMX

KEPT = {"comparisons.show", "plans.show", "api_documents.show"}  # `private, no-cache` with an ETag


def html_routes(app):
    gets = routes(app, frozenset({"GET"}))
    return [rule for _, rule in gets if for_browsers(rule) and rule.endpoint != "static"]


def policy(answer):
    parts = answer.headers["Content-Security-Policy"].split(";")
    return {part.split()[0]: part.split()[1:] for part in parts}


def test_11_every_answer_has_the_policy(app, browser, plan, thread):
    alice = browser("alice")
    for rule in html_routes(app):
        answer = alice.get(address(rule, slug=plan, thread_id=thread))
        found = policy(answer)
        for name in ("default-src", "object-src", "base-uri", "frame-ancestors"):
            assert found[name] == ["'none'"], (rule, name)
        assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & set(chain(*found.values())), rule
        assert answer.headers["X-Content-Type-Options"] == "nosniff", rule
        assert answer.headers["Referrer-Policy"], rule


def test_11_signed_in_answers_are_not_kept(app, browser, plan, thread):
    alice = browser("alice")
    for rule in html_routes(app):
        answer = alice.get(address(rule, slug=plan, thread_id=thread))
        if rule.endpoint == "deliveries.index":  # the plugin: the same for everybody
            assert answer.headers["Cache-Control"] == "public, no-cache", rule
        elif rule.endpoint in KEPT:
            assert answer.headers["Cache-Control"] == "private, no-cache", rule
            assert answer.headers["ETag"], rule
        else:
            assert answer.headers["Cache-Control"] == "no-store", rule


ERRORS = [("/nope", 404), ("/sign-out", 405), ("/p/auth?v=99", 404), ("/dashboard?q=foo:bar", 422)]


def test_11_errors_carry_the_same(browser, plan):
    for path, status in ERRORS:
        answer = browser("alice").get(path)
        assert answer.status_code == status, (path, status)
        assert policy(answer)["frame-ancestors"] == ["'none'"]
        assert answer.headers["Cache-Control"] == "no-store"


def test_answers_to_programs_carry_the_same(agent, plan):
    for path in ("/api/plans", "/api/plans/auth/document", "/api/plans/nope"):
        answer = agent("alice", "GET", path)
        assert policy(answer)["default-src"] == ["'none'"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "no-" in answer.headers["Cache-Control"]


def test_no_page_has_inline_handlers_or_styles(browser, plan, thread):
    for path in ("/dashboard", f"/p/{plan}", "/sign-in", "/nope"):
        text = browser("alice").get(path).text
        assert not re.search(r"<[^>]*\s(?:on\w+|style|hx-on[\w:-]*)=", text), path
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), path
        assert "javascript:" not in text, path


def test_11_https_is_insisted_on_only_where_it_is_used(app, another):
    assert "Strict-Transport-Security" not in app.test_client().get("/sign-in").headers
    secure = another(base_url="https://plans.example.com")
    sent = secure.test_client().get("/sign-in").headers["Strict-Transport-Security"]
    assert int(re.search(r"max-age=(\d+)", sent)[1]) >= 31_536_000


def test_static_files_are_kept_by_their_content(app, browser):
    page = browser("alice").get("/dashboard").text
    for source in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        with app.test_client().get(source) as answer:
            assert answer.status_code == 200, source
            assert "immutable" in answer.headers["Cache-Control"], source
    with app.test_client().get("/static/favicon.svg") as answer:
        assert answer.headers["Cache-Control"].endswith("no-cache")


def test_a_file_of_another_release_is_not_kept(app, browser):
    page = browser("alice").get("/dashboard").text
    (style,) = re.findall(r'rel="stylesheet" href="([^"]+)"', page)
    module = re.search(r'type="module" src="([^"]+)"', page)[1]
    for source in (style, module):
        other = re.sub(r"[0-9a-f]{12}", "0123456789ab", source)
        answer = app.test_client().get(other)
        assert other != source and answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, no-cache"


def test_static_files_are_sent_compressed_and_only_once(app):
    client, wish = app.test_client(), {"Accept-Encoding": "gzip"}
    plain, packed = (
        client.get("/static/css/all.css"),
        client.get("/static/css/all.css", headers=wish),
    )
    assert gzip.decompress(packed.data) == plain.data and "Content-Encoding" not in plain.headers
    assert plain.vary == packed.vary == {"Accept-Encoding"}
    assert plain.get_etag() != packed.get_etag()
    for answer, asked in ((plain, {}), (packed, wish)):
        again = client.get(
            "/static/css/all.css", headers=asked | {"If-None-Match": answer.headers["ETag"]}
        )
        assert (again.status_code, again.data) == (304, b"")


P = ["nothing.css", "css", "../planpush/__init__.py", "a%00b", "js/" + "x" * 300, ""]


def test_other_files_are_not_served(app):
    for path in P:
        answer = app.test_client().get(f"/static/{path}")
        assert answer.status_code == 404, path
        # A proxy would keep it, and withhold the file from the pages of the release that has it.
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_version_of_all_modules_is_that_of_what_is_sent(app, monkeypatch, tmp_path):
    for name, text in {"app.js": "old", "other.js": "also old"}.items():
        (tmp_path / "js").mkdir(exist_ok=True)
        (tmp_path / "js" / name).write_text(text)
    monkeypatch.setattr(assets, "STATIC", tmp_path)
    for name in ("_modules", "_kept"):
        monkeypatch.setattr(assets, name, cache(getattr(assets, name).__wrapped__))
    version = assets._version("js/app.js")
    (tmp_path / "js/other.js").write_text("of the release that is put in its place")
    answer = app.test_client().get(f"/static/at/{version}/js/other.js")
    assert "immutable" in answer.headers["Cache-Control"] and answer.text == "also old"


URLS = [
    ("http://localhost/p/auth?v=2", "%2Fp%2Fauth%3Fv%3D2"),
    ("https://evil.example/p/auth", None),
    ("http://localhost.evil.example/x", None),
    ("javascript:alert(1)", None),
    ("", None),
]


def test_12_an_expired_htmx_request_is_sent_to_sign_in_and_back(app, plan):
    for current, next_ in URLS:
        answer = app.test_client().get(
            "/p/auth/threads", headers=HTMX | {"HX-Current-URL": current}
        )
        assert (answer.status_code, answer.text) == (401, ""), (current, next_)
        assert answer.headers["HX-Redirect"] == "/sign-in" + (f"?next={next_}" if next_ else "")


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example"])
def test_12_the_way_back_is_a_safe_path(app, plan, path):
    headers = HTMX | {"HX-Current-URL": f"http://localhost{path}"}
    answer = app.test_client().get("/p/auth/threads", headers=headers)
    assert not re.search(r"next=(%2F|/)(%2F|/|%5C|\\)", answer.headers["HX-Redirect"])


def test_405_names_what_is_allowed(browser, plan):
    answer = browser("alice").send("PUT", f"/p/{plan}/publication")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_no_page_asks_another_host_for_anything(browser, plan):
    for path in ("/dashboard", f"/p/{plan}", "/sign-in"):
        page = browser("bob").get(path).text
        sources = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([^"]+)"', page)
        assert all(source.startswith("/static/") for source in sources), path
