"""The configuration: what the environment may say, and how loudly it is refused."""

from pathlib import Path

import pytest

from planpush.config import Config, ConfigError

KEY = "k" * 32


def read(**env):
    return Config.from_env({"SECRET_KEY": KEY} | env)


def test_one_key_is_all_that_is_needed():
    config = read()
    assert config.secret_keys == (KEY,)
    assert config.base_url == "http://127.0.0.1:8075"
    assert config.database_url == f"sqlite:///{Path('var').absolute() / 'planpush.db'}"
    assert config.max_document_bytes == 5 * 1024 * 1024
    assert (config.settings({}).session_idle, config.settings({}).session_max_age) == (
        8 * 3600,
        7 * 24 * 3600,
    )
    assert config.rate_limits and not config.secure


def test_networks_for_webhooks_are_read_one_by_one():
    found = read(WEBHOOK_NETWORKS="10.0.0.0/8, 127.0.0.1/32,fd00::/8,192.168.1.5").webhook_networks
    told = ["10.0.0.0/8", "127.0.0.1/32", "fd00::/8", "192.168.1.5/32"]
    assert [str(one) for one in found] == told and read().webhook_networks == ()


def test_a_missing_key_is_named():
    with pytest.raises(ConfigError, match="SECRET_KEY"):
        Config.from_env({})


def test_everything_wrong_is_named_at_once():
    wrong = {"PORT": "0", "BASE_URL": "plans", "RATE_LIMITS": "maybe", "AUTH_PROVIDERS": "google",
             "SECRET_KEY": "short", "DATABASE_URL": "mysql://x", "LOG_LEVEL": "LOUD"}  # fmt: skip
    with pytest.raises(ConfigError) as refused:
        Config.from_env(wrong)
    lines = str(refused.value).splitlines()
    assert sorted(line.partition(":")[0] for line in lines) == sorted(wrong)


def test_a_refusal_does_not_repeat_the_key():
    with pytest.raises(ConfigError) as refused:
        Config.from_env({"SECRET_KEY": "hunter2-too-short"})
    assert "hunter2" not in str(refused.value)


def test_several_keys_rotate():
    other = "o" * 40
    assert read(SECRET_KEY=f"{KEY}, {other}").secret_keys == (KEY, other)
    with pytest.raises(ConfigError, match="32"):
        read(SECRET_KEY=f"{KEY},short")


@pytest.mark.parametrize(
    "name", ["PORT", "BASE_URL", "DATABASE_URL", "AUTH_PROVIDERS", "LOG_LEVEL"]
)
def test_empty_means_unset(name):
    assert read(**{name: ""}) == read(**{name: "  "}) == read()


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@db/x", "postgresql+psycopg://u:p@db/x"),
        ("postgresql://u:p@db/x", "postgresql+psycopg://u:p@db/x"),
        ("postgresql+psycopg://u@db/x", "postgresql+psycopg://u@db/x"),
        ("sqlite:////data/x.db", "sqlite:////data/x.db"),
    ],
)
def test_addresses_of_databases(given, used):
    assert read(DATABASE_URL=given).database_url == used


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://plans.example.com", "https://plans.example.com"),
        ("https://plans.example.com/", "https://plans.example.com"),
        ("http://localhost:9000", "http://localhost:9000"),
        ("HTTPS://Plans.Example.com", "https://plans.example.com"),
        ("https://plans.example.com:443", "https://plans.example.com"),
        ("http://plans.example.com:80", "http://plans.example.com"),
    ],
)
def test_the_base_url_is_an_origin_as_browsers_write_it(given, origin):
    assert read(BASE_URL=given).base_url == origin


@pytest.mark.parametrize(
    "given", ["plans.example.com", "ftp://x", "https://x/path", "https://x?q=1", "https://", "//x"]
)
def test_another_base_url_is_refused(given):
    with pytest.raises(ConfigError, match="BASE_URL"):
        read(BASE_URL=given)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "65536"), ("PORT", "-1"), ("PORT", "80a"), ("WEB_WORKERS", "65"),
        ("MAX_DOCUMENT_BYTES", "0"), ("SESSION_IDLE", "8h"), ("SESSION_MAX_AGE", "1"),
        ("TRUSTED_PROXIES", "many"), ("RATE_LIMITS", "true"), ("AUTH_PROVIDERS", "local,google"),
        ("DEFAULT_ROLE", "admin"), ("DEFAULT_ROLE", "boss"), ("GITHUB_URL", "github.com"),
        ("GITHUB_ORG", "ac me/../x"), ("WEBHOOK_NETWORKS", "10.0.0.1/8"),
        ("WEBHOOK_NETWORKS", "localhost"), ("WEBHOOK_NETWORKS", "10.0.0.0/99"),
        ("OKTA_ISSUER", "https://x?y=1"), ("INITIAL_ADMIN_EMAILS", "me"),
    ],
)  # fmt: skip
def test_a_value_out_of_range_is_named(name, value):
    with pytest.raises(ConfigError, match=f"^{name}: "):
        read(**{name: value})


def test_providers_and_switches():
    config = read(AUTH_PROVIDERS=" local ", RATE_LIMITS="off", LOG_LEVEL="debug")
    assert config.settings({}).auth_providers == ("local",)
    assert config.rate_limits is False and config.log_level == "DEBUG"


def test_the_environment_wins_over_what_is_stored():
    config = read(GITHUB_ORG="acme", DEFAULT_ROLE="qa", SESSION_IDLE="600")
    stored = {"github_org": "other", "okta_issuer": "https://id.example.com", "session_idle": 60}
    found = config.settings(stored)
    assert (found.github_org, found.default_role, found.session_idle) == ("acme", "qa", 600)
    assert found.okta_issuer == "https://id.example.com"
    assert read().settings(stored).session_idle == 60


def test_a_provider_counts_once_it_is_set_up():
    assert read().settings({}).providers == ("local",)
    github = {"GITHUB_CLIENT_ID": "a", "GITHUB_CLIENT_SECRET": "b"}
    assert read(**github).settings({}).providers == ("local",)  # without an organisation: nobody's
    assert read(**github, GITHUB_ORG="acme").settings({}).providers == ("local", "github")
    okta = {"OKTA_ISSUER": "https://id.example.com", "OKTA_CLIENT_ID": "a"}
    assert read(**okta, AUTH_PROVIDERS="okta,github").settings({}).providers == ("okta",)


def test_a_token_of_an_enterprise_server_never_goes_to_the_public_one():
    own = read(GITHUB_URL="https://github.example.com")
    assert own.settings({}).github_api == "https://github.example.com/api/v3"
    other = read(GITHUB_URL="http://127.0.0.1:4100", GITHUB_API_URL="http://127.0.0.1:4100")
    assert other.settings({}).github_api == "http://127.0.0.1:4100"
    assert read().settings({}).github_api == "https://api.github.com"


def test_data_lie_where_they_are_told_to(tmp_path):
    config = read(DATA_DIR=str(tmp_path))
    assert config.data_dir == tmp_path
    assert config.database_url == f"sqlite:///{tmp_path / 'planpush.db'}"


def test_https_makes_it_secure():
    assert read(BASE_URL="https://plans.example.com").secure
