"""Browser and system, guessed from a user agent string."""

from __future__ import annotations

# The first that is found counts: many browsers also name the ones they descend from.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
PHONES = ("iPhone", "iPad", "Android")


def device(agent: str) -> str:
    """Return a User-Agent in plain words, like "Firefox on Linux"."""
    browser, system = _first(_BROWSERS, agent), _first(_SYSTEMS, agent)
    return f"{browser or 'A browser'} on {system}" if system else browser or "Unknown browser"


def is_phone(agent: str) -> bool:
    """Tell whether a User-Agent is a phone's or a tablet's."""
    return _first(_SYSTEMS, agent) in PHONES


def _first(named: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for mark, name in named if mark in agent), "")
