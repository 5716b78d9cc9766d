"""The source of a function, found and held to be the function's own."""

import ast
import inspect
from functools import lru_cache
from textwrap import dedent
from types import CodeType, FunctionType
from typing import Any, NamedTuple

__all__ = ["Definition", "ExportError", "definition_of"]


class ExportError(ValueError):
    """Something in a plan cannot be written as code; `line` is where, in a shape of the user's."""

    line: int | None = None

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def locate(self, name: str, line: int) -> None:
        """Say where."""
        self.line = line
        self.args = (f"line {line} of {name}: {self.reason}",)


class Definition(NamedTuple):
    """A function as its source has it."""

    function: FunctionType
    name: str
    body: list[ast.stmt]
    offset: int  # from the lines of the tree to those of the file
    around: dict[str, Any]

    @property
    def is_users(self) -> bool:
        """Whether it is outside this package."""
        return self.function.__module__.partition(".")[0] != "preheat"

    def bind(self, args: tuple[Any, ...], options: dict[str, Any]) -> dict[str, Any]:
        """The parameters by name, defaults filled in."""
        bound = _signature(self.function).bind(*args, **options)
        bound.apply_defaults()
        return dict(bound.arguments)


@lru_cache(maxsize=1024)
def _signature(function: FunctionType) -> inspect.Signature:
    return inspect.signature(function, follow_wrapped=False)


@lru_cache(maxsize=1024)
def definition_of(function: FunctionType) -> Definition:
    """The definition of a function.

    Raises:
        ExportError: its source cannot be had, or is another by now.
    """
    name = function.__qualname__
    try:
        tree = ast.parse(dedent(inspect.getsource(function)))
    except (OSError, SyntaxError):
        raise ExportError(f"the source of {name} cannot be had; define it in a file") from None
    found = tree.body[0]
    if not isinstance(found, ast.FunctionDef):
        raise ExportError(f"{name} must be a function with a `def`")
    if not _is_same(function):
        raise ExportError(f"the source of {name} has changed since it was imported; start anew")
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    around = {**function.__globals__, **{name: cell.cell_contents for name, cell in cells.items()}}
    return Definition(function, name, found.body, function.__code__.co_firstlineno - 1, around)


def _is_same(function: FunctionType) -> bool:
    """Whether the file still has the function's code where it had it.

    The whole file is compiled, for Python's code of a function depends on what the module imports.
    """
    own = function.__code__
    lines, _ = inspect.findsource(function)
    pending: list[CodeType] = [compile("".join(lines), own.co_filename, "exec", dont_inherit=True)]
    while pending:
        code = pending.pop()
        if (code.co_name, code.co_firstlineno) == (own.co_name, own.co_firstlineno):
            return _content(code) == _content(own)
        pending += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
    return False


def _content(code: CodeType) -> tuple[Any, ...]:
    numbers = tuple(constant for constant in code.co_consts if not isinstance(constant, CodeType))
    return code.co_code, code.co_names, repr(numbers)
