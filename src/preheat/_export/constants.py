"""The constants of the code: tables of values, starts of pieces, and their rows."""

from textwrap import wrap
from typing import Any

from preheat._export.dialects import Dialect
from preheat._export.statements import WIDTH

__all__ = ["Constants"]


class Constants:
    """Lists of numbers, each under a name; the same list once.

    Args:
        dialect: writes the numbers.
        declared: how a constant is declared, with places for its name and its text.
        after: a comment that keeps a formatter from putting each number in a line of its own.
    """

    def __init__(self, dialect: Dialect, declared: str, *, after: str = "  # fmt: skip") -> None:
        self.dialect = dialect
        self.declared = declared
        self.after = after
        self.lines: list[str] = []
        self.plain = "{name} = {text}"
        self._names: dict[Any, str] = {}
        dialect.tables = self.name_of

    def name_of(self, wanted: str, values: tuple[Any, ...]) -> str:
        """The name of a list of numbers or of rows of them."""
        key = wanted, values
        if key not in self._names:
            alike = sum(name == wanted for name, _ in self._names)
            self._names[key] = f"{wanted}_{alike + 1}" if alike else wanted
            self.lines += self._written(self._names[key], values)
        return self._names[key]

    def _written(self, name: str, values: tuple[Any, ...]) -> list[str]:
        texts = [self._one(value) for value in values]
        line = self.declared.format(name=name, text=f"[{', '.join(texts)}]")
        if len(line) <= WIDTH:
            return [line]
        head, _, tail = self.declared.format(name=name, text="\n").partition("\n")
        packed = wrap(", ".join(text.replace(" ", "\0") for text in texts) + ",", WIDTH - 4, break_long_words=False)
        inside = [f"    {text}".replace("\0", " ") for text in packed]
        return [f"{head}[", *inside, f"]{tail}{self.after}"]

    def _one(self, value: Any) -> str:
        if isinstance(value, tuple):
            inner = ", ".join(map(self._one, value))
            return f"[{inner}]" if self.after != "  # fmt: skip" else f"({inner})"
        return self.dialect.number(value)[0]
