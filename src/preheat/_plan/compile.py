"""The code of a formula for plain numbers, with `where`, `minimum` and `maximum` written out: a call costs most of it.

Python compiles it from the function's own text, and it is used only where that text is still the function's.
"""

import ast
from collections.abc import Callable
from inspect import getsource
from itertools import count
from textwrap import dedent
from types import CodeType
from typing import Any

from preheat._math import maximum, minimum, where

__all__ = ["inlined"]


def inlined(function: Any) -> CodeType:
    """The function's code with those calls written out; its own, where its text cannot be had or is another by now."""
    own: CodeType = function.__code__
    try:
        tree = ast.parse(dedent(getsource(function)))
    except (OSError, SyntaxError):
        return own
    ast.increment_lineno(tree, own.co_firstlineno - 1)  # so that a traceback shows the line
    text = _compiled(tree, own)
    if text is None or (text.co_code, text.co_names, text.co_consts) != (own.co_code, own.co_names, own.co_consts):
        return own
    found = function.__globals__
    meant = {name: write for name in own.co_names for known, write in _WRITE.items() if found.get(name) is known}
    return _compiled(ast.fix_missing_locations(_Inlining(meant).visit(tree)), own) or own


def _compiled(tree: ast.Module, own: CodeType) -> CodeType | None:
    """The code of the only function in the text; None if it has none, or is part of another."""
    if not isinstance(tree.body[0], ast.FunctionDef) or own.co_freevars:
        return None
    module = compile(tree, own.co_filename, "exec", dont_inherit=True)
    inside = (inner for inner in module.co_consts if isinstance(inner, CodeType) and inner.co_name == own.co_name)
    return next(inside, None)


Write = Callable[..., ast.expr]


class _Inlining(ast.NodeTransformer):
    """Writes out calls of the names that are meant."""

    def __init__(self, meant: dict[str, tuple[int, Write]]) -> None:
        self.meant = meant
        self.names = (f".{number}" for number in count())  # no name of anybody's

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """The call, or what it comes to."""
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        arity, write = self.meant.get(name, (-1, None))
        if write is None or node.keywords or len(node.args) != arity:
            return node
        return write(*node.args, self.names)


def _where(condition: ast.expr, yes: ast.expr, no: ast.expr, _: Any) -> ast.expr:
    return ast.IfExp(condition, yes, no)


def _either(order: type[ast.cmpop]) -> Write:
    def write(x: ast.expr, y: ast.expr, names: Any) -> ast.expr:
        """`y if y < x else x`, each of them worked out once."""
        first, second = next(names), next(names)
        held = [ast.NamedExpr(ast.Name(name, ast.Store()), value) for name, value in ((second, y), (first, x))]
        test = ast.Compare(held[0], [order()], [held[1]])
        return ast.IfExp(test, ast.Name(second, ast.Load()), ast.Name(first, ast.Load()))

    return write


_WRITE: dict[Any, tuple[int, Write]] = {
    where: (3, _where),
    minimum: (2, _either(ast.Lt)),
    maximum: (2, _either(ast.Gt)),
}
