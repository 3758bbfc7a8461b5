"""Where a request comes from, behind as many proxies as the operator trusts and no more."""

import pytest
import sqlalchemy as sa

from planpush.database.session import db
from planpush.events.event import Event
from planpush.server.asgi.wsgi_call import environ_of

WRONG = "/sign-in/local?token=wrong"


def addresses(site):
    """The addresses that the audit log has."""
    with site.app_context():
        found = db.session.scalars(sa.select(Event).order_by(Event.id)).all()
        return [row.address for row in found if row.kind == "sign_in.failed"]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (0, "6.6.6.6, 203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6,7.7.7.7 , 203.0.113.9", "203.0.113.9"),
        (1, "", "127.0.0.1"),
        (1, "6.6.6.6, 2001:db8::7", "2001:db8::7"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "127.0.0.1"),
    ],
)
def test_10_39_the_audit_log_has_the_address_that_trusted_proxies_saw(
    app, another, proxies, forwarded, seen
):
    site = another(trusted_proxies=proxies)
    headers = {"X-Forwarded-For": forwarded, "X-Real-IP": "6.6.6.6", "Forwarded": "for=6.6.6.6"}
    assert site.test_client().get(WRONG, headers=headers).status_code == 403
    assert addresses(site) == [seen]


def tries(site, *forwarded):
    return [
        site.test_client().get(WRONG, headers={"X-Forwarded-For": one}).status_code
        for one in forwarded
    ]


def test_39_a_client_that_makes_entries_up_is_limited_all_the_same(app, another):
    site = another(trusted_proxies=1, rate_limits=True, sign_in_limit=2)
    made_up = [f"6.6.6.{number}, 203.0.113.9" for number in range(4)]
    assert tries(site, *made_up) == [403, 403, 429, 429]
    assert tries(site, "6.6.6.1, 203.0.113.10") == [403]


def test_39_a_header_that_only_looks_like_the_proxys_does_not_count():
    headers = [(b"x-forwarded-for", b"203.0.113.9"), (b"x_forwarded_for", b"6.6.6.6"),
               (b"content_length", b"9"), (b"x_request_id", b"chosen-by-a-client")]  # fmt: skip
    asked = {"type": "http", "method": "GET", "scheme": "http", "http_version": "1.1",
             "path": "/", "raw_path": b"/", "query_string": b"", "headers": headers}  # fmt: skip
    environ = environ_of(asked, None)
    assert environ["HTTP_X_FORWARDED_FOR"] == "203.0.113.9"
    assert not environ.keys() & {"CONTENT_LENGTH", "HTTP_X_REQUEST_ID"}


def test_39_one_ipv6_network_is_one_subscriber(app, another):
    site = another(trusted_proxies=1, rate_limits=True, sign_in_limit=2)
    assert tries(site, *[f"2001:db8::{number}" for number in range(1, 4)]) == [403, 403, 429]
    assert tries(site, "2001:db8:0:1::1", "unknown", "::ffff:1.2.3.4") == [403, 403, 403]


@pytest.mark.parametrize("form", ["203.0.113.9:{}", "[2001:db8::7]:{}"])
def test_39_a_port_that_a_proxy_names_makes_nobody_else(app, another, form):
    site = another(trusted_proxies=1, rate_limits=True, sign_in_limit=2)
    assert tries(site, *[form.format(port) for port in range(4001, 4004)]) == [403, 403, 429]
