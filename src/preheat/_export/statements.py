"""An expression as the statements of a function: names for what is used twice, and lines that are not too long."""

import builtins
import keyword
from collections import Counter
from typing import Any

from preheat._export.dialects import Dialect, is_int
from preheat._export.values import Expression

__all__ = ["WIDTH", "Statements", "columns_in", "everything_in", "reads"]

WIDTH = 88
_SCRIPT = {
    "case", "catch", "const", "default", "delete", "do", "export", "extends", "function", "let", "new", "null", "super",
    "switch", "this", "throw", "typeof", "var", "void", "enum", "static", "instanceof", "undefined",
}  # fmt: skip
_SMALL_POWER = 25  # typeshed knows whole powers up to it


class Statements:
    """The lines of one function.

    Args:
        dialect: writes expressions.
        hints: what formulas call expressions, by number.
        taken: names that mean something else.
        single: whether a name may be given once only, or again in another branch.
    """

    assign = "{name} = {text}"

    def __init__(self, dialect: Dialect, hints: dict[int, str], taken: set[str], *, single: bool) -> None:
        self.dialect = dialect
        self.hints = hints
        self.taken = taken | _SCRIPT
        self.lines: list[str] = []
        self._single = single
        self._kinds: dict[str, str] = {}

    def text(self, value: Any, names: dict[int, str]) -> str:
        """A value as it stands in a line."""
        return self.dialect.write(value, names)[0]

    def name_for(self, wanted: str, kind: str, names: dict[int, str]) -> str:
        """A name that is free: new in the branch, and of one type in the whole function."""
        count = 1
        while True:
            name = wanted if count == 1 else f"{wanted}_{count}"
            held = self._kinds.get(name)
            free = held is None or (held == kind and not self._single)
            if (
                free
                and name not in names.values()
                and name not in self.taken
                and not keyword.iskeyword(name)
                and not hasattr(builtins, name)
            ):
                return name
            count += 1

    def give(self, expression: Expression, names: dict[int, str], indent: int) -> None:
        """Assign an expression to a name, and those inside it that are too long for the line."""
        wanted, kind = self.hints.get(expression.number, "part"), self._kind(expression)
        prefix = self.assign.format(name=f"{wanted}_2: float", text="")
        text = self.fit(expression, names, indent, len(prefix))  # first, for it may give names too
        name = self.name_for(wanted, kind, names)
        is_new = name not in self._kinds
        self._kinds[name] = kind
        names[expression.number] = name
        declared = self.annotated(f"{name}: float", name) if is_new and self._is_loose(expression) else name
        self.line(indent, self.assign.format(name=declared, text=text))

    def annotated(self, annotated: str, name: str) -> str:  # noqa: ARG002  # for others
        """A name where it is first given, with its type if the type checker needs it."""
        return annotated

    def line(self, indent: int, text: str) -> None:
        """Add a line."""
        self.lines.append("    " * indent + text if text else "")

    def fit(self, value: Any, names: dict[int, str], indent: int, around: int) -> str:
        """The text of a value that fits in a line with that much around it; parts are assigned until it does."""
        while True:
            text = self.text(value, names)
            if 4 * indent + around + len(text) <= WIDTH:
                return text
            parts = [part for part in _parts(value, names) if part is not value and _size(part, names) > 1]
            if not parts:
                return text
            sized = sorted(parts, key=lambda part: len(self.text(part, names)))
            room = [part for part in sized if len(self.text(part, names)) <= 0.7 * len(text)]
            self.give((room or sized)[-1 if room else 0], names, indent)

    def prepare(self, value: Any, names: dict[int, str], indent: int) -> None:
        """Assign what a value uses more than once."""
        if not isinstance(value, Expression):
            return
        uses = Counter(part.number for outer in _parts(value, names) for part in outer.inside())
        for part in _parts(value, names):
            if part is value and not self._is_loose(part):
                continue
            if self._is_loose(part) or (uses[part.number] > 1 and self._is_worth_a_name(part, names)):
                self.give(part, names, indent)

    def _is_worth_a_name(self, part: Expression, names: dict[int, str]) -> bool:
        return part.number in self.hints or _size(part, names) > 1

    def _is_loose(self, part: Expression) -> bool:
        """Whether the type checker takes it for Any."""
        if part.op != "pow":
            return False
        exponent = part.args[1]
        return isinstance(exponent, Expression) or not (is_int(exponent) and 0 < exponent <= _SMALL_POWER)

    def _kind(self, part: Expression) -> str:
        if part.op in {"lt", "le", "gt", "ge", "eq", "ne", "both", "any", "not"}:
            return "bool"
        return "int" if is_int(part) and not self.dialect.floats else "float"


def _parts(value: Expression, names: dict[int, str]) -> list[Expression]:
    """The operations of a value, each once and inner ones first; what has a name is not looked into."""
    found: dict[int, Expression] = {}

    def visit(part: Expression) -> None:
        if part.number in names or part.number in found or part.op in {"name", "column"}:
            return
        for inner in part.inside():
            visit(inner)
        found[part.number] = part

    visit(value)
    return list(found.values())


def _size(value: Expression, names: dict[int, str]) -> int:
    return len(_parts(value, names))


def columns_in(value: Any) -> list[Expression]:
    """The columns that a value is made of."""
    return [part for part in everything_in(value) if part.op == "column"]


def reads(value: Any, number: int) -> bool:
    """Whether the expression of that number is in it."""
    return any(part.number == number for part in everything_in(value))


def everything_in(value: Any) -> list[Expression]:
    """All expressions in a value, each once."""
    found: dict[int, Expression] = {}
    waiting = [value] if isinstance(value, Expression) else []
    while waiting:
        part = waiting.pop()
        if part.number not in found:
            found[part.number] = part
            waiting += part.inside()
    return list(found.values())
