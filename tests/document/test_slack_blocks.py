"""Whatever people wrote arrives as text, within Slack's limits and as its own models want it."""

import html
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from planpush.channels.slack.blocks import blocks, payloads
from planpush.notifications.message import Actor, Item, Message

AT = datetime(2026, 11, 25, tzinfo=UTC)
URL = "https://plans.example.com/p/auth"
KINDS = [
    "comment.added", "thread.resolved", "thread.reopened", "thread.answered", "version.pushed",
    "plan.published", "else",
]  # fmt: skip
HOSTILE = ["<!channel>", "&", "*b*", "`", "🏳️‍🌈", "é", "שלום", "\u202e", "\0", "\ud800", "\n",
           ":smile:"]  # fmt: skip


def item(**given):
    told = {"event": 1, "kind": "comment.added", "at": AT, "actor": Actor("Bob", "developer")}
    return Item(**({"url": f"{URL}?thread=7#t7", "version": 2, "thread": 7} | told | given))


def message(*items, title="Auth", why=""):
    return Message("1", "auth", title, URL, items, why)


def texts(found):
    """Every text of some blocks, as it is sent."""
    if isinstance(found, dict):
        own = [found["text"]] if isinstance(found.get("text"), str) else []
        return own + [text for value in found.values() for text in texts(value)]
    return [text for one in found for text in texts(one)] if isinstance(found, list) else []


def shown(found):
    return html.unescape("\n".join(texts(found)))


def checked(found):
    """Assert what Slack asks of blocks."""
    assert 0 < len(found) <= 50 and sum(map(len, texts(found))) <= 12_000
    for parsed, block in zip(Block.parse_all(found), found, strict=True):
        parsed.validate_json()
        most = 150 if block["type"] == "header" else 3_000
        for text in texts(block):
            assert 0 < len(text.encode("utf-16-le")) // 2 <= most
            assert html.escape(html.unescape(text), quote=False) == text
            assert not set(text) & set("\0\u202e\u202d\u2066")


words = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=30), max_size=8).map("".join)
long = words | st.builds(lambda word, times: word * times, words, st.integers(1, 2_000))
items = st.builds(
    Item, event=st.integers(1, 5), kind=st.sampled_from(KINDS), at=st.just(AT),
    actor=st.builds(Actor, words, st.sampled_from(["", "qa", "admin"]), st.booleans()),
    url=st.sampled_from([URL, f"{URL}?{'x' * 3_000}"]), version=st.integers(0, 9),
    thread=st.integers(0, 60), opens=st.booleans(), where=words, quote=words, words=long,
    deleted=st.booleans(), status=st.sampled_from(["", "applied"]),
    added=st.lists(words, max_size=9), removed=st.lists(words, max_size=9),
)  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.lists(items, min_size=1, max_size=4), words, st.sampled_from(["", "mention", "turn"]))
def test_any_message_is_valid_in_every_form(given, title, why):
    forms = list(payloads(message(*given, title=title, why=why)))
    for form in forms:
        checked(form.get("blocks", blocks(message(*given, title=title))))
        assert 0 < len(form["text"]) <= 4_000 and "<" not in form["text"]
    assert "blocks" not in forms[-1]


def test_40_a_hostile_title_and_comment_arrive_as_text():
    found = blocks(message(item(words="*b* `c` <@U1> &amp; :smile:"), title="<!channel> & <b>"))
    assert found[0]["text"] == {
        "type": "plain_text", "text": "&lt;!channel&gt; &amp; &lt;b&gt;", "emoji": False,
    }  # fmt: skip
    assert "*b* `c` &lt;@U1&gt; &amp;amp; :smile:" in texts(found)
    assert '"mrkdwn"' not in str(found).replace("'", '"')


@pytest.mark.parametrize("word", ["Words & ", "line\n", "👩‍👩‍👧 ", "é" * 7, "x"])
def test_a_comment_of_10_000_characters_arrives_whole_or_says_what_is_left_out(word):
    whole = (word * 10_000)[:10_000].strip()
    found = blocks(message(item(words=whole)))
    checked(found)
    sections = [block for block in found if block["type"] == "section"]
    told = "".join(html.unescape(block["text"]["text"]) for block in sections)
    left = len(whole) - len(told)
    assert whole.startswith(told)
    assert left == 0 or f"… and {left:,} more characters" in shown(found)
    assert left == 0 or "&" in word or "👩" in word


