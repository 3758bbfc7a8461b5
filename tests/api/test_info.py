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


def test_a_bad_token_does_not_matter(app):
    headers = {"Authorization": "Bearer nonsense"}
    assert app.test_client().get("/api/info", headers=headers).status_code == 200


def test_it_says_where_claude_code_gets_the_plugin(app):
    told = app.test_client().get("/api/info").json["plugin"]
    assert told == {"marketplace": "http://localhost/plugin/marketplace.json"}
