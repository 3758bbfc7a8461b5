"""The permission table, as the code has it."""

import re

from planpush.accounts.permissions import ROLE_NAMES, TABLE


def test_the_page_shows_the_table_that_the_code_enforces(ada):
    text = ada.get("/admin/roles").text
    for right in TABLE:
        row = re.search(rf'<th scope="row">{re.escape(right.words)}</th>.*?</tr>', text)[0]
        shown = {role for role, words in ROLE_NAMES.items() if f"{words}: yes" in row}
        assert shown == right.roles, right
        assert right.own.replace("'", "&#39;") in row
