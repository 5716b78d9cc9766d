"""How an expression is written: for Python's numbers, for arrays, in JavaScript."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from preheat._export.values import Expression

__all__ = ["Arrays", "Dialect", "JavaScript", "Scalars", "Text", "Words", "is_int"]

Text = tuple[str, int]  # and how tightly its outermost operator binds
Write = Callable[[Any], Text]

TERNARY, OR, AND, NOT, COMPARE, BITS, SUM, PRODUCT, SIGN, POWER, ATOM = range(11)
EXACT = 2**53
_SIGNS = {"add": ("+", SUM), "sub": ("-", SUM), "mul": ("*", PRODUCT), "div": ("/", PRODUCT)}
_COMPARED = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
_BITS = {"and": "&", "xor": "^", "shr": ">>", "shl": "<<"}
_LARGEST_INT = 2**31 - 1
_WRITTEN_APART = 10_000  # from there on digits are grouped by three


def is_int(value: Any) -> bool:
    """Whether Python holds the value as an int, where the step is one."""
    if not isinstance(value, Expression):
        return isinstance(value, int | float) and float(value).is_integer() and abs(value) < EXACT
    if value.op in {"floor", "whole", "mixed", "and", "xor", "shr", "shl", "bisect"}:
        return True
    if value.op == "name":
        return value.whole
    if value.op == "pow":
        return is_int(value.args[0]) and not isinstance(value.args[1], Expression) and is_int(value.args[1])
    return value.op in {"add", "sub", "mul", "neg", "min", "max", "mod", "floordiv", "where"} and all(
        map(is_int, value.args[value.op == "where" :])
    )


class Dialect(ABC):
    """A way to write expressions; `used` collects the functions that are to be imported."""

    pi = "pi"
    compared: ClassVar[dict[str, str]] = _COMPARED

    def __init__(self) -> None:
        self.used: set[str] = set()
        self.tables: Callable[[str, tuple[Any, ...]], str] = lambda wanted, _: wanted  # a name for a list of numbers
        self.floats = False  # whether the step is held as a float, for its products pass 2**53

    def number(self, value: float) -> Text:
        """A number."""
        for text, known in ((self.pi, math.pi), (f"{self.pi} / 2", math.pi / 2)):
            if value == known:
                self.used.add("pi")
                return text, ATOM if value == math.pi else PRODUCT
        if float(value).is_integer() and abs(value) < EXACT:
            text = f"{int(value):_}" if abs(value) >= _WRITTEN_APART else str(int(value))
        else:
            text = repr(float(value))
        return text, SIGN if value < 0 else ATOM

    def write(self, value: Any, names: dict[int, str]) -> Text:
        """A value, with names for expressions that have one."""

        def inner(part: Any) -> Text:
            return self.part(value, part, names)

        if not isinstance(value, Expression):
            return self.number(value)
        if value.number in names:
            return names[value.number], ATOM
        if value.op in _SIGNS or value.op in self.compared:
            sign = _SIGNS.get(value.op) or (self.compared[value.op], COMPARE)
            return _infix(*sign, *map(inner, value.args))
        if value.op == "neg":
            return f"-{_held(inner(value.args[0]), POWER)}", SIGN
        if value.op == "name":
            return value.args[0], ATOM
        return self.other(value, inner)

    def part(self, whole: Expression, part: Any, names: dict[int, str]) -> Text:  # noqa: ARG002  # for others
        """An argument of an operation."""
        return self.write(part, names)

    @abstractmethod
    def other(self, value: Expression, inner: Write) -> Text:
        """An operation that not every dialect writes alike."""

    def call(self, name: str, *args: Text) -> Text:
        """A call."""
        return f"{name}({', '.join(text for text, _ in args)})", ATOM


class Scalars(Dialect):
    """Python's own numbers."""

    def other(self, value: Expression, inner: Write) -> Text:
        """As in Python."""
        op, args = value.op, value.args
        if op == "where":
            condition, yes, no = map(inner, args)
            return f"{_held(yes, OR)} if {_held(condition, OR)} else {_held(no, OR)}", TERNARY
        if op in _PYTHON:
            return _infix(*_PYTHON[op], *map(inner, args))
        if op == "pow":
            return self._power(args[0], args[1], inner)
        if op in {"min", "max"}:
            return self.call(op, *map(inner, args))
        if op in {"not", "lookup", "whole"}:
            return self._rare(op, args, inner)
        self.used.add(op)
        return self.call(op, *map(inner, args))

    def _rare(self, op: str, args: Any, inner: Write) -> Text:
        if op == "not":
            return f"not {_held(inner(args[0]), NOT)}", NOT
        index = inner(args[-1]) if is_int(args[-1]) and not self.floats else self.call("int", inner(args[-1]))
        return index if op == "whole" else (f"{self.tables('VALUES', args[0])}[{index[0]}]", ATOM)

    def _power(self, base: Any, exponent: Any, inner: Write) -> Text:
        first, second = inner(base), inner(exponent)
        if is_int(base) and isinstance(exponent, Expression):  # a float as in the formula, whatever the exponent
            first = (f"{first[0]}.0", first[1]) if not isinstance(base, Expression) else self.call("float", first)
        return power(first, second)


