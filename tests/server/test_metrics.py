"""Metrics: who may read them, and that they add up."""

import re

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from planpush import create_app
from planpush.config import Config
from planpush.database.session import commit
from planpush.events.event import Event
from planpush.notifications.outbox import Delivery, Route
from planpush.paths import ROOT
from planpush.server.worker import Worker
from planpush.web.access_log import METHODS, UNKNOWN, route_of
from tests.conftest import DOCUMENT
from tests.people import person

TOKEN = "metrics-token-0123456789"
HERE = {"Host": "127.0.0.1:8075"}


def read(app, **headers):
    """All samples that the page has, by name and labels."""
    answer = app.test_client().get("/metrics", headers=HERE | headers)
    assert answer.status_code == 200 and answer.content_type.startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *(f"{key}={one}" for key, one in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


REFUSED = [
    ({}, {}, {"Host": "plans.example.com"}, "10.0.0.9"),
    ({}, {"X-Forwarded-For": "203.0.113.9"}, {}, "127.0.0.1"),
    ({}, {"Forwarded": "for=203.0.113.9"}, {}, "127.0.0.1"),
    ({}, {"X-Real-IP": "203.0.113.9"}, {}, "127.0.0.1"),
    ({}, {"Host": "plans.example.com"}, {}, "127.0.0.1"),
    ({"trusted_proxies": 1}, {"X-Forwarded-For": "203.0.113.9"}, {}, "127.0.0.1"),
    ({"trusted_proxies": 1}, {"X-Forwarded-For": "127.0.0.1"}, {}, "127.0.0.1"),
    ({"trusted_proxies": 1}, {"X-Forwarded-For": "127.0.0.1"}, {}, "10.0.0.9"),
    ({"base_url": "https://plans.example.com"}, {}, {}, "127.0.0.1"),
    ({"metrics_token": TOKEN}, {"Authorization": f"Bearer {TOKEN}x"}, {}, "127.0.0.1"),
    ({"metrics_token": TOKEN}, {"Authorization": f"Basic {TOKEN}"}, {}, "10.0.0.9"),
    ({"metrics_token": TOKEN}, {"Authorization": "Bearer é"}, {}, "10.0.0.9"),
    ({}, {"Authorization": "Bearer "}, {}, "10.0.0.9"),
]
ADMITTED = [
    ({}, {}, "127.0.0.1"),
    ({}, {"Host": "localhost"}, "127.0.0.8"),
    ({}, {"Host": "[::1]:8075"}, "::1"),
    ({"trusted_proxies": 1, "base_url": "https://plans.example.com"}, {}, "127.0.0.1"),
    ({"metrics_token": TOKEN}, {"Authorization": f"bearer {TOKEN}"}, "203.0.113.9"),
    ({"metrics_token": TOKEN, "base_url": "https://plans.example.com"},
     {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "203.0.113.9"}, "127.0.0.1"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "headers", "more", "peer"), REFUSED)
def test_a_stranger_gets_what_does_not_exist(another, changes, headers, more, peer):
    client, there = another(**changes).test_client(), {"REMOTE_ADDR": peer}
    sent = HERE | headers | more
    found = client.get("/metrics", headers=sent, environ_base=there)
    absent = client.get("/metricz", headers=sent, environ_base=there)
    assert (found.status_code, absent.status_code) == (404, 404)
    assert found.text == absent.text


@pytest.mark.parametrize(("changes", "headers", "peer"), ADMITTED)
def test_the_token_and_this_machine_open_it(another, changes, headers, peer):
    client = another(**changes).test_client()
    found = client.get("/metrics", headers=HERE | headers, environ_base={"REMOTE_ADDR": peer})
    assert found.status_code == 200 and "planpush_build_info{" in found.text


def test_requests_are_counted_by_route_method_and_class(app, browser, plan):
    alice = browser("alice")
    before = read(app)
    for path in (f"/p/{plan}", f"/p/{plan}?v=1", "/p/none", "/nowhere", "/nowhere-else"):
        alice.get(path)
    app.test_client().head("/healthz")
    now = read(app)

    def more(*key):
        return now.get(key, 0) - before.get(key, 0)

    name, of = "planpush_http_requests_total", "planpush_http_request_duration_seconds_count"
    assert more(name, "method=GET", "route=/p/<slug>", "status=2xx") == 2
    assert more(name, "method=GET", "route=/p/<slug>", "status=4xx") == 1
    assert more(name, "method=GET", "route=(none)", "status=4xx") == 2
    assert more(name, "method=GET", "route=/healthz", "status=2xx") == 1
    assert more(of, "method=GET", "route=/p/<slug>") == 3


def test_every_answer_has_a_series(app):
    told = app.extensions["planpush_metrics"]
    for rule in app.url_map.iter_rules():
        for method in rule.methods:
            told.answered(route_of(rule.rule), method, 200, 0.1)
    for method in (*METHODS, "OTHER"):
        told.answered(UNKNOWN, method, 405, 0.1)
    now = read(app)
    options = now["planpush_http_requests_total", "method=OPTIONS", "route=(none)", "status=2xx"]
    assert options > 100 and len({key for key in now if "route=(none)" in key}) < 200


def test_each_app_counts_for_itself(another):
    first, second = another(), another()
    first.test_client().get("/healthz")
    key = "planpush_http_requests_total", "method=GET", "route=/healthz", "status=2xx"
    assert read(first)[key] == 1 and key not in read(second)


def test_a_message_of_an_unknown_channel_has_no_series(app):
    app.extensions["planpush_metrics"].tried("telegraph", "sent")
    assert not [key for key in read(app) if "channel=telegraph" in key]


def test_pushes_are_counted_by_what_became_of_them(app, agent, plan):
    before = read(app)
    path = f"/api/push?plan={plan}&base_version="
    for base, html in (
        ("1", DOCUMENT + "<p>More.</p>"),
        ("2", DOCUMENT + "<p>More.</p>"),
        ("1", "<p>x"),
    ):
        agent("alice", "POST", path + base, data=html, content_type="text/html")
    now = read(app)
    made = {
        result: now["planpush_pushes_total", f"result={result}"]
        - before["planpush_pushes_total", f"result={result}"]
        for result in ("created", "unchanged", "refused", "failed")
    }
    assert made == {"created": 1, "unchanged": 1, "refused": 1, "failed": 0}
    assert now["planpush_push_bytes_sum",] > 3 * len("<p>x")


def test_the_worker_counts_what_there_is_and_gives_a_sign_of_life(app, browser, plan):
    browser("bob").send("POST", f"/p/{plan}/threads", {"anchor": "intro", "body": "Why?"})
    assert ("planpush_worker_heartbeat_timestamp_seconds",) not in read(app)
    worker = Worker(app)
    for _ in range(2):
        assert worker._done(worker.beat) == 60
    now = read(app)
    assert now["planpush_plans", "state=active"] == now["planpush_comments",] == 1
    assert now["planpush_threads", "state=open"] == 1
    assert now["planpush_worker_heartbeat_timestamp_seconds",] > 1.7e9
    assert now["planpush_database_up",] == 1 and now["planpush_database_size_bytes",] > 0


def test_what_waits_to_be_sent_is_told(app, plan):
    with app.app_context():
        Event.record("plan.published", by=person("alice"), target="x")
        Delivery.queue(Route("webhook", "hook:1", "lane", "each", 1), "state", 1)
        commit()
    now = read(app)
    assert now["planpush_deliveries", "channel=webhook", "state=waiting"] == 1
    assert now["planpush_deliveries_overdue_seconds",] >= 0


def test_without_a_database_the_rest_is_told(tmp_path):
    site = create_app(
        Config(("k" * 40,), "http://localhost", f"sqlite:///{tmp_path}/no/x.db", tmp_path)
    )
    now = read(site)
    assert now["planpush_database_up",] == 0 and ("planpush_database_size_bytes",) not in now


def named(text):
    """The metrics that a text names, each by its family."""
    found = set(re.findall(r"\bplanpush_(?!token)[a-z_]+", text))
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in found}


def test_the_documents_name_what_there_is(app):
    worker = Worker(app)
    worker._done(worker.beat)
    page = app.test_client().get("/metrics", headers=HERE).text
    there = set(re.findall(r"^# TYPE (\S+)", page, re.MULTILINE))
    assert named((ROOT / "docs/monitoring.md").read_text()) == there
    rules = (ROOT / "docs/alerts.yml").read_text()
    assert named(rules) <= there
    groups = yaml.safe_load(rules)["groups"]
    assert len({rule["alert"] for group in groups for rule in group["rules"]}) >= 8
    assert all({"expr", "annotations"} <= set(rule) for one in groups for rule in one["rules"])


def test_a_route_in_an_alert_is_one_that_there_is(app):
    rules = (ROOT / "docs/alerts.yml").read_text()
    ours = {route_of(rule.rule) for rule in app.url_map.iter_rules()}
    assert set(re.search(r'route!~"([^"]+)"', rules)[1].split("|")) <= ours
