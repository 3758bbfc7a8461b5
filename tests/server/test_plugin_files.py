"""The server hands out its own plugin: a marketplace file, and the archive whose hash it names."""

import hashlib
import io
import json
import time
from zipfile import ZipFile

import pytest

from planpush.paths import PLUGIN
from planpush.server import plugin_files
from tests.people import Browser

MARKETPLACE = "/plugin/marketplace.json"
SCRIPTS = "skills/planpush/scripts"


def entry(client):
    """Return the one plugin of the marketplace file."""
    answer = client.get(MARKETPLACE)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    (plugin,) = answer.json["plugins"]
    return plugin


def fetch(client, plugin):
    """Return the archive that a marketplace entry names."""
    path = plugin["source"]["url"].removeprefix("http://localhost")
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    return answer.data


def test_the_marketplace_names_the_archive_and_its_hash(app):
    client = app.test_client()
    plugin = entry(client)
    assert client.get(MARKETPLACE).json["name"] == plugin["name"] == "planpush"
    manifest = json.loads((PLUGIN / ".claude-plugin/plugin.json").read_text())
    address = f"http://localhost/plugin/planpush-{manifest['version']}.zip"
    assert plugin["version"] == manifest["version"]
    digest = hashlib.sha256(fetch(client, plugin)).hexdigest()
    assert plugin["source"] == {"source": "archive", "url": address, "sha256": digest}


def test_the_archive_holds_the_plugin_and_the_address_of_its_server(app):
    client = app.test_client()
    packed = ZipFile(io.BytesIO(fetch(client, entry(client))))
    assert packed.testzip() is None
    server = packed.read(f"{SCRIPTS}/server.json")
    assert json.loads(server) == {"server": "http://localhost"}
    files = [path for path in PLUGIN.rglob("*") if path.parent.name != "__pycache__"]
    names = {path.relative_to(PLUGIN).as_posix() for path in files if path.is_file()}
    names = {name for name in names if "/." not in name}  # what mypy and the like leave there
    assert {"skills/planpush/SKILL.md", f"{SCRIPTS}/planpush"} < names
    assert set(packed.namelist()) == names | {f"{SCRIPTS}/server.json"}
    for name in names:
        assert packed.read(name) == (PLUGIN / name).read_bytes()


def test_packing_it_again_gives_the_same_bytes_whatever_the_order_and_the_dates(app, monkeypatch):
    first = entry(app.test_client())["source"]["sha256"]
    files = sorted(plugin_files._files(), reverse=True)
    monkeypatch.setattr(plugin_files, "_files", lambda: iter(files))
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(2_000_000_000))
    assert plugin_files.archive.__wrapped__("http://localhost").sha256 == first


@pytest.fixture
def secure(another):
    """The same server at an https address."""
    made = another(base_url="https://plans.example.com")
    made.config["PREFERRED_URL_SCHEME"] = "https"
    return made


def test_every_address_is_built_from_the_base_url_and_never_from_the_host(app, secure):
    answer = secure.test_client().get(MARKETPLACE, headers={"Host": "evil.example"})
    assert "evil" not in answer.text
    source = answer.json["plugins"][0]["source"]
    assert source["url"].startswith("https://plans.example.com/plugin/planpush-")
    assert source["sha256"] != entry(app.test_client())["source"]["sha256"]


def test_nobody_needs_to_sign_in_and_what_is_kept_is_confirmed_cheaply(app):
    client = app.test_client()
    path = entry(client)["source"]["url"].removeprefix("http://localhost")
    for address in (MARKETPLACE, path):
        first = client.get(address)
        assert first.headers["Cache-Control"] == "public, no-cache"
        assert "Set-Cookie" not in first.headers
        again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert client.head(address).status_code == 200


def test_who_has_no_plan_is_told_what_to_type_where_the_host_would_take_it(app, browser, secure):
    line = "claude plugin marketplace add https://plans.example.com/plugin/marketplace.json\n"
    plain = browser("charlie").get("/dashboard").text
    assert "marketplace.json" not in plain and "marketplace add /path/to/planpush\n" in plain
    assert "export PLANPUSH_SERVER=http://localhost</pre>" in plain
    assert line in Browser(secure, "charlie").get("/dashboard").text
