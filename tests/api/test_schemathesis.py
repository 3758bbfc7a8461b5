"""schemathesis reads our OpenAPI document and tries 2,000 requests: nothing undocumented comes.

No 5xx, no status, content type, header or body that the document does not promise; a token that
is none gets 401 for everything. The same cases every time.
"""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from planpush.accounts.tokens import Token
from planpush.database.session import commit
from tests.conftest import ON_POSTGRES
from tests.people import person

FIT, UNFIT = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# How many cases per operation: mode, at something that is there? Every fourth is sent again,
# without a token that is one.
ROUNDS = ((FIT, True, 54), (UNFIT, True, 44), (FIT, False, 8), (UNFIT, False, 8))
EACH = sum(count + count // 4 for *_, count in ROUNDS)
PARTS = 4
THERE = {"slug": "auth", "thread_id": 1}
NO_TOKEN = "Bearer ppt_" + "0" * 46


@schemathesis.serializer("text/html")
def as_bytes(_context, text):
    return str(text).encode("utf-8", "replace")


@pytest.fixture
def served(another, plan, thread):
    """An app on a plan with a thread. With one thread a long poll is answered at once."""
    made = another(web_threads=1, max_document_bytes=20_000, agents_may_resolve=True)
    with made.app_context():
        token = Token.issue(person("alice"), name="schemathesis")
        commit()
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", made)
    return [found.ok() for found in schema.get_all_operations()], f"Bearer {token}"


def takes_anything(operation):
    return bool(operation.body) or any(operation.iter_parameters())


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_every_answer_is_as_documented(served, part):
    operations, token = served
    for operation in filter(takes_anything, operations[part::PARTS]):
        statuses = []
        for mode, there, count in ROUNDS:
            statuses += tried(operation, mode, token, THERE if there else {}, count)
        assert len(statuses) >= (EACH if not ON_POSTGRES else 20), operation.label
        assert min(statuses) < 300, (operation.label, set(statuses))


def test_these_are_two_thousand_requests(served):
    assert sum(map(takes_anything, served[0])) * EACH >= 2000


def tried(operation, mode, token, there, count):
    """Send that many requests, hold every answer to the document, and return the statuses."""
    statuses, kinds = [], [body.media_type for body in operation.body] or [None]
    known = {name: value for name, value in there.items() if f"{{{name}}}" in operation.path}
    for kind in kinds:
        cases = operation.as_strategy(mode, path_parameters=known or None, media_type=kind)
        most = max(1, count // len(kinds) // (5 if ON_POSTGRES else 1))

        @settings(max_examples=most, derandomize=True, database=None, deadline=None,
                  phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(case=cases)
        def try_it(case):
            statuses.append(answered(case, mode, token))
            if len(statuses) % 5 == 4:
                statuses.append(answered(case, mode, NO_TOKEN))

        try_it()
    return statuses


def answered(case, mode, token):
    if mode is FIT:
        tame(case, token)
    response = case.call(headers={"Authorization": token, "Accept-Encoding": "identity"})
    case.validate_response(response, checks=CHECKS)
    if token == NO_TOKEN:
        assert response.status_code in (401, 404), case.operation.label
    return response.status_code


def tame(case, token):
    """Give some requests what chance would never find: a version, and sections that are HTML."""
    if case.operation.path.endswith("/compare"):
        case.query["from"] = "1"
    if isinstance(case.body, dict) and len(case.body.get("sections", ())) == 1:
        section = {"anchor": "intro", "html": "<section data-anchor='intro'><p>Hm.</p></section>"}
        case.body = {"sections": [section], "title": "Fit", "direction": token[:4]}
