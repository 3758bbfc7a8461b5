"""What the server says of itself before anybody signs in."""

from importlib.metadata import version


def test_it_needs_no_token(app):
    answer = app.test_client().get("/api/info")
    assert answer.status_code == 200
    told = answer.json
    assert (told["name"], told["api"], told["version"]) == ("planpush", 1, version("planpush"))
    assert told["base_url"] == "http://localhost"
    assert told["sign_in"] == ["local"]


def test_it_says_the_configured_address_and_ways_to_sign_in(another):
    made = another(base_url="https://plans.example.com",
                    auth_providers=("local", "github"), github_client_id="a",
                    github_client_secret="b", github_org="acme")  # fmt: skip
    told = made.test_client().get("/api/info", headers={"Host": "evil.example"}).json
    assert told["base_url"] == "https://plans.example.com"
    assert told["sign_in"] == ["local", "github"]
