"""A function of the step in plain Python."""

import re

from preheat._export.dialects import Scalars
from preheat._export.request import Code, Request, code_for_numbers, imports_of

__all__ = ["function", "joined", "remark", "write"]


def write(request: Request) -> str:
    """The module."""
    code = code_for_numbers(request, Scalars())
    return joined(request.header(), imports_of(code), code, function(request, code))


def function(request: Request, code: Code) -> list[str]:
    """The function."""
    docstring = [f"    {line}" if line else "" for line in request.docstring()]
    return [f"def {request.name}(step: int) -> float:{remark(code.function)}", *docstring, *code.function]


def remark(body: list[str]) -> str:
    """A comment for ruff, on the rules that a long row of branches breaks, and a body without a step."""
    branches, returns = (sum(line.strip().startswith(word) for line in body) for word in ("if ", "return "))
    broken = {
        "ARG001": not any(re.search(r"\bstep\b", line) for line in body),
        "C901": branches >= 10,  # noqa: PLR2004  # ruff's own limits, here and below
        "PLR0911": returns > 6,  # noqa: PLR2004
        "PLR0912": branches > 12,  # noqa: PLR2004
        "PLR0915": len(body) - returns >= 50,  # noqa: PLR2004
    }
    rules = [name for name, is_broken in broken.items() if is_broken]
    return f"  # noqa: {', '.join(rules)}" if rules else ""


def joined(header: list[str], imports: list[str], code: Code, *parts: list[str], further: tuple[str, ...] = (),
           word: str = "int") -> str:  # fmt: skip
    """The module's text: comment, imports, constants, helpers, and the rest, two lines apart."""
    top = [f'"""{header[0]}', *header[1:], '"""']
    for lines in (imports, further):
        top += ["", *lines] if lines else []
    if code.constants:
        top += ["", *code.constants]
    signature = [f"def mixed(x: {word}) -> {word}:", '    """Mix the bits of a number of 32 bits."""']
    helper = [*signature, *code.helpers] if code.helpers else []
    texts = ["\n".join(lines) for lines in (top, helper, *parts) if lines]
    return "\n\n\n".join(texts) + "\n"
