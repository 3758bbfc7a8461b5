"""Bodies of any kind, sent to the door of a push."""

import pytest

from planpush.accounts.tokens import Token
from planpush.database.session import commit
from tests.people import person


@pytest.fixture
def bearer(app):
    """The header of a token of alice's, good for every app on this database."""
    with app.app_context():
        token = Token.issue(person("alice"), name="test")
        commit()
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def post(app, bearer):
    """Send any body at all."""

    def send(data, content_type="application/json", to=None, **query):
        query = query if content_type == "text/html" else {}
        client = (to or app).test_client()
        told = {"content_type": content_type, "headers": bearer, "query_string": query}
        return client.post("/api/push", data=data, **told)

    return send
