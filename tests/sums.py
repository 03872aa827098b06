"""Evaluates sums as the documents write them."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

_OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
# By name, because the characters are easily confused with others.
_AS_PYTHON = str.maketrans({"\N{MULTIPLICATION SIGN}": "*", "÷": "/", "\N{MINUS SIGN}": "-"})


def value(sum_: str) -> float:
    """The value of a sum. Raises ValueError for anything else."""

    def evaluate(node: ast.expr) -> float:
        match node:
            case ast.BinOp(left, operation, right):
                return _OPERATORS[type(operation)](evaluate(left), evaluate(right))
            case ast.Constant(float() | int() as number):
                return number
        raise ValueError(ast.unparse(node))

    return evaluate(ast.parse(sum_.translate(_AS_PYTHON), mode="eval").body)
