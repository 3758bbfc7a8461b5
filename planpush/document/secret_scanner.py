"""Finds API keys and tokens in a document before it is stored."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections import Counter
from collections.abc import Iterator

from planpush.document.findings import place
from planpush.errors import Finding

_MOST = 20
# Each has a word of the second column in it. Most documents have none: that is told much faster.
_KINDS = (
    (
        "an AWS access key",
        "AKIA ASIA ABIA ACCA",
        re.compile(r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    ),
    (
        "a GitHub token",
        "gho_ ghp_ ghs_ ghu_ ghr_",
        re.compile(r"(?<![A-Za-z0-9])gh[opsur]_[A-Za-z0-9]{36,255}+"),
    ),
    (
        "a GitHub token",
        "github_pat_",
        re.compile(r"(?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{30,255}+"),
    ),
    ("a Slack token", "xox", re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{16,255}")),
    (
        "a Slack webhook",
        "hooks.slack.com",
        re.compile(r"hooks\.slack\.com/services/T\w{6,20}/B\w{6,20}/\w{16,40}"),
    ),
    ("a Slack token", "xapp-", re.compile(r"xapp-[0-9]-[A-Z0-9]{8,20}-[A-Za-z0-9-]{16,255}")),
    ("a GitLab token", "glpat-", re.compile(r"glpat-[A-Za-z0-9_-]{20,255}")),
    ("a Stripe key", "k_live_", re.compile(r"[rs]k_live_[A-Za-z0-9]{20,255}")),
    ("a Google key", "AIza", re.compile(r"AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])")),
    ("an npm token", "npm_", re.compile(r"npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])")),
    ("a PyPI token", "pypi-AgE", re.compile(r"pypi-AgE[A-Za-z0-9_-]{50,255}")),
    ("a SendGrid key", "SG.", re.compile(r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}")),
    ("a model provider's key", "sk-", re.compile(r"sk-(?:proj|ant|svcacct)-[A-Za-z0-9_-]{30,255}")),
    (
        "a password in an address",
        "://",
        re.compile(r"://[\w.+-]{1,64}:(?P<value>[^\s:@/<>\"']{8,128})@"),
    ),
    (
        "a bearer token",
        "earer",
        re.compile(r"earer (?<=[Bb]earer )(?P<value>[A-Za-z0-9._~+/-]{20,255})"),
    ),
    ("a planpush token", "ppa_ ppr_ pps_ ppt_", re.compile(r"\bpp[arst]_[A-Za-z0-9_-]{20,255}")),
    (
        "a JSON web token",
        "eyJ",
        re.compile(r"eyJ(?<![\w-]eyJ)[\w-]{10,4000}+\.eyJ[\w-]{10,8000}+\.[\w-]{20,2000}+"),
    ),
    (
        "a private key",
        "-----BEGIN",
        re.compile(r"-----BEGIN (?:[A-Z]{2,10} ){0,3}PRIVATE KEY(?: BLOCK)?-----[^-]{40,8000}"),
    ),
)
_BY_VALUE = ("a password in an address", "a bearer token")  # their shape alone says little
_KEY_MATERIAL = re.compile(r"[A-Za-z0-9+/]{40}")
_TAG = re.compile(r"<[^<>]{1,2000}+>")
_ASSIGNMENT = re.compile(
    # The first letter stands alone and cased: the engine then skips to it ten times faster.
    r"[ACPSTacpst](?i:(?<=p)ass(?:w(?:or)?d|phrase|(?![a-z]))|(?<=a)ccount[_-]?key|(?<=s)ecret|(?<=t)oken|(?<=a)pi[_-]?key"
    r"|(?<=a)ccess[_-]?key|(?<=c)redential)[\w-]{0,40}+(?:&quot;|[\"'])?\s{0,200}+(?::=|=>|[:=])\s{0,200}+(?P<quote>&quot;|&\#39;|[\"'`]|)"
    r"(?P<value>[\w+/=.~!@\#$%^*-]{16,200}+)(?P<after>…|)",
    re.VERBOSE,
)
# What every assignment has in it, and hardly any text: a sign, and behind it a value that long.
_ASSIGNED = re.compile(r"[:=>]\s{0,200}+(?:&quot;|&\#39;|[\"'`]|)[\w+/=.~!@\#$%^*-]{16}")
_PLACEHOLDER = re.compile(
    r"example|sample|your[_-]|x{4}|changeme|placeholder|redacted|\.\.\.|\*\*\*|(.)\1{5}",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(
    r"example|sample|your|xxx|changeme|placeholder|dummy|redacted|fake|\.\.\.|\*\*\*|(.)\1{5}"
    r"|0123456789|123456789|abcdef",
    re.IGNORECASE,
)


def scan(html: str) -> list[Finding]:
    """Return a Finding for each place that looks like a secret; the secret is never repeated."""
    found = sorted({at: (kind, start) for at, kind, start in _secrets(html)}.items())
    return [_finding(html, at, kind, start) for at, (kind, start) in found[:_MOST]]


def _secrets(html: str) -> Iterator[tuple[int, str, str]]:
    """Yield offset, kind and the first characters; known shapes win over assignments."""
    if _ASSIGNED.search(_TAG.sub(" ", html)):
        yield from _assigned(html)
    for kind, hints, pattern in _KINDS:
        for match in pattern.finditer(html) if any(map(html.__contains__, hints.split())) else ():
            name = "value" if kind in _BY_VALUE else 0
            value, start, end = match[name], match.start(name), match.end()
            if _real(kind, value) and html[end : end + 1] != "…":
                yield start, kind, value[:4]


def _assigned(html: str) -> Iterator[tuple[int, str, str]]:
    text = _TAG.sub(lambda tag: " " * len(tag[0]), html)  # highlighting cuts assignments in pieces
    for match in _ASSIGNMENT.finditer(text):
        value = match["value"]
        if not match["after"] and _random(value, quoted=bool(match["quote"])):
            yield match.start("value"), "a password or key", value[:4]


def _finding(html: str, at: int, kind: str, start: str) -> Finding:
    line, column = place(html, at)
    return Finding(
        "secret_found",
        f"This looks like {kind} ({start}…).",
        "Remove it and revoke it, or push again with allow_secrets if it is harmless.",
        line=line,
        column=column,
    )


def _real(kind: str, value: str) -> bool:
    if kind == "a private key":
        return _KEY_MATERIAL.search(value) is not None
    if kind == "a JSON web token":
        return _is_token_header(value.split(".")[0])
    if kind in _BY_VALUE:
        return _random(value, quoted=False)
    return not _PLACEHOLDER.search(value)  # by its shape: abcdef or 12345 do not make it harmless


def _is_token_header(part: str) -> bool:
    try:
        return b'"alg"' in base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        return False


def _random(value: str, *, quoted: bool) -> bool:
    """Whether a value is unlike words, names, paths and examples."""
    if _EXAMPLE.search(value) or not re.search(r"[0-9]", value) or not re.search("[a-zA-Z]", value):
        return False
    sizes = Counter(value).values()
    entropy = -sum(n / len(value) * math.log2(n / len(value)) for n in sizes)
    return entropy >= (3.3 if quoted else 3.7)
