"""Real revisions of real design documents, through the real HTTP API."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.system.conftest import SHARED
from tests.system.serving import Server, Visitor

PAIRS = SHARED / "tools" / "anchors" / "pairs"
NAMES = ("kep-000", "kep-005", "kep-025", "kep-035", "pep-000", "pep-015", "pep-025", "pep-035")
STATES = {"exact", "moved", "edited", "outdated", "orphaned"}
pytestmark = pytest.mark.skipif(not PAIRS.is_dir(), reason="the document pairs are not there")


def read(name: str) -> Any:
    return json.loads(gzip.decompress((PAIRS / f"{name}.json.gz").read_bytes()))


def squeezed(html: str) -> str:
    """Return the text of a document without white space."""
    return "".join(LexborHTMLParser(html).body.text().split())


def comment_on(pair: Any, slug: str, who: Visitor) -> list[str]:
    """Comment on five spans that the old document has once; return what was said."""
    text = squeezed(pair["old_html"])
    cases = [case for case in pair["cases"] if text.count("".join(case["exact"].split())) == 1]
    bodies = []
    for case in cases[:: len(cases) // 5][:5]:
        place = {"quote": case["exact"], "prefix": case["prefix"], "suffix": case["suffix"]}
        said = who.post(f"/p/{slug}/threads", body=f"About {case['id']}", **place)
        assert said.status_code == 303, (case["id"], case["exact"], said.text)
        bodies.append(f"About {case['id']}")
    return bodies


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_no_comment_is_lost_on_the_way(name: str, server: Server, visitor: Any) -> None:
    pair, alice = read(name), visitor("alice")
    first = server.push(pair["old_html"], f"slug={name}&title={name}")
    assert first.status_code == 201, first.text
    slug = first.json()["plan"]
    bodies = comment_on(pair, slug, alice)
    second = server.push(pair["new_html"], f"plan={slug}&base_version=1")
    assert second.status_code == 201, second.text
    assert sum(second.json()["threads"].values()) == len(bodies)
    found = server.threads(slug)
    assert sorted(thread["comments"][0]["body"] for thread in found) == sorted(bodies)
    assert {thread["placement"]["state"] for thread in found} <= STATES
    page = alice.get(f"/p/{slug}?show=all").text
    assert all(f'id="t{thread["id"]}"' in page for thread in found)
    assert all(body in page for body in bodies)


def test_the_same_push_again_changes_nothing(server: Server, visitor: Any) -> None:
    pair = read(NAMES[0])
    slug = server.push(pair["old_html"], "title=Twice").json()["plan"]
    comment_on(pair, slug, visitor("alice"))
    before = server.api("alice", "GET", f"/api/plans/{slug}").json()
    again = server.push(pair["old_html"], f"plan={slug}&base_version=1&title=Twice")
    assert (again.status_code, again.json()["version"]) == (200, 1)
    assert again.json()["threads"]["exact"] == 5
    assert server.api("alice", "GET", f"/api/plans/{slug}").json() == before


def test_words_survive_unchanged(server: Server) -> None:
    """What a real document says is what its readers get, to the last word."""
    for name in NAMES:
        html = read(name)["new_html"]
        slug = server.push(html, f"title={name}").json()["plan"]
        shown = server.api("alice", "GET", f"/api/plans/{slug}/document").text
        assert squeezed(shown) == squeezed(html), name
