"""The rule of every migration after 0010: the release before goes on serving meanwhile."""

import ast
import re

import pytest

from planpush.operations.migrations import known_revisions, number, oldest_reader
from planpush.paths import MIGRATIONS

FIRST = 11  # older ones came before the first release
# What a release that does not know of it cannot stumble over; data may be filled in by SQL.
EXPANDS = {
    "create_table", "add_column", "create_index", "f", "get_bind", "batch_alter_table", "execute",
    "get_context",
}  # fmt: skip
# Without a guard of its events, or with one that lets more pass, it does what it always did.
SHRINKS = re.compile(
    r"\b(DROP\s+(?!TRIGGER\s+events_no_)\w+|RENAME\s+(?:TO|COLUMN)|TRUNCATE|DELETE\s+FROM|ALTER\s+COLUMN|SET\s+NOT\s+NULL)\b",
    re.IGNORECASE,
)


def faults(source, revision, before):
    """What a migration does that it must not; before is the one that it follows."""
    tree, found = ast.parse(source), []
    names = {one.targets[0].id: one for one in tree.body if isinstance(one, ast.Assign)}
    if number(revision) != number(before) + 1:
        found.append(f"{revision} does not follow {before}")
    if oldest_reader(revision) < oldest_reader(before):
        found.append(f"{revision} forgets that {before} serves no older release")
    if "CONTRACTS" in names:
        reason = ast.literal_eval(names["CONTRACTS"].value)
        if len(reason) < 20 or oldest_reader(revision) <= oldest_reader(before):
            found.append("CONTRACTS says why, and the name tells who may still serve")
        if oldest_reader(revision) > number(before):
            found.append("the release before must be able to serve")
        return found
    return found + shrinking(tree)


def shrinking(tree):
    """What upgrade, and what it calls, takes away or asks of rows that an older release writes."""
    found = []
    for node in ast.walk(without_downgrade(tree)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found += SHRINKS.findall(node.value)
        called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if called and node.func.attr.startswith("ForeignKey") and not told(node, "ondelete", ""):
            found.append("a foreign key without ondelete: an older release could delete no more")
        owner = node.func.value if called else None
        if called and isinstance(owner, ast.Name) and owner.id.startswith(("op", "batch")):
            found += [node.func.attr] if node.func.attr not in EXPANDS else []
            if node.func.attr == "add_column":
                found += demanding(node)
            if node.func.attr == "create_index" and told(node, "unique", False):
                found.append("a unique index")
    return found


def without_downgrade(tree):
    kept = [one for one in tree.body[1:] if getattr(one, "name", "") != "downgrade"]
    return ast.Module(kept, [])


def demanding(added):
    """A column that rows of an older release would lack."""
    for node in ast.walk(added):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "Column":
            given = {word.arg for word in node.keywords}
            if not told(node, "nullable", True) and "server_default" not in given:
                return ["a column without a server_default that may not be empty"]
    return []


def told(call, name, default):
    values = [word.value for word in call.keywords if word.arg == name]
    return ast.literal_eval(values[0]) if values else default


def scripts():
    """Each migration's file by its name."""
    return {
        re.search(r'^revision = "(\w+)"', path.read_text(), re.M)[1]: path
        for path in (MIGRATIONS / "versions").glob("*.py")
    }


def test_each_migration_only_expands_or_says_why_not():
    row, files = known_revisions(), scripts()
    wrong = {
        name: faults(files[name].read_text(), name, row[at - 1])
        for at, name in enumerate(row)
        if number(name) >= FIRST
    }
    assert {name: told for name, told in wrong.items() if told} == {}
    assert all(path.name.startswith(name + "_") for name, path in files.items())


@pytest.mark.parametrize(
    "step",
    ['op.drop_column("users", "name")', 'op.drop_table("mutes")', 'op.execute("DROP TABLE mutes")',
     'op.alter_column("users", "name", nullable=False)', 'op.rename_table("a", "b")',
     'op.add_column("users", sa.Column("shoe", sa.Integer(), nullable=False))',
     'op.create_index("ix", "users", ["name"], unique=True)',
     'op.execute("alter table users alter column name set not null")',
     'op.create_check_constraint("ck", "users", "id > 0")',
     'op.create_table("a", sa.Column("b", sa.Integer(), sa.ForeignKey("users.id")))'],
)  # fmt: skip
def test_what_an_older_release_stumbles_over_is_found(step):
    assert faults(f'"""A step."""\ndef upgrade():\n    {step}\n', "0012", "0011")
