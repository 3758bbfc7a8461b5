"""Threads: opened anywhere on a plan, with and without htmx, and never broken by what is sent."""

import re
from html import escape, unescape

import pytest

from tests.views.conftest import piece

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<b>{{ 7*7 }}</b>",
    "'\";--",
]


def cards(answer):
    return re.findall(r'<article class="thread[^"]*" id="t(\d+)"', answer.text)


def opened(somebody, plan, htmx=True, **form):
    return somebody.send("POST", f"/p/{plan}/threads", {"body": "Hm."} | form, htmx=htmx)


def test_htmx_gets_the_list_with_the_new_card(browser, plan):
    answer = opened(browser("bob"), plan, anchor="intro", body="Why so often?")
    assert answer.status_code == 201
    assert len(cards(answer)) == 1 and "Why so often?" in answer.text
    assert "<html" not in answer.text
    for target in ("#pp-contents", "#pp-counts", "#pp-bar", "#announce"):
        assert f'hx-target="{target}"' in answer.text


def test_a_plain_form_is_sent_on_to_the_page(browser, plan):
    bob = browser("bob")
    answer = opened(bob, plan, htmx=False, anchor="intro", body="Why so often?")
    assert answer.status_code == 303
    assert re.fullmatch(rf"/p/{plan}\?thread=(\d+)#t\1", answer.location)
    assert "Why so often?" in bob.get(answer.location).text


@pytest.mark.parametrize(
    ("place", "kind", "quote"),
    [
        ({}, "document", ""),
        ({"anchor": "intro"}, "element", None),
        ({"anchor": "intro", "block": "2"}, "element", None),
        ({"anchor": "intro", "quote": "rotate"}, "text", "rotate"),
        ({"quote": "rotate"}, "text", "rotate"),
        ({"anchor": "intro", "block": "2", "quote": "every", "start": "17", "end": "22"},
         "text", "every"),
        ({"anchor": "data", "row": "id", "column": "Type"}, "cell", None),
    ],
)  # fmt: skip
def test_a_thread_can_be_opened_on(browser, agent, plan, place, kind, quote):
    assert opened(browser("bob"), plan, **place).status_code == 201
    found = agent("bob", "GET", f"/api/plans/{plan}/threads").json["threads"][0]
    assert found["kind"] == kind
    assert found["placement"]["state"] == "exact"
    assert quote is None or found["quote"] == quote


@pytest.mark.parametrize(
    "place",
    [
        {"anchor": "nope"}, {"anchor": "intro", "block": "99"}, {"quote": "not there"},
        {"anchor": "intro", "quote": "uuid"}, {"anchor": "data", "row": "id", "column": "Nope"},
        {"block": "2"}, {"anchor": "intro", "start": "1", "end": "2"},
    ],
)  # fmt: skip
def test_a_place_that_is_not_there_gives_the_form_back(browser, plan, place, stored):
    before = stored("browser_sessions", "events", "sign_in_links")
    for htmx in (True, False):
        answer = opened(browser("bob"), plan, htmx, body="Typed words", **place)
        assert answer.status_code == 422
        assert 'id="pp-composer"' in answer.text and "Typed words" in answer.text
        assert ("<html" in answer.text) is not htmx
    assert stored("browser_sessions", "events", "sign_in_links") == before


@pytest.mark.parametrize("body", ["", "  \n ", "x" * 10_001, "bell \x07", "nul \x00"])
@pytest.mark.parametrize("htmx", [True, False])
def test_words_that_cannot_be_stored_come_back_as_typed(browser, plan, body, htmx):
    answer = opened(browser("bob"), plan, htmx, body=body, anchor="intro", quote="rotate")
    assert answer.status_code == 422
    typed = re.search(r'<textarea id="pp-new-body"[^>]*>([^<]*)</textarea>', answer.text)[1]
    assert unescape(typed).strip() == body.strip()
    assert 'name="quote" value="rotate"' in answer.text
    assert 'aria-invalid="true"' in answer.text and 'aria-describedby="pp-new-err"' in answer.text


def test_the_longest_comment_and_line_ends_are_kept(browser, plan, agent):
    opened(browser("bob"), plan, body="x" * 10_000)
    opened(browser("bob"), plan, body="one\r\ntwo\rthree")
    threads = agent("bob", "GET", f"/api/plans/{plan}/threads").json["threads"]
    bodies = {thread["comments"][0]["body"] for thread in threads}
    assert bodies == {"x" * 10_000, "one\ntwo\nthree"}


