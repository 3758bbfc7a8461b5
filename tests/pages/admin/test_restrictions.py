"""Who lacks the right gets, on every admin address, what an address gets that does not exist."""

import re

import pytest

from tests.conftest import MUTATIONS, address, routes
from tests.people import HTMX

# A project manager may hand plans over: that page stands beside the members.
ALSO = {"pam": {"admin_handovers.new", "admin_handovers.create"}}
PAGES = ("members", "roles", "integrations", "deliveries", "audit", "settings")


def admin_routes(app, name=""):
    every, open_to = MUTATIONS | {"GET", "HEAD"}, ALSO.get(name, set())
    found = [(method, rule) for method, rule in routes(app, every) if "/admin/" in rule.rule]
    return [(method, rule) for method, rule in found if rule.endpoint not in open_to]


@pytest.mark.parametrize("name", ["alice", "bob", "pam"])
@pytest.mark.parametrize("htmx", [True, False])
def test_no_other_role_sees_any_admin_route(app, browser, name, htmx, stored):
    somebody = browser(name)
    before = stored()
    for method, rule in admin_routes(app, name):
        headers = HTMX if htmx else {}
        absent = somebody.get("/admin/nothing-here", headers=headers)
        hidden = somebody.send(method, address(rule), {}, htmx=htmx)
        assert hidden.status_code == absent.status_code == 404, (method, rule)
        if method != "HEAD":
            assert unnumbered(hidden) == unnumbered(absent), (method, rule)
    assert stored() == before
    assert len(admin_routes(app)) >= 24


def unnumbered(answer):
    """What an answer says, without the request's own number."""
    return re.sub(r"\b[0-9a-f]{12}\b", "N", answer.text)


def test_an_admin_sees_the_page_and_no_id_stands_twice(ada):
    for page in PAGES:
        answer = ada.get(f"/admin/{page}")
        assert answer.status_code == 200, page
        assert answer.headers["Cache-Control"] == "no-store"
        ids = re.findall(r'\sid="([^"]+)"', answer.text)
        assert len(ids) == len(set(ids))
        assert re.search(rf'href="/admin/{page}" aria-current="page"', answer.text)
        main = answer.text.partition("<main")[2].partition("</main>")[0]
        tags = re.findall(r'<(?:button|select|summary|input(?! type="hidden"))\b[^>]*>', main)
        assert [tag for tag in tags if " id=" not in tag] == []
