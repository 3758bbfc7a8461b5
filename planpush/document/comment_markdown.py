"""Renders the Markdown subset of comments as HTML.

Emphasis, code, links, lists and quotes; no HTML, images, headings, tables or references. The
parser is markdown-it-py: its rules are taken one by one, it escapes whatever is left, and hostile
words cost it little. What is deeper than `_DEEPEST` is plain paragraphs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

Said = tuple[tuple[str, bool], ...]
"""The words of each mention, without the @, and whether they mean who reads."""

_DEEPEST = 15  # elements in each other
_CUT = 20  # where the parser gives up, dropping words: nothing that is shown comes near
_LONGEST = 254  # characters of a name
MOST_MARKS = 20_000
"""Characters that are no words, of all comments of one answer, that are read as Markdown."""
_MARK = re.compile(r"[^\w ]")
_CACHED = 2_000  # characters: longer bodies are rare, and would fill the memory
_MARKUP = ("blockquote", "fence", "list", "emphasis", "backticks", "escape", "link", "autolink")
_ALWAYS = ("newline", "bare_link", "mention", "fragments_join")
_ALLOWED = re.compile(r"https?://[^/?#]|mailto:[^?]", re.IGNORECASE)
_SCHEME = re.compile(r"(?<![^\W_])https?\Z", re.IGNORECASE)
_BARE = re.compile(r"://[^\s<>\"'`]*[^\s<>\"'`.,;:!?)\]}*_~]")
_NAME = re.compile(r"[^\s@][^\n@]*(?:@[^\s@]+)?")
_GOES_ON = re.compile(r"\w|[.@+-]\w")
_BEFORE = re.compile(r"[\w.@+/-]")


def prose(body: str, said: Said = ()) -> str:
    """Return `body` as HTML, safe to print; `said` is highlighted wherever it stands after an @."""
    return _cached(body, said) if len(body) <= _CACHED else _html(body, said)


class Marks:
    """How many marks one answer still reads: each costs, and there are many comments."""

    def __init__(self, most: int = MOST_MARKS) -> None:
        self.left, self.is_spent = most, False

    def prose(self, body: str, said: Said = ()) -> str:
        """Return `body` as HTML; as it was typed, if it has more marks than are left."""
        size = len(_MARK.findall(body))
        if size > self.left:
            self.is_spent = True
            return f"<p>{escapeHtml(body)}</p>".replace("\n", "<br>\n")
        self.left -= size
        return prose(body, said)


def named(body: str, keys: Iterable[str]) -> list[str]:
    """Return the names that `body` says after an @, outside code, as it writes them.

    `keys` are the known ones, as `key` gives them; of two that fit one place the longer is meant.
    """
    env = {"names": dict.fromkeys(keys, False)}
    inline = [child for token in _parsed(body, env) for child in token.children or ()]
    return list(dict.fromkeys(token.content for token in inline if token.type == "mention"))


def key(name: str) -> str:
    """Return how a name is looked up: in one form of Unicode, spaces single, in no case."""
    return " ".join(unicodedata.normalize("NFC", name).split()).casefold()


def _html(body: str, said: Said) -> str:
    env: dict[str, Any] = {"names": {key(words): me for words, me in said}}
    return str(_RICH.renderer.render(_parsed(body, env), _RICH.options, env)).strip()


_cached = lru_cache(maxsize=2_048)(_html)


def _parsed(body: str, env: MutableMapping[str, Any]) -> Sequence[Token]:
    """Return the tokens; marks that are too deep, or hold no words, are words themselves."""
    tokens = _RICH.parse(body, env)
    fits = _depth(tokens) <= _DEEPEST and any(token.content.strip() for token in tokens)
    return tokens if fits else _PLAIN.parse(body, env)


def _depth(tokens: Iterable[Token]) -> int:
    deepest = depth = 0
    for token in tokens:
        depth += token.nesting
        inside = _depth(token.children) if token.children else 0
        deepest = max(deepest, depth + inside)
    return deepest


class _Parser(MarkdownIt):
    """The parser, with our rules for addresses and names."""

    def __init__(self, rules: Sequence[str]) -> None:
        options = {"html": False, "breaks": True, "linkify": False, "maxNesting": _CUT}
        super().__init__("zero", options, renderer_cls=_Html)
        self.inline.ruler.push("bare_link", _bare_link)
        self.inline.ruler.push("mention", _mention)
        self.enable([*rules, *_ALWAYS])

    def validateLink(self, url: str) -> bool:  # the name is the library's
        """Tell whether a link may lead there."""
        return _ALLOWED.match(url) is not None


class _Html(RendererHTML):
    """What the tokens become, where we differ from the library."""

    def link_open(self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: Any) -> str:
        """Return a link's start; one without words shows its address."""
        href = escapeHtml(str(tokens[idx].attrGet("href")))
        words = "" if _says_something(tokens, idx + 1) else href
        return f'<a href="{href}" rel="noopener noreferrer nofollow">{words}'

    def fence(self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: Any) -> str:
        """Return a block of code; its language says nothing to us."""
        return f"<pre><code>{escapeHtml(tokens[idx].content)}</code></pre>\n"

    def mention(self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: Any) -> str:
        """Return the words that name somebody."""
        me = " me" if tokens[idx].meta["me"] else ""
        return f'<span class="mention{me}">@{escapeHtml(tokens[idx].content)}</span>'


def _says_something(tokens: Sequence[Token], start: int) -> bool:
    for token in tokens[start:]:
        if token.type == "link_close":
            return False
        if token.content.strip():
            return True
    return False


def _bare_link(state: StateInline, silent: bool) -> bool:
    """Take a web address that stands among words."""
    if silent or state.linkLevel or state.src[state.pos] != ":":
        return False
    scheme, rest = _SCHEME.search(state.pending[-6:]), _address(state)
    if scheme is None or not rest:
        return False
    address = scheme[0] + rest
    href = state.md.normalizeLink(address)
    if not state.md.validateLink(href):
        return False
    state.pending = state.pending[: -len(scheme[0])]
    state.push("link_open", "a", 1).attrSet("href", href)
    state.push("text", "", 0).content = address
    state.push("link_close", "a", -1)
    state.pos += len(rest)
    return True


def _address(state: StateInline) -> str:
    """Return what follows a scheme; a bracket at its end belongs to it if it opens inside."""
    src, start, end = state.src, state.pos, state.posMax
    found = _BARE.match(src, start, end)
    rest = found[0] if found else ""
    while rest.count("(") > rest.count(")") and src.startswith(")", start + len(rest), end):
        rest += ")"
    return rest


def _mention(state: StateInline, silent: bool) -> bool:
    """Take an @ and a name of those that are looked for."""
    src, start = state.src, state.pos + 1
    names: Mapping[str, bool] = state.env["names"]
    if src[state.pos] != "@" or not names or _BEFORE.match(src[max(0, start - 2) : start - 1]):
        return False
    found = _name(src, start, state.posMax, names)
    if found and not silent:
        token = state.push("mention", "", 0)
        token.content, token.meta = found, {"me": names[key(found)]}
    state.pos = start + len(found) if found else state.pos
    return bool(found)


def _name(src: str, start: int, end: int, names: Mapping[str, bool]) -> str:
    """Return the longest of `names` that begins at `start` and ends where a word does."""
    room = _NAME.match(src, start, min(end, start + _LONGEST))
    for stop in range(room.end() if room else start, start, -1):
        if not _GOES_ON.match(src, stop, end) and key(src[start:stop]) in names:
            return src[start:stop].rstrip()
    return ""


_RICH, _PLAIN = _Parser(_MARKUP), _Parser(())