def test_a_double_click_opens_one_thread(browser, plan, stored):
    bob = browser("bob")
    answers = [opened(bob, plan, key="k1", anchor="intro") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len(stored()["threads"]) == len(stored()["comments"]) == 1


def test_without_a_key_the_same_words_are_two_threads(browser, plan, stored):
    bob = browser("bob")
    for _ in range(2):
        opened(bob, plan, anchor="intro")
    assert len(stored()["threads"]) == 2


def test_a_key_belongs_to_one_person_and_one_form(browser, push, plan, stored):
    push("bob", [piece("intro")], title="Other", slug="other")
    bob = browser("bob")
    assert opened(browser("alice"), plan, key="k1").status_code == 201
    assert opened(bob, plan, key="k1").status_code == 201
    assert opened(bob, "other", key="k1").status_code in (201, 422)
    assert len(stored()["threads"]) >= 2


def test_a_refused_form_can_be_sent_again_with_its_key(browser, plan):
    bob = browser("bob")
    assert opened(bob, plan, key="k1", body="").status_code == 422
    assert opened(bob, plan, key="k1", body="Now with words").status_code == 201


@pytest.mark.parametrize("key", ["k" * 300, "ü", "\x07", "\0", "😀"])
def test_a_strange_key_never_breaks(browser, plan, key):
    assert opened(browser("bob"), plan, key=key).status_code in (201, 400, 422)


def test_a_blocking_thread_says_so(browser, plan, agent):
    answer = opened(browser("bob"), plan, blocking="1")
    assert "Blocking" in answer.text
    assert agent("bob", "GET", f"/api/plans/{plan}/threads").json["threads"][0]["blocking"] is True


def test_a_thread_opened_on_an_old_version_stands_on_both(browser, push, plan):
    push("alice", [piece("intro", "Tokens rotate on every use."), piece("new")], plan=plan,
         base_version=1)  # fmt: skip
    bob = browser("bob")
    answer = opened(bob, plan, v="1", anchor="intro", quote="rotate")
    number = cards(answer)[0]
    for version in (1, 2):
        assert f'id="t{number}"' in bob.get(f"/p/{plan}?v={version}").text


@pytest.mark.parametrize("version", ["99", "999999999", "9999999999999", "-1", "abc", "²", "\0"])
@pytest.mark.parametrize("body", ["Hm.", ""])
@pytest.mark.parametrize("htmx", [True, False])
def test_an_unknown_version_is_refused(browser, plan, version, body, htmx):
    answer = opened(browser("bob"), plan, htmx, v=version, body=body)
    assert answer.status_code in (400, 404, 422)


@pytest.mark.parametrize("name", ["block", "start", "end"])
@pytest.mark.parametrize("value", ["-1", "9" * 12, "1.5", "abc", "0x1", "٣", "\0", "999999999"])
def test_a_strange_number_is_refused(browser, plan, name, value):
    place = {"anchor": "intro", "block": "2", "quote": "rotate"} | {name: value}
    assert opened(browser("bob"), plan, **place).status_code in (201, 400, 422)


@pytest.mark.parametrize("name", ["anchor", "quote", "prefix", "suffix", "row", "column", "key"])
@pytest.mark.parametrize(
    "value",
    ["\0", "\x1b[0m", "<b>&", "😀" * 50, "x" * 100_000, "\u202e", "' OR 1=1--", "%ED%A0%80"],
)
def test_a_hostile_selector_never_breaks(browser, plan, name, value):
    bob = browser("bob")
    for place in ({}, {"anchor": "intro"}, {"anchor": "intro", "block": "2", "quote": "rotate"}):
        answer = opened(bob, plan, **(place | {name: value}))
        assert answer.status_code in (201, 400, 422), place
    assert bob.get(f"/p/{plan}").status_code == 200


@pytest.mark.parametrize("name", ["body", "anchor", "quote", "prefix", "key", "v", "blocking"])
def test_bytes_that_are_no_text_never_break(browser, plan, name):
    bob = browser("bob")
    data = f"body=Hm&{name}=".encode() + b"%ED%A0%80%FF\xed\xa0\x80"
    headers = {"X-CSRF-Token": bob.csrf, "Content-Type": "application/x-www-form-urlencoded"}
    answer = bob.client.post(f"/p/{plan}/threads", data=data, headers=headers)
    assert answer.status_code in (303, 400, 422)
    assert bob.get(f"/p/{plan}").status_code == 200


@pytest.mark.parametrize("hostile", HOSTILE)
def test_markup_in_a_comment_is_shown_as_text_everywhere(browser, plan, hostile):
    bob = browser("bob")
    shown = [opened(bob, plan, body=hostile, anchor="intro")]
    number = cards(shown[0])[0]
    shown += [bob.get(f"/p/{plan}"), bob.get(f"/p/{plan}/document"), bob.get(f"/p/{plan}/threads")]
    shown += [bob.get(f"/p/{plan}/threads/{number}"), bob.get(f"/p/{plan}/comments/1/edit")]
    for answer in shown:
        assert hostile not in answer.text
        assert (
            str(escape(hostile)).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
            in answer.text
        )


@pytest.mark.parametrize("hostile", HOSTILE)
def test_markup_in_a_quote_is_escaped_in_text_and_title(browser, push, hostile):
    section = {"anchor": "a", "html": f"<p>Say {escape(hostile, quote=False)} now</p>"}
    slug = push("bob", [section], title="Quotes").json["plan"]
    answer = opened(browser("bob"), slug, anchor="a", quote=hostile, body="This?")
    assert answer.status_code == 201
    title = re.search(r'class="quote"[^>]* title="([^"]*)">', answer.text)[1]
    assert unescape(title) == hostile
    assert "<script>" not in answer.text and "<img" not in answer.text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_markup_in_a_form_given_back_is_escaped(browser, plan, hostile):
    answer = opened(browser("bob"), plan, body=hostile, quote=f"nope {hostile}", anchor="intro")
    assert answer.status_code == 422
    assert hostile not in answer.text


def test_links_in_a_comment_lead_only_to_the_web(browser, plan):
    words = 'See https://example.com/a?b=1&c=2. Not javascript:alert(1) nor http://x"onclick=y'
    text = opened(browser("bob"), plan, body=words).text
    assert 'href="https://example.com/a?b=1&amp;c=2"' in text and "noopener" in text
    assert 'href="javascript:' not in text and '"onclick' not in text


def test_tabs_and_an_anchor_narrow_the_list(browser, plan):
    bob = browser("bob")
    one = cards(opened(bob, plan, anchor="intro"))[0]
    opened(bob, plan, anchor="data")
    bob.send("POST", f"/p/{plan}/threads/{one}/resolution")
    counts = {
        show: len(cards(bob.get(f"/p/{plan}/threads?show={show}")))
        for show in ("all", "open", "resolved", "orphaned", "")
    }
    assert counts == {"all": 2, "open": 1, "resolved": 1, "orphaned": 0, "": 1}
    assert cards(bob.get(f"/p/{plan}/threads?show=all&anchor=intro")) == [one]


def test_a_thread_whose_place_went_is_listed_as_orphaned(browser, push, plan, thread):
    push("alice", [piece("other", "Nothing of the kind.")], plan=plan, base_version=1)
    answer = browser("bob").get(f"/p/{plan}/threads?show=orphaned")
    assert cards(answer) == [thread]
    assert "Orphaned" in answer.text and "opened on v1" in answer.text


def test_an_edited_place_shows_then_and_now(browser, push, plan):
    bob = browser("bob")
    number = cards(opened(bob, plan, anchor="intro", quote="rotate on every use"))[0]
    push("alice", [piece("intro", "Tokens rotate on each use.")], plan=plan, base_version=1)
    card = bob.get(f"/p/{plan}/threads/{number}").text
    assert 'data-state="edited"' in card
    assert "<del>rotate on every use</del>" in card and "<ins>rotate on each use</ins>" in card


def test_one_card_and_the_composer_are_fragments(browser, plan, thread):
    bob = browser("bob")
    card = bob.get(f"/p/{plan}/threads/{thread}")
    assert cards(card) == [thread] and "<html" not in card.text
    composer = bob.get(f"/p/{plan}/threads/new?anchor=intro&quote=rotate&v=1").text
    assert 'name="quote" value="rotate"' in composer and 'name="v" value="1"' in composer


@pytest.mark.parametrize("number", ["0", "99", "2147483648", "9223372036854775808", "9" * 40])
def test_a_thread_that_is_not_there_is_404(browser, plan, thread, number):
    bob = browser("bob")
    base = f"/p/{plan}/threads/{number}"
    assert bob.get(base).status_code == 404
    assert bob.send("POST", f"{base}/comments", {"body": "Hello"}).status_code == 404
    assert bob.send("POST", f"{base}/resolution").status_code == 404
    assert bob.send("DELETE", f"{base}/resolution").status_code == 404
