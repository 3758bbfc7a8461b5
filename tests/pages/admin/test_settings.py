"""Settings: a form per group, secrets write-only, nobody locked out by mistake."""

import re

import pytest

from planpush.setting_specs import SPECS
from tests.people import SAME_ORIGIN, Browser

SECRET = "hush-hush-the-client-secret"


def save(ada, group, form, **options):
    return ada.send("PATCH", f"/admin/settings/{group}", form, htmx=False, **options)


def value(text, name):
    field = re.search(rf'<input[^>]*name="{name}"[^>]*>', text)[0]
    found = re.search(r'value="([^"]*)"', field)
    return found[1] if found else ""


def test_every_setting_has_a_field(ada):
    text = ada.get("/admin/settings").text
    assert [name for name in SPECS if f'id="pp-{name}-field"' not in text] == []


def test_39_a_change_is_in_force_on_every_worker_at_once(app, another, ada, logged):
    other, bob = another(), Browser(app, "bob")
    client = other.test_client()
    client.set_cookie("planpush", bob.client.get_cookie("planpush").value)
    assert client.get("/api/info").json["sign_in"] == ["local"]
    answer = save(ada, "github", {"github_client_id": "Iv1.1", "github_org": "acme",
                                  "github_client_secret": SECRET})  # fmt: skip
    assert answer.location == "/admin/settings?saved=github#pp-group-github"
    assert set(client.get("/api/info").json["sign_in"]) == {"local", "github"}
    assert ("Ada", "github_org") in logged("setting.changed")
    assert "Saved, and in force." in ada.get("/admin/settings?saved=github").text


def test_39_an_empty_secret_is_kept_and_goes_only_when_asked_to(ada, logged):
    save(ada, "github", {"github_client_secret": SECRET})
    save(ada, "github", {"github_client_secret": "", "github_org": "acme"})
    assert "leave empty to keep it" in ada.get("/admin/settings").text
    save(ada, "github", {"github_client_secret": "", "github_client_secret_remove": "on"})
    assert "leave empty to keep it" not in ada.get("/admin/settings").text
    assert [target for _, target in logged("setting.changed")] == [
        "github_client_secret", "github_org", "github_client_secret",
    ]  # fmt: skip


def test_the_environment_wins_and_is_shown(app, another):
    ada = Browser(app, "ada")
    client = another(github_org="acme", slack_bot_token="xoxb-hush").test_client()
    client.set_cookie("planpush", ada.client.get_cookie("planpush").value)
    text = client.get("/admin/settings").text
    assert "set in the environment (GITHUB_ORG)" in text and 'name="github_org"' not in text
    assert "xoxb-hush" not in text
    form = {"github_org": "evil-org"}
    answer = client.post("/admin/settings/github", data=form, headers=SAME_ORIGIN)
    assert answer.status_code == 303
    assert "evil-org" not in client.get("/admin/settings").text


@pytest.mark.parametrize(
    ("group", "name", "typed"),
    [
        ("okta", "okta_issuer", "nonsense & more"),
        ("people", "initial_admin_emails", "a@b.example, nobody"),
        ("sessions", "sign_in_limit", "many"),
        ("sessions", "session_idle", "-3"),
        ("sessions", "session_idle", "9" * 30),
        ("slack", "slack_channel", "a\tb"),
        ("github", "github_url", "javascript:alert(1)"),
    ],
)
def test_what_is_wrong_is_422_marked_and_kept(ada, logged, group, name, typed):
    answer = save(ada, group, {name: typed})
    assert answer.status_code == 422
    field = re.search(rf'<input[^>]*name="{name}"[^>]*>', answer.text)[0]
    assert 'aria-invalid="true" autofocus' in field and f"pp-{name}-err" in field
    assert value(answer.text, name) == typed.replace("&", "&amp;")
    assert logged("setting.changed") == []
    assert logged("setting.change_failed") == [("Ada", group)]


def test_durations_are_given_and_shown_in_the_largest_unit(ada):
    save(ada, "sessions", {"session_idle": "36", "session_idle_unit": "hours"})
    save(ada, "sessions", {"session_max_age": "48", "session_max_age_unit": "hours"})
    text = ada.get("/admin/settings").text
    assert (value(text, "session_idle"), value(text, "session_max_age")) == ("36", "2")


def test_a_box_that_is_not_ticked_switches_off(ada):
    save(ada, "agents", {"agents_may_resolve_there": "1", "agents_may_resolve": "on"})
    assert " checked" in box(ada.get("/admin/settings").text)
    save(ada, "agents", {"agents_may_resolve_there": "1"})
    assert " checked" not in box(ada.get("/admin/settings").text)


def box(text):
    return re.search(r'<input[^>]*name="agents_may_resolve"[^>]*>', text)[0]


@pytest.mark.parametrize("way", ["github", "okta"])
def test_nobody_locks_everybody_out_by_mistake(app, ada, way):
    form = {"auth_providers_there": "1", f"auth_providers_{way}": "on"}
    answer = save(ada, "people", form)
    assert answer.status_code == 422 and "Nobody could sign in any more." in answer.text
    assert app.test_client().get("/api/info").json["sign_in"] == ["local"]
    assert save(ada, "people", form | {"confirm": " Lock me out "}).status_code == 303
    assert app.test_client().get("/api/info").json["sign_in"] == []


def test_nobody_closes_the_door_they_came_by_by_mistake(ada):
    save(ada, "github", {"github_client_id": "a", "github_client_secret": SECRET,
                         "github_org": "acme"})  # fmt: skip
    form = {"auth_providers_there": "1", "auth_providers_github": "on"}
    answer = save(ada, "people", form)
    assert answer.status_code == 422 and "You came in by a single-use link" in answer.text
    assert re.search(r'id="pp-auth_providers-github"[^>]* checked', answer.text)
