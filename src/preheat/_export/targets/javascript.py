"""A function of the step in JavaScript, as a module."""

from preheat._export.dialects import JavaScript
from preheat._export.functions import ScalarBody
from preheat._export.request import Request, code_for_numbers

__all__ = ["write"]


class ScriptBody(ScalarBody):
    """Statements of JavaScript."""

    assign = "const {name} = {text};"
    opened, closed, returned = "if ({condition}) {{", "}", "return {text};"
    searched = "lastAtMost({starts}, {index})"
    unpacked = "const [{names}] = {rows}[{k}];"

    def annotated(self, annotated: str, name: str) -> str:  # noqa: ARG002  # it has no types
        """The name."""
        return name


_SEARCH = [
    "function lastAtMost(starts, x) {",
    "    let low = 0;",
    "    let high = starts.length;",
    "    while (high - low > 1) {",
    "        const middle = (low + high) >> 1;",
    "        if (starts[middle] <= x) {",
    "            low = middle;",
    "        } else {",
    "            high = middle;",
    "        }",
    "    }",
    "    return low;",
    "}",
]


def write(request: Request) -> str:
    """The module."""
    code = code_for_numbers(request, JavaScript(), ScriptBody, "const {name} = {text};", after="")
    comment = [f" * {line}".rstrip() for line in "\n".join(request.docstring()).replace('"""', "").strip().split("\n")]
    function = ["/**", *comment, " */", f"export function {request.name}(step) {{", *code.function, "}"]
    helper = ["function mixed(x) {", *code.helpers, "}"] if code.helpers else []
    search = _SEARCH if any("lastAtMost(" in line for line in code.function) else []
    top = [*(f"// {line}".rstrip() for line in request.header()), *(["", *code.constants] if code.constants else [])]
    return "\n\n".join("\n".join(lines) for lines in (top, helper, search, function) if lines) + "\n"
