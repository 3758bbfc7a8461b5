"""Devices, guessed from real User-Agent strings."""

import pytest

from planpush.accounts.user_agent import device, is_phone

SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (f"Mozilla/5.0 (X11; Linux x86_64) {CHROME} Safari/537.36", "Chrome on Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/130.0",
         "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
         "Firefox on Linux"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {SAFARI} Version/17.4 Safari/605.1.15",
         "Safari on macOS"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) {SAFARI} Safari/604.1",
         "Safari on iPhone"),
        (f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {CHROME} Mobile Safari/537.36",
         "Chrome on Android"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36", "Chrome on ChromeOS"),
        ("curl/8.5.0", "curl"),
        ("Something (Windows NT 10.0)", "A browser on Windows"),
        ("Werkzeug/3.1", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)  # fmt: skip
def test_an_agent_is_told_in_plain_words(agent, words):
    assert device(agent) == words


def test_phones_and_tablets_are_told_from_desks():
    assert is_phone("Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X)")
    assert not is_phone("Mozilla/5.0 (X11; Linux x86_64)")
