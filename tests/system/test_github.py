"""GitHub, end to end: with an emulator that nobody here wrote, and with eight threads at once."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.peers import github as peer
from tests.peers.emulator import choose, emulating
from tests.system.serving import Server, free_port

MEMBER, OUTSIDER = "octo-dev", "outsider"
THREADS, ROUNDS = 8, 13


def seed(base):
    """One organisation with one member, and our application."""
    return {
        "users": [
            {"login": MEMBER, "name": "Octo Dev", "email": "octo@example.com"},
            {"login": OUTSIDER, "name": "Out Sider", "email": "out@example.com"},
        ],
        "orgs": [{"login": peer.ORG, "name": "Acme", "members": [{"login": MEMBER}]}],
        "oauth_apps": [
            {
                "client_id": peer.CLIENT,
                "client_secret": peer.SECRET,
                "name": "planpush",
                "redirect_uris": [f"{base}/sign-in/github/authorized"],
            }
        ],
    }


def told(address):
    """The environment of a server that signs people in at `address`."""
    return {
        "GITHUB_CLIENT_ID": peer.CLIENT, "GITHUB_CLIENT_SECRET": peer.SECRET,
        "GITHUB_ORG": peer.ORG, "GITHUB_URL": address, "GITHUB_API_URL": address,
    }  # fmt: skip


@pytest.fixture(scope="module")
def emulated(tmp_path_factory):
    """A server whose people come from the emulator."""
    folder, port = tmp_path_factory.mktemp("github"), free_port()
    server = Server(folder, workers=1, **told(f"http://127.0.0.1:{port}"))
    with emulating(folder, "github", port, seed(server.base)):
        yield server.start()
        server.close()


@pytest.fixture
def http():
    with requests.Session() as session:
        yield session


def arrive(server, http, login):
    """Sign in by the consent page of GitHub; return the last answer."""
    page = http.get(f"{server.base}/sign-in/github?next=/dashboard", timeout=60)
    return http.get(choose(http, page, login), timeout=60)


def test_13_a_member_signs_in_and_out(emulated, http):
    page = arrive(emulated, http, MEMBER)
    assert (page.status_code, page.url) == (200, f"{emulated.base}/dashboard")
    assert "octo@example.com" in page.text
    copy = {"Cookie": f"planpush={http.cookies['planpush']}"}
    own = {"Origin": emulated.base}
    out = http.post(f"{emulated.base}/sign-out", headers=own, timeout=60)
    assert out.url == f"{emulated.base}/sign-out/done"
    again = requests.get(
        f"{emulated.base}/dashboard", headers=copy, timeout=60, allow_redirects=False
    )
    assert again.status_code == 302


def test_13_an_outsider_is_refused(emulated, http):
    page = arrive(emulated, http, OUTSIDER)
    assert page.status_code == 403 and "not an active member of acme" in page.text
    assert "planpush" not in http.cookies
    assert http.get(f"{emulated.base}/dashboard", timeout=60).url.endswith("next=%2Fdashboard")


def test_13_a_browser_walks_through(emulated, chromium):
    context = chromium.new_context(base_url=emulated.base)
    page = context.new_page()
    page.goto("/dashboard?q=is%3Aprivate")
    page.click("#pp-github")
    page.click(f"button:has-text('{MEMBER}')")
    page.wait_for_url("**/dashboard?q=is%3Aprivate")
    assert "octo@example.com" in page.content()
    context.close()


@pytest.fixture
def busy(tmp_path):
    """One process with eight threads, and a GitHub with two people."""
    with peer.serving() as hub:
        hub.add(4, "octo-dev", "octo@example.com")
        hub.add(5, "octo-two", "two@example.com")
        server = Server(tmp_path, workers=1, WEB_THREADS="8", **told(hub.base)).start()
        yield server, hub
        server.close()


@pytest.mark.long
def test_14_no_answer_carries_another_user(busy):
    server, hub = busy
    start = threading.Barrier(THREADS)

    def come_and_go(number):
        start.wait(60)
        return [seen for turn in range(ROUNDS) for seen in visit(server, hub, number + turn)]

    with ThreadPoolExecutor(THREADS) as threads:
        seen = [one for many in threads.map(come_and_go, range(THREADS)) for one in many]
    assert len(seen) >= 400
    assert [one for one in seen if one[0] != one[1]] == []


def visit(server, hub, number):
    """Sign one of the two in; return, for each answer, what should be in it and what is."""
    login, email = (("octo-dev", "octo"), ("octo-two", "two"))[number % 2]
    with requests.Session() as http:
        first = http.get(f"{server.base}/sign-in/github", timeout=60, allow_redirects=False)
        back = hub.consent(first.headers["Location"], login)
        second = http.get(back, timeout=60, allow_redirects=False)
        pages = [http.get(f"{server.base}/dashboard", timeout=60) for _ in range(2)]
    people = [(email, "+".join(sorted(set(re.findall(r"(\w+)@example", p.text))))) for p in pages]
    return [(302, first.status_code), (302, second.status_code), *people]
