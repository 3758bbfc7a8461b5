"""The map from groups to roles."""

import pytest

from planpush.database.session import commit
from tests.people import person

MAP = "/admin/roles/groups"


@pytest.fixture
def devs(app):
    """Charlie is in the group Devs."""
    with app.app_context():
        person("charlie").group_names = ["devs"]
        commit()


def test_39_21_a_mapped_group_binds_the_next_request(ada, browser, devs, plan, logged):
    charlie = browser("charlie")
    form = {"group": " Devs ", "role": "project_manager"}
    assert ada.send("POST", MAP, form, htmx=False).location == "/admin/roles#pp-map"
    assert charlie.get(f"/p/{plan}").status_code == 200
    page = ada.get("/admin/roles").text
    assert "<b>Devs</b>" in page and "1 person" in page
    assert logged("group_role.set") == [("Ada", "Devs")]
    assert logged("role.changed") == [("Ada", "charlie@example.com")]
    ada.send("POST", f"{MAP}?_method=DELETE", {"group": "DEVS"}, htmx=False)
    assert charlie.get(f"/p/{plan}").status_code == 404
    assert logged("group_role.removed") == [("Ada", "Devs")]


@pytest.mark.parametrize(
    "form",
    [
        {"group": "", "role": "qa"},
        {"group": "x\ny", "role": "qa"},
        {"group": "x" * 201, "role": "qa"},
        {"group": "x", "role": "king"},
    ],
)
def test_39_what_cannot_be_mapped_is_422_with_what_was_typed(ada, form, logged):
    answer = ada.send("POST", MAP, form, htmx=False)
    assert answer.status_code == 422 and 'aria-invalid="true"' in answer.text
    assert logged("group_role.set") == [] and len(logged("group_role.failed")) == 1
