"""SCIM filters that an index can serve."""

from __future__ import annotations

from types import ModuleType

from scim2_models.path import CompareOperator, Comparison, FilterNode, LogicalExpr, LogicalOperator
from sqlalchemy import ColumnElement

from planpush.scim.record import row_id


def narrowed(node: FilterNode, kind: ModuleType) -> list[ColumnElement[bool]]:
    """Return one condition that every match meets, if an index serves it."""
    if isinstance(node, LogicalExpr) and node.op == LogicalOperator.and_:
        return [condition for term in node.terms for condition in narrowed(term, kind)][:1]
    if not isinstance(node, Comparison) or node.op != CompareOperator.eq:
        return []
    if node.attr_path.sub_attr is not None or not isinstance(node.value, str):
        return []
    condition = _equal(node.attr_path.attr.lower(), node.value, kind)
    return [] if condition is None else [condition]


def _equal(name: str, value: str, kind: ModuleType) -> ColumnElement[bool] | None:
    if name == "id":
        found: ColumnElement[bool] = kind.TABLE.id == row_id(value, kind.PREFIX)
        return found
    if "\x00" in value or not value.isprintable():  # no such text is stored, or none can be asked
        return None
    condition: ColumnElement[bool] | None = kind.equal(name, value)
    return condition
