"""Sums as the documents write them, computed."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

_COMPUTED_BY: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
# As they are written, by name because they are easily mistaken.
_AS_PYTHON = str.maketrans({"\N{MULTIPLICATION SIGN}": "*", "÷": "/", "\N{MINUS SIGN}": "-"})


def value(sum_: str) -> float:
    """What a sum comes to. Raises ValueError for what is none."""

    def of(node: ast.expr) -> float:
        match node:
            case ast.BinOp(left, how, right):
                return _COMPUTED_BY[type(how)](of(left), of(right))
            case ast.Constant(float() | int() as number):
                return number
        raise ValueError(ast.unparse(node))

    return of(ast.parse(sum_.translate(_AS_PYTHON), mode="eval").body)
