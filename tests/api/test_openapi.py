"""The OpenAPI document: all of the API and nothing else, from the types that parse and answer."""

import json
import re

import pytest
from jsonschema import Draft202012Validator

from planpush.paths import ROOT
from tests.conftest import MUTATIONS, routes


@pytest.fixture
def document(app):
    return app.test_client().get("/api/openapi.json").json


def test_it_is_public_and_cached_by_its_etag(app):
    client = app.test_client()
    answer = client.get("/api/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    etag = {"If-None-Match": answer.headers["ETag"]}
    again = client.get("/api/openapi.json", headers=etag)
    assert (again.status_code, again.data) == (304, b"")
    assert "k" * 40 not in answer.text


def test_it_names_every_route_and_no_other(app, document):
    told = {
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method in item
    }  # fmt: skip
    there = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for method, rule in routes(app, MUTATIONS | {"GET"})
        if rule.rule.startswith("/api/")
    }
    assert told == there and len(told) >= 17


def test_it_is_openapi_3_1_whose_schemas_are_json_schema(document):
    assert document["openapi"] == "3.1.0" and document["info"]["title"] == "planpush"
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
        assert schema["description"]
    found = set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)))
    for path in found:
        where = document
        for part in path.split("/"):
            where = where[part]


def operations(document):
    return [one for item in document["paths"].values() for one in item.values()]


def test_every_operation_says_what_it_needs(app, document):
    ids = [one["operationId"] for one in operations(document)]
    assert len(ids) == len(set(ids))
    schemes = document["components"]["securitySchemes"]
    scopes = set(schemes["oauth2"]["flows"]["authorizationCode"]["scopes"])
    for one in operations(document):
        assert one["summary"].endswith("."), one
        needed = {scope for way in one["security"] for names in way.values() for scope in names}
        public = one["operationId"] in ("infos_show", "openapi_show")
        assert len(needed) == (0 if public else 1) and needed <= scopes, one["operationId"]
        assert ("401" in one["responses"]) is not public


def test_bodies_and_answers_are_named_types(document):
    push = document["paths"]["/api/push"]["post"]
    kinds = push["requestBody"]["content"]
    assert set(kinds) == {"application/json", "text/html"}
    assert kinds["application/json"]["schema"]["$ref"].endswith("/PushBody")
    assert {"plan", "slug", "visibility"} <= {one["name"] for one in push["parameters"]}
    assert "Idempotency-Key" in {one["name"] for one in push["parameters"]}
    assert document["components"]["schemas"]["PushBody"]["additionalProperties"] is False
    assert document["components"]["schemas"]["ThreadAnswer"]["additionalProperties"] is False


def test_addresses_are_the_configured_ones(another):
    made = another(base_url="https://plans.example.com")
    headers = {"Host": "evil.example"}
    text = made.test_client().get("/api/openapi.json", headers=headers).text
    assert "https://plans.example.com/oauth/token" in text and "evil" not in text


def test_the_docs_name_every_address(document):
    told = (ROOT / "docs" / "api.md").read_text()
    for path in document["paths"]:
        assert path.replace("{thread_id}", "<id>").replace("{slug}", "<slug>") in told, path