class Arrays(Dialect):
    """An array library of that prefix."""

    def __init__(self, prefix: str, *, integers: str) -> None:
        super().__init__()
        self.prefix = prefix
        self.pi = f"{prefix}.pi"
        self.integers = integers

    def other(self, value: Expression, inner: Write) -> Text:
        """As NumPy has it."""
        op, args = value.op, value.args
        if op in _BITS or op in {"mod", "floordiv"}:
            return _infix(*_PYTHON[op], *map(inner, args))
        if op == "pow":
            return power(*map(inner, args))
        if op == "lookup":
            return self.taken(self.tables("VALUES", args[0]), inner(args[1])[0]), ATOM
        if op == "whole":
            return self.as_whole(inner(args[0])), ATOM
        if op == "mixed":
            self.used.add(op)
            return self.call(op, *map(inner, args))
        return self.call(f"{self.prefix}.{_NUMPY.get(op, op)}", *self._clipped(value, inner))

    def _clipped(self, value: Expression, inner: Write) -> list[Text]:
        return [inner(arg) for arg in value.args]

    def taken(self, table: str, index: str) -> str:
        """An element of a table for each index."""
        return f"{table}[{index}.astype(int)]" if index.isidentifier() else f"{table}[({index}).astype(int)]"

    def as_whole(self, text: Text) -> str:
        """The same numbers as whole ones."""
        return f"{_held(text, ATOM)}.astype({self.integers})"


class Words(Arrays):
    """An array library that takes a plain number for one of 32 bits with a sign."""

    def __init__(self, prefix: str, *, integers: str, word: str) -> None:
        super().__init__(prefix, integers=integers)
        self._word = word

    def number(self, value: float) -> Text:
        """A number; a large one is a float, as what it meets."""
        return (repr(float(value)), ATOM) if abs(value) > _LARGEST_INT else super().number(value)

    def part(self, whole: Expression, part: Any, names: dict[int, str]) -> Text:
        """An argument; beside whole numbers of 32 bits a large one must be one, too."""
        if not isinstance(part, Expression) and part > _LARGEST_INT and self.is_word(whole):
            return self._word.format(int(part)), ATOM
        return self.write(part, names)

    def is_word(self, value: Any) -> bool:
        """Whether it is made of words, and stays one."""
        if not isinstance(value, Expression):
            return float(value).is_integer()
        if value.op in {"add", "sub", "mul"}:
            return all(map(self.is_word, value.args)) and any(isinstance(arg, Expression) for arg in value.args)
        return value.op in {"mixed", "whole", *_BITS}


class JavaScript(Dialect):
    """JavaScript, whose numbers are floats and whose operators on bits are of 32 with a sign."""

    pi = "Math.PI"
    compared: ClassVar[dict[str, str]] = {**_COMPARED, "eq": "===", "ne": "!=="}

    def other(self, value: Expression, inner: Write) -> Text:
        """As in JavaScript."""
        op, args = value.op, value.args
        if op == "where":
            condition, yes, no = map(inner, args)
            return f"{_held(condition, OR)} ? {_held(yes, OR)} : {_held(no, OR)}", TERNARY
        if op in {"pow", "lookup"}:
            first, second = ("", ATOM) if op == "lookup" else inner(args[0]), inner(args[1])
            table = f"{self.tables('VALUES', args[0])}[{second[0]}]" if op == "lookup" else ""
            return (table, ATOM) if table else power(first, second, hugs=False)
        if op in {"both", "any", "mod"}:
            return _infix(*_SCRIPT[op], *map(inner, args))
        if op in _BITS or op in {"not", "floordiv"}:
            return self._rare(op, args, inner)
        if op == "mixed":
            self.used.add(op)
            return self.call(op, *map(inner, args))
        return self.call(f"Math.{'floor' if op == 'whole' else op}", *map(inner, args))

    def _rare(self, op: str, args: Any, inner: Write) -> Text:
        if op == "floordiv":
            return self._quotient(args[0], args[1], inner)
        first, *others = (_held(inner(arg), ATOM) for arg in args)
        if op == "not":
            return f"!{first}", SIGN
        sign = ">>>" if op == "shr" else _BITS[op]
        return f"(({first} {sign} {others[0]}) >>> 0)", ATOM

    def _quotient(self, a: Any, b: Any, inner: Write) -> Text:
        first, second = inner(a), inner(b)
        if not isinstance(b, Expression) and float(b).is_integer():
            return self.call("Math.floor", _infix("/", PRODUCT, first, second))
        rest = _infix("-", SUM, first, _infix("%", PRODUCT, first, second))  # as Python's, whose rest is exact
        return self.call("Math.round", _infix("/", PRODUCT, rest, second))


_PYTHON = {
    "floordiv": ("//", PRODUCT), "mod": ("%", PRODUCT), "both": ("and", AND), "any": ("or", OR),
    **{op: (sign, BITS) for op, sign in _BITS.items()},
}  # fmt: skip
_SCRIPT = {"both": ("&&", AND), "any": ("||", OR), "mod": ("%", PRODUCT)}
_NUMPY = {"min": "minimum", "max": "maximum", "both": "logical_and", "any": "logical_or", "not": "logical_not"}


def _held(text: Text, tightness: int) -> str:
    """The text, in brackets where it binds less tightly than that."""
    return text[0] if text[1] >= tightness else f"({text[0]})"


def _infix(sign: str, tightness: int, left: Text, right: Text) -> Text:
    """Two operands; nothing is regrouped, so the right one is bracketed where it binds no tighter."""
    least = tightness + 1 if tightness in {COMPARE, BITS} else tightness
    return f"{_held(left, least)} {sign} {_held(right, tightness + 1)}", tightness


def power(base: Text, exponent: Text, *, hugs: bool = True) -> Text:
    """A power; with operands as simple as `ruff format` knows them there are no spaces."""
    simple = hugs and all(_is_simple(text) for text, _ in (base, exponent))
    space = "" if simple else " "
    return f"{_held(base, ATOM)}{space}**{space}{_held(exponent, SIGN)}", POWER


def _is_simple(text: str) -> bool:
    bare = text.removeprefix("-")
    return all(part.isidentifier() for part in bare.split(".")) or not set(bare) - set("0123456789._e-")
