"""Forms: none is as large as a document may be, for each of their fields costs."""

import pytest

from planpush.web.auth import MOST_FORM
from tests.people import SAME_ORIGIN

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"
FORMS = {
    "fields": (b"a=&" * (MOST_FORM // 3 + 1), URLENCODED),
    "a file": (b'--b\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n'
               + b"\n" * MOST_FORM + b"\r\n--b--\r\n", MULTIPART),
    "parts": (b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 1_001
              + b"--b--\r\n", MULTIPART),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("path", ["/plans/bulk", "/sign-out/okta/back-channel", "/oauth/token"])
def test_a_form_that_is_too_large_is_refused(browser, path, name):
    body, kind = FORMS[name]
    alice = browser("alice")
    answer = alice.client.post(path, data=body, content_type=kind, headers=SAME_ORIGIN)
    assert answer.status_code in (400, 413), answer.text


def test_the_refusal_says_how_large_a_form_may_be(browser):
    body, kind = FORMS["fields"]
    alice = browser("alice")
    answer = alice.send("POST", "/plans/bulk", body, **{"Content-Type": kind})
    assert answer.status_code == 413 and f"{MOST_FORM:,} bytes" in answer.text


def test_the_longest_comment_in_four_byte_letters_fits(browser, plan):
    form = {"body": "\N{BOAR}" * 10_000, "quote": "", "anchor": "intro", "v": "1"}
    answer = browser("alice").send("POST", f"/p/{plan}/threads", form)
    assert answer.status_code == 201, answer.text[:300]
