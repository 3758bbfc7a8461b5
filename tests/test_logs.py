"""The libraries that print secrets at DEBUG are kept from it, whatever LOG_LEVEL says."""

import logging

import pytest

from planpush.logs import TALKATIVE, init_logs

INSIDE = [
    "flask_dance.consumer.oauth2", "requests_oauthlib.oauth2_session", "oauthlib.oauth2.rfc6749",
    "authlib.integrations.base_client", "joserfc.jwt", "urllib3.connectionpool",
    "slack_sdk.web.base_client", *TALKATIVE,
]  # fmt: skip


@pytest.fixture(autouse=True)
def as_before():
    names = [*TALKATIVE, ""]
    levels = {name: logging.getLogger(name).level for name in names}
    yield
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize("name", INSIDE)
def test_17_a_talkative_library_says_nothing_at_debug(name):
    logging.getLogger().setLevel(logging.DEBUG)
    init_logs("DEBUG")
    assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)
    assert logging.getLogger(name).isEnabledFor(logging.INFO)


def test_17_it_is_no_louder_than_the_rest():
    logging.getLogger().setLevel(logging.ERROR)
    init_logs("ERROR")
    assert not logging.getLogger("flask_dance").isEnabledFor(logging.WARNING)


def test_17_every_app_does_so(database_url, tmp_path):
    from tests.conftest import make_app

    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.DEBUG)
    make_app(database_url, tmp_path, log_level="DEBUG")
    assert {logging.getLogger(name).level for name in TALKATIVE} == {logging.INFO}