@pytest.mark.parametrize("letter", ["é", "👍🏽", "👩‍👩‍👧", "🇩🇪", "각", "&", "𝒳"])
def test_no_letter_is_cut_in_two(letter):
    for before in range(6):
        title = "x" * before + letter * 200
        head = blocks(message(item(), title=title))[0]["text"]["text"]
        kept = html.unescape(head)[before:-1]
        assert kept and kept == letter * (len(kept) // len(letter))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"opens": True, "where": "A b"}, "Bob (developer) commented on A b, version 2"),
        ({"actor": Actor("Bob", "qa", agent=True)}, "Bob's agent (QA) replied, version 2"),
        ({"actor": Actor()}, "Somebody replied"),
        ({"quote": "Tokens <rotate>"}, "“Tokens <rotate>”"),
        ({"deleted": True, "words": "gone"}, "This comment was deleted."),
        ({"kind": "thread.resolved", "where": "A"}, "Bob (developer) resolved a thread on A"),
        ({"kind": "thread.answered", "status": "partial"}, "answered a thread: partly applied"),
        ({"kind": "version.pushed", "thread": 0, "version": 1}, "New plan"),
        ({"kind": "version.pushed", "thread": 0, "words": "Safer"}, "Safer"),
        ({"kind": "version.pushed", "thread": 0, "added": [*"ABCDE"]}, "Added: A, B, C and 2 more"),
        ({"where": "מודל"}, "replied on \u2068מודל\u2069, version"),
        ({"actor": Actor("\u202eevil", "qa")}, "\u2068evil\u2069 (QA) replied"),
    ],
)  # fmt: skip
def test_who_what_and_where(given, said):
    assert said in shown(blocks(message(item(**given))))


@pytest.mark.parametrize(
    ("given", "label"),
    [
        ({}, "Open the thread"),
        ({"kind": "version.pushed", "thread": 0, "url": f"{URL}?v=2"}, "Open version 2"),
    ],
)  # fmt: skip
def test_a_button_leads_to_the_place(given, label):
    (button,) = blocks(message(item(**given)))[-1]["elements"]
    assert (button["text"]["text"], button["url"]) == (label, item(**given).url)


def test_a_publication_with_its_push_is_told_once():
    pushed = item(kind="version.pushed", thread=0, version=1)
    found = shown(blocks(message(pushed, item(kind="plan.published", thread=0, version=1))))
    assert "New plan" in found and "pushed version 1" in found and "published" not in found


def test_comments_of_one_thread_stand_together():
    first, other, again = item(words="One"), item(words="Two", thread=8), item(words="Three")
    found = texts(blocks(message(first, other, again)))
    assert found.index("One") < found.index("Three") < found.index("Two")
    assert "3 comments" in found and found.count("Open the thread") == 2


@pytest.mark.parametrize(("threads", "more"), [(100, "and 63 more"), (1, "and 64 more")])
def test_a_burst_says_how_much_more_there_is(threads, more):
    many = [item(event=n, thread=n % threads + 1, words="word " * 90) for n in range(100)]
    found = blocks(message(*many))
    checked(found)
    assert more in shown(found) and "100 comments" in shown(found)


@pytest.mark.parametrize(
    ("why", "said"),
    [("mention", "Bob mentioned you on A"), ("turn", "Bob replied in a thread of yours on A")],
)
def test_a_direct_message_says_why(why, said):
    told = message(item(where="A"), why=why)
    assert next(payloads(told))["text"] == f"Auth: {said}"
    assert said.replace("Bob", "Bob (developer)") in shown(blocks(told))


def test_several_for_one_person_are_not_all_mentions():
    told = message(item(), item(event=2), why="mention")
    assert next(payloads(told))["text"] == "Auth: You were mentioned. Bob replied; Bob replied"
    assert "You were mentioned." in shown(blocks(told))


def test_the_line_of_a_burst_counts():
    many = [item(event=n, actor=Actor(f"P{n % 5}")) for n in range(9)]
    many.append(item(kind="thread.resolved"))
    line = next(payloads(message(*many)))["text"]
    assert line == "Auth: 9 comments, 1 thread resolved by P0, P1, P2 and 3 others"
