"""A function of the step in plain Python."""

from preheat._export.dialects import Scalars
from preheat._export.request import Code, Request, code_for_numbers, imports_of

__all__ = ["function", "joined", "write"]


def write(request: Request) -> str:
    """The module."""
    code = code_for_numbers(request, Scalars())
    return joined(request.header(), imports_of(code), code, function(request, code))


def function(request: Request, code: Code) -> list[str]:
    """The function."""
    body = code.function
    branches, returns = (sum(line.strip().startswith(word) for line in body) for word in ("if ", "return "))
    statements = len(body)
    found = [("C901", branches > 9), ("PLR0911", returns > 6), ("PLR0912", branches > 12), ("PLR0915", statements > 50)]
    codes = [name for name, is_over in found if is_over]
    remark = f"  # noqa: {', '.join(codes)}" if codes else ""
    docstring = [f"    {line}" if line else "" for line in request.docstring()]
    return [f"def {request.name}(step: int) -> float:{remark}", *docstring, *body]


def joined(header: list[str], imports: list[str], code: Code, *parts: list[str], further: tuple[str, ...] = ()) -> str:
    """The module's text: comment, imports, constants, helpers, and the rest, two lines apart."""
    top = [*header, *imports]
    if further:
        top += [*([""] if imports else []), *further]
    if code.constants:
        top += ["", *code.constants]
    helper = ["def mixed(x: int) -> int:", '    """Mix the bits of a number of 32."""', *code.helpers] if code.helpers else []
    texts = ["\n".join(lines) for lines in (top, helper, *parts) if lines]
    return "\n\n\n".join(texts) + "\n"
