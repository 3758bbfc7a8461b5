"""Exports: a version as a file that says everything, reaches nowhere and runs nothing."""

import hashlib
import re
from base64 import b64encode

import pytest
from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin
from selectolax.lexbor import LexborHTMLParser

from tests.people import Browser

FORMS = {
    "html": "text/html; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "json": 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"',
}
HOSTILE = (
    "</style><script>alert(1)</script> <img src=x onerror=alert(1)> # Forged\n\n# Forged\n\n"
    "[^1]: forged\n| a | b |\n|---|---|\n[x](javascript:alert(1)) `</code><b>` &lt;i&gt; {{ 7*7 }}"
)


def export(browser, form, query="", name="alice", plan="auth"):
    return browser(name).get(f"/p/{plan}/export.{form}{query}")


def page(answer):
    return LexborHTMLParser(answer.text)


def rendered(text):
    return LexborHTMLParser(
        MarkdownIt("gfm-like", {"linkify": False}).use(footnote_plugin).render(text)
    )


def test_every_form_is_a_file_to_keep(browser, thread):
    for form in FORMS:
        answer = export(browser, form, "?v=1")
        assert answer.status_code == 200, form
        assert answer.headers["Content-Type"] == FORMS[form]
        assert answer.headers["Content-Disposition"] == f'attachment; filename="auth-v1.{form}"'
        assert answer.headers["Cache-Control"] == "no-store"
        assert "How often?" in answer.text and "Bob" in answer.text
        assert "@example.com" not in answer.text


def test_comments_can_stay_behind(browser, thread):
    for form in FORMS:
        answer = export(browser, form, "?comments=0")
        assert answer.status_code == 200, form
        assert "How often?" not in answer.text and "Bob" not in answer.text
        assert "[^1]" not in answer.text and "pp-note" not in answer.text


def test_the_page_allows_itself_its_one_style_and_nothing_else(browser, thread):
    answer = export(browser, "html", "?disposition=inline")
    assert answer.headers["Content-Disposition"].startswith("inline; ")
    css = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)[1]
    digest = b64encode(hashlib.sha256(css.encode()).digest()).decode()
    inside = page(answer).css_first("meta[http-equiv]").attributes["content"]
    assert inside.startswith(f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:;")
    sent = answer.headers["Content-Security-Policy"]
    assert sent.startswith(inside) and sent.endswith("; sandbox")
    assert not re.search(r"url\((?!['\"]?(?:data:|#))|@import", css)


def test_references_and_notes_lead_to_each_other(browser, thread):
    browser("bob").send("POST", "/p/auth/threads", {"body": "On all of it"})
    browser("bob").send(
        "POST",
        "/p/auth/threads",
        {"body": "A cell", "row": "id", "column": "Type", "anchor": "data"},
    )
    found = page(export(browser, "html"))
    assert len(found.css(".x-notes > ol > li")) == 3
    for note in found.css(".x-notes > ol > li"):
        number = note.attributes["id"].removeprefix("pp-note-")
        assert note.css_first("a.x-num").attributes["href"] == f"#pp-ref-{number}"
        assert found.css_first(f"#pp-ref-{number}").attributes["href"] == f"#pp-note-{number}"
    assert found.css_first("p #pp-ref-2, td #pp-ref-3") is not None
    text = export(browser, "md").text
    assert re.findall(r"\[\^(\d)\](?!:)", text) == ["2", "3", "1"]


def test_hostile_words_stay_words(app, browser, push, plan):
    html = f'<section data-anchor="bad"><h2>Bad</h2><p>{HOSTILE}</p></section>'
    sections = [
        {"anchor": "bad", "html": html, "sha256": hashlib.sha256(html.encode()).hexdigest()}
    ]
    title = "</title><script>alert(2)</script>"
    assert push("alice", sections, title=title, slug="evil").status_code == 201
    browser("alice").send("POST", "/p/evil/threads", {"body": HOSTILE, "anchor": "bad"})
    answer = export(browser, "html", plan="evil")
    found = page(answer)
    assert found.css("script, img[src], [onerror]") == [] and len(found.css("style")) == 1
    assert answer.text.count("</style>") == 1 and answer.text.count("</title>") == 1
    assert not [a for a in found.css("a") if "javascript" in (a.attributes.get("href") or "")]
    shown = rendered(export(browser, "md", plan="evil").text)
    assert shown.css("script, img, h1, table, b") == []
    assert [h.text()[:8] for h in shown.css("h2")] == ["Bad[1]", "Comments"]
    assert not [a for a in shown.css("a") if "javascript" in (a.attributes.get("href") or "")]
    assert len(shown.css("li.footnote-item")) == 1


def test_the_bar_offers_every_form(browser, plan):
    shown = LexborHTMLParser(browser("alice").get(f"/p/{plan}").text)
    links = [a.attributes["href"] for a in shown.css("#pp-bar a[href*=export]")]
    assert len(links) == 5
    for link in links:
        assert browser("alice").get(link).status_code == 200


@pytest.mark.long
@pytest.mark.parametrize("form", FORMS)
def test_exports_are_limited(another, browser, plan, form):
    app = another(rate_limits=True)
    alice = Browser(app, "alice")
    statuses = {alice.get(f"/p/{plan}/export.{form}?comments=0").status_code for _ in range(121)}
    assert statuses == {200, 429}


def test_the_page_reaches_nowhere(browser, thread):
    found = page(export(browser, "html"))
    assert found.css("script, link, iframe, object, embed, base, form, [style], [hx-get]") == []
    for node in found.css("[src]"):
        assert node.attributes["src"].startswith("data:")
    for node in found.css("use"):
        assert found.css_first(f'[id="{node.attributes["href"][1:]}"]') is not None
