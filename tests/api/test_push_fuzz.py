"""Whatever is pushed, the server does not break: 201, or a problem that says why not."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import code

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
names = ("plan", "slug", "title", "base_version", "visibility", "message", "direction", "source",
         "sections", "responses", "allow_secrets")  # fmt: skip
near = st.fixed_dictionaries(
    {"sections": st.lists(st.fixed_dictionaries(
        {"anchor": st.sampled_from(["a", "b", "-", ""]) | values},
        optional={"html": st.text() | values, "sha256": values, "was": values},
    ), max_size=3)},
    optional={name: values for name in names if name != "sections"} | {"title": st.text()},
)  # fmt: skip


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sent=near | values | st.dictionaries(st.sampled_from(names), values))
def test_no_json_breaks_the_server(post, sent):
    answer = post(json.dumps(sent))
    assert answer.status_code < 500
    assert answer.status_code == 201 or (code(answer) and answer.json["detail"])


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(max_size=300))
def test_no_bytes_break_the_server(post, data):
    for kind in ("application/json", "text/html"):
        assert post(data, kind).status_code < 500
