"""The part of CloudWatch's metric math that the template uses; the emulator has none."""

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


def evaluate(expression: str, values: Mapping[str, Value]) -> Value:
    """Compute one data point of an expression from those of its metrics, by their ids.

    None is a missing data point: so is what is computed from one, and a division by zero. Raises
    KeyError for an unknown id, ValueError for syntax or a function that is not supported here.
    """
    return _evaluate(ast.parse(expression, mode="eval").body, values)


def metric_ids(expression: str) -> set[str]:
    """The ids in an expression."""
    nodes = ast.walk(ast.parse(expression, mode="eval"))
    return {node.id for node in nodes if isinstance(node, ast.Name) and node.id.islower()}


def _evaluate(node: ast.expr, values: Mapping[str, Value]) -> Value:
    match node:
        case ast.Constant(float() | int() as number):
            return float(number)
        case ast.Name(id=name):
            return values[name]
        case ast.Call(ast.Name(id="FILL"), [filled, default]):
            value = _evaluate(filled, values)
            return _evaluate(default, values) if value is None else value
        case ast.Call(ast.Name(id="IF"), [condition, then, otherwise]):
            holds = _evaluate(condition, values)
            return None if holds is None else _evaluate(then if holds else otherwise, values)
        case ast.BinOp(left, operation, right) | ast.Compare(left, [operation], [right]):
            return _combine(type(operation), _evaluate(left, values), _evaluate(right, values))
    raise ValueError(f"unsupported metric math: {ast.unparse(node)}")


def _combine(operation: type[Any], left: Value, right: Value) -> Value:
    if left is None or right is None:
        return None
    if operation is ast.Div:
        return left / right if right else None
    return float(_OPERATORS[operation](left, right))
