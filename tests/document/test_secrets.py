"""Secrets: what is found, what is not, and that it is never repeated."""

import base64
import random
import string

import pytest

from planpush.document.secret_scanner import scan


def _jwt() -> str:
    parts = (b'{"alg":"HS256"}', b'{"sub":"1234567890"}', b"k" * 24)
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


R = "q7Hw2LpZ9xVbN4mK8tRc3sYdF6gJ1aEoU5iB"  # put together here, so that no scanner minds this file

FOUND = [
    ("AWS", "AKIA" + "Q7HW2LPZ9XVBN4MK"),
    ("GitHub", "ghp_" + R),
    ("GitHub", "github_pat_" + R),
    ("Slack", "xoxb-" + R),
    ("Slack", "https://hooks.slack" + ".com/services/T01QWERTY/B01QWERTY/" + R[:24]),
    ("Slack", "xapp-1-" + "A01QWERTY9Z-1234567890-" + R),
    ("GitHub", "ghs_" + R),
    ("GitLab", "glpat-" + R[:20]),
    ("Stripe", "sk_" + "live_" + R[:24]),
    ("Google", "AIza" + R[:35]),
    ("npm", "npm_" + R),
    ("PyPI", "pypi-" + "AgEIcHlwaS5vcmc" + R + R),
    ("SendGrid", "SG." + R[:22] + "." + R + R[:7]),
    ("model provider", "sk-ant-" + "api03-" + R),
    ("model provider", "sk-proj-" + R),
    ("address", f"postgres://app:{R[:20]}@db.internal/x"),
    ("bearer", f"Authorization: Bearer {R}"),
    ("password", f"DB_PASS={R[:20]}"),
    ("password", f"AWS_SECRET_ACCESS_KEY={R}/{R[:3]}"),
    ("password", f"AccountKey={R}{R}=="),
    ("private key", "-----BEGIN OPENSSH PRIVATE" + " KEY-----\n" + R + R),
    ("private key", "-----BEGIN PGP PRIVATE" + " KEY BLOCK-----\n\n" + R + R),
    ("private key", '"-----BEGIN PRIVATE' + f' KEY-----\\n{R}{R}\\n"'),
    ("planpush", "ppt_" + R),
    ("web token", _jwt()),
    ("private key", "-----BEGIN RSA PRIVATE" + " KEY-----\n" + R + R + "\n-----END"),
    ("password", f'password = "{R[:20]}"'),
    ("password", f"API_KEY={R}"),
    ("password", f"&quot;token&quot;: &quot;{R}&quot;"),
    ("password", f'<span class="k">secret</span>: <span class="s">"{R}"</span>'),
]


@pytest.mark.parametrize(("kind", "secret"), FOUND)
def test_found_with_its_place_and_never_repeated(kind, secret):
    (found, *_) = scan(f"<p>x</p>\n<pre>{secret}</pre>")
    assert found.code == "secret_found" and kind in found.message and found.line == 2
    assert R[4:12] not in found.message + found.fix


HARMLESS = [
    "token: &lt;token&gt;",
    "password = 'xxxxxxxxxxxxxxxxxxxx'",
    "api_key = your-api-key-goes-here-1",
    'secret: "example-secret-value-123"',
    '"access_token": "eyJhbGciOiJFZERTQSJ9…"',
    "eyJhbGciOiJIUzI1NiJ9.eyJ…",
    "AKIAIOSFODNN7" + "EXAMPLE",
    "ghp_" + "x" * 36,
    "token = request.headers.get('Authorization')",
    "the secret: never tell the password to anybody",
    "-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----",
    "ppt_8F2…",
    "https://user:password@example.com/path",
    "postgres://app:${DB_PASSWORD}@db/x",
    "ssh://git:22/team/project.git@v1.2.3",
    "Authorization: Bearer &lt;token&gt;",
    "Bearer tokens are compared by their hash",
    "task-antelope and sk-project-management-board",
    "commit 9f86d081884c7d659a2feaa0c55ad0159f86d081",
    "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "pass: the test of the invoice worker",
    "sha256: " + "9f86d081884c7d659a2feaa0c55ad015",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_examples_are_not_flagged(text):
    assert scan(f"<p>{text}</p>") == []


@pytest.mark.parametrize("around", ["{}", "x_{}", "({})", "token: {}.", "{}_x", "{}{}"])
def test_any_token_by_its_shape_is_found(around):
    chance = random.Random(3)
    for body in ["".join(chance.choices(string.ascii_letters + string.digits, k=36))
                 for _ in range(50)]:  # fmt: skip
        assert scan(f"<p>{around.format('gh' + 'p_' + body, ' ')}</p>"), body
