"""Tokens for directories."""

import re

TOKENS = "/admin/integrations/scim/tokens"


def test_39_a_token_is_shown_once_listed_by_prefix_and_revoked(app, ada, stored, logged):
    answer = ada.send("POST", TOKENS, {"name": "Okta & Co", "days": "90"}, htmx=False)
    token = re.search(r">(pps_\w{46})<", answer.text)[1]
    assert answer.status_code == 201
    page = ada.get("/admin/integrations").text
    assert token not in page and token[:8] in page and "Okta &amp; Co" in page
    assert token not in repr(stored())
    headers = {"Authorization": f"Bearer {token}"}
    scim = "/scim/v2/ServiceProviderConfig"
    assert app.test_client().get(scim, headers=headers).status_code == 200
    drop = re.search(rf"{TOKENS}/\d+", page)[0]
    assert ada.send("POST", f"{drop}?_method=DELETE", htmx=False).status_code == 303
    assert app.test_client().get("/scim/v2/Users", headers=headers).status_code == 401
    assert logged("token.issued")[-1:] == [("Ada", "Okta & Co")]
    assert logged("token.revoked") == [("Ada", "Okta & Co")]


def test_a_token_that_cannot_be_made_is_422(ada, logged):
    for form in [{"name": ""}, {"name": "x\ny"}, {"name": "x", "days": "9"}]:
        answer = ada.send("POST", TOKENS, {"days": "90"} | form, htmx=False)
        assert answer.status_code == 422 and 'aria-invalid="true"' in answer.text, form
        assert logged("token.issued") == []
