"""As much of CloudWatch's metric math as the template uses, which the engine does not know."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

type Value = float | None

_OPERATORS: Mapping[type[Any], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.GtE: operator.ge,
    ast.Gt: operator.gt,
}


def compute(expression: str, values: Mapping[str, Value]) -> Value:
    """One data point of an expression, from those of its metrics by their ids.

    None is a point that is missing: so is whatever is computed from it, and a division by zero.
    Raises KeyError for an id that is not there, ValueError for what is not known here.
    """
    return _of(ast.parse(expression, mode="eval").body, values)


def ids(expression: str) -> set[str]:
    """The ids that an expression names."""
    tree = ast.walk(ast.parse(expression, mode="eval"))
    return {node.id for node in tree if isinstance(node, ast.Name) and node.id.islower()}


def _of(node: ast.expr, values: Mapping[str, Value]) -> Value:
    match node:
        case ast.Constant(float() | int() as number):
            return float(number)
        case ast.Name(id=name):
            return values[name]
        case ast.Call(ast.Name(id="FILL"), [filled, otherwise]):
            value = _of(filled, values)
            return _of(otherwise, values) if value is None else value
        case ast.Call(ast.Name(id="IF"), [condition, then, otherwise]):
            holds = _of(condition, values)
            return None if holds is None else _of(then if holds else otherwise, values)
        case ast.BinOp(left, how, right) | ast.Compare(left, [how], [right]):
            return _combined(type(how), _of(left, values), _of(right, values))
    raise ValueError(f"metric math of another form: {ast.unparse(node)}")


def _combined(how: type[Any], left: Value, right: Value) -> Value:
    if left is None or right is None:
        return None
    if how is ast.Div:
        return left / right if right else None
    return float(_OPERATORS[how](left, right))
