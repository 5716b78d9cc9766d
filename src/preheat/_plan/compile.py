"""A formula's function specialized to plain numbers: `sqrt` becomes `math.sqrt`, and short calls are inlined.

A function that follows its argument looks for an array library at every call, and a training loop only passes floats.
One call of `warmup(2_000) >> cosine(1, 0.1, steps=98_000)` takes, in nanoseconds (CPython 3.11):

| | update 1,000 | update 50,000 |
|---|---|---|
| the formula as written | 3,100 | 4,300 |
| compiled, nothing inlined | 280 | 420 |
| compiled and inlined | 250 | 330 |
"""

import ast
import builtins
from collections.abc import Callable
from functools import lru_cache
from inspect import getsource
from itertools import count
from types import CodeType, FunctionType
from typing import Any

from preheat._fields import require
from preheat._math import OF_NUMBERS, maximum, minimum, where

__all__ = ["inlined", "over_numbers", "specialize", "without_checks"]

Replace = Callable[[FunctionType], Any]


def specialize(function: Callable[..., Any], replace: Replace) -> Any:
    """The same code with other functions in place of those it calls: `replace` gives each one's replacement.

    It is asked for the function itself first. Functions of the same module are specialized in turn.
    """
    return _specialized(function, replace) if isinstance(function, FunctionType) else function


@lru_cache(maxsize=1024)
def _specialized(function: FunctionType, replace: Replace) -> Any:
    if (other := replace(function)) is not function:
        return other
    module = function.__globals__
    names: dict[str, Any] = {"__builtins__": builtins}
    made = _copy(function, names, replace)
    pending: list[CodeType] = [function.__code__]
    while pending:
        code = pending.pop()
        pending += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
        for name in (set(code.co_names) & set(module)) - set(names):
            found = names[name] = module[name]
            if isinstance(found, FunctionType):
                is_helper = found.__globals__ is module
                names[name] = _copy(found, names, replace) if is_helper else replace(found)
                pending += [found.__code__] * is_helper
    return made


def _copy(function: FunctionType, names: dict[str, Any], replace: Replace) -> FunctionType:
    """The function over other globals, inlined if it is for plain numbers."""
    code = inlined(function) if replace is over_numbers else function.__code__
    made = FunctionType(code, names, function.__name__, function.__defaults__, function.__closure__)
    made.__kwdefaults__ = function.__kwdefaults__
    return made


def over_numbers(function: FunctionType) -> Any:
    """What stands for a function where all arguments are plain numbers."""
    return OF_NUMBERS.get(function) or without_checks(function)


def without_checks(function: FunctionType) -> Any:
    """Rules between parameters hold: they were checked when the plan was made."""
    return _passes if function is require else function


def _passes(condition: Any, rule: str) -> None:
    pass


def inlined(function: Any) -> CodeType:
    """The function's code with `where`, `minimum` and `maximum` written out as expressions.

    Python compiles it from the function's source; where there is none, or it has changed since, the code stays.
    """
    from textwrap import dedent  # noqa: PLC0415  # it compiles patterns, which would slow every import

    own: CodeType = function.__code__
    try:
        tree = ast.parse(dedent(getsource(function)))
    except (OSError, SyntaxError):
        return own
    ast.increment_lineno(tree, own.co_firstlineno - 1)  # so that a traceback shows the line
    compiled = _code_of(tree, own)
    if compiled is None or _content(compiled) != _content(own):
        return own
    found = function.__globals__
    inline = {name: write for name in own.co_names for known, write in _INLINE.items() if found.get(name) is known}
    return _code_of(ast.fix_missing_locations(_Inliner(inline).visit(tree)), own) or own


def _content(code: CodeType) -> tuple[Any, ...]:
    return code.co_code, code.co_names, code.co_consts


def _code_of(tree: ast.Module, own: CodeType) -> CodeType | None:
    """The code of the only function in the source; None if it has none, or is part of another."""
    if not isinstance(tree.body[0], ast.FunctionDef) or own.co_freevars:
        return None
    module = compile(tree, own.co_filename, "exec", dont_inherit=True)
    inside = (inner for inner in module.co_consts if isinstance(inner, CodeType) and inner.co_name == own.co_name)
    return next(inside, None)


Write = Callable[..., ast.expr]


class _Inliner(ast.NodeTransformer):
    """Writes out the calls of these names."""

    def __init__(self, inline: dict[str, tuple[int, Write]]) -> None:
        self.inline = inline  # for each name, how many arguments it takes and what writes it out
        self.names = (f".{number}" for number in count())  # with a dot, so that they are nobody else's

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """The call, or the expression in its place."""
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        arity, write = self.inline.get(name, (-1, None))
        if write is None or node.keywords or len(node.args) != arity:
            return node
        return write(*node.args, self.names)


def _where(condition: ast.expr, yes: ast.expr, no: ast.expr, _: Any) -> ast.expr:
    return ast.IfExp(condition, yes, no)


def _either(order: type[ast.cmpop]) -> Write:
    def write(x: ast.expr, y: ast.expr, names: Any) -> ast.expr:
        """`y if y < x else x`, each of them computed once."""
        first, second = next(names), next(names)
        kept = [ast.NamedExpr(ast.Name(name, ast.Store()), value) for name, value in ((second, y), (first, x))]
        test = ast.Compare(kept[0], [order()], [kept[1]])
        return ast.IfExp(test, ast.Name(second, ast.Load()), ast.Name(first, ast.Load()))

    return write


_INLINE: dict[Any, tuple[int, Write]] = {
    where: (3, _where),
    minimum: (2, _either(ast.Lt)),
    maximum: (2, _either(ast.Gt)),
}
