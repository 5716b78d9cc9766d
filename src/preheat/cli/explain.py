"""A function as the command explains it: how it is called, and its docstring as plain text."""

import re
from collections.abc import Callable, Iterable
from inspect import getdoc, signature
from textwrap import fill
from typing import Any

from preheat.cli.screen import WIDTH

__all__ = ["explained", "plain_docstring", "starting_with"]


def explained(name: str, make: Callable[..., Any]) -> str:
    """How a function is called, and its docstring."""
    taken = signature(make)
    plain = [parameter.replace(annotation=parameter.empty) for parameter in taken.parameters.values()]
    return f"{name}{taken.replace(parameters=plain, return_annotation=taken.empty)}\n\n{plain_docstring(make)}"


def plain_docstring(make: Callable[..., Any]) -> str:
    """A docstring without the marks of code, its long lines broken.

    The name of a parameter keeps its marks: many are words, and "in every updates" cannot be read.
    """
    parameters = signature(make).parameters

    def unmarked(code: re.Match[str]) -> str:
        return code[0] if code[1] in parameters else code[1]

    text = re.sub(r"`([^`\n]*)`", unmarked, getdoc(make) or "")
    return "\n".join(fill(line, WIDTH) if line else "" for line in text.split("\n"))


def starting_with(typed: str, names: Iterable[str]) -> list[str]:
    """The names that complete what was typed."""
    return [name for name in sorted(names) if name.startswith(typed)]
